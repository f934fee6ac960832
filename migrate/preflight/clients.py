"""How clients are stopped, pointed at the target and started: hooks that can run, files that lead to the target."""

from collections.abc import Iterator

from migrate.errors import CannotTell, KmigError
from migrate.model.words import count
from migrate.ports import Sites
from migrate.preflight.asked import Asked, Fault, asked
from migrate.preflight.facts import Ahead, ClientAhead


def ask(sites: Sites, ahead: Ahead) -> Iterator[Asked]:
    """Yield what is to be said of hooks and files; with each file kmig logs in as its clients would."""
    hooks = sum(len(client.hooks) for client in ahead.clients)
    found = f"{count(hooks, 'command')} found, and executable"
    yield asked("hooks can run", _hooks(sites, ahead), found)
    yield _files(sites, ahead)
    yield asked(
        "credentials can be rotated", _rotated(ahead), "every client would show its new secret"
    )


def _rotated(ahead: Ahead) -> Iterator[Fault]:
    for name in ahead.unrotatable:
        yield Fault(
            f"workload {name} has no group and no `health` hook: nothing would show that it uses a new secret",
            "add `switch.command.health` in workloads.yaml, then run `kmig plan`",
        )


def _hooks(sites: Sites, ahead: Ahead) -> Iterator[Fault]:
    for client in ahead.clients:
        for command in client.hooks:
            if why := sites.moving.hooks.lacking(command):
                yield Fault(
                    f"hook `{command[0]}` of workload {client.workload} cannot run: {why}",
                    "correct `switch.command` in workloads.yaml, then run `kmig plan`",
                )


def _files(sites: Sites, ahead: Ahead) -> Asked:
    own = {site.reader.describe().cluster_id: site.name for site in (sites.target, sites.source)}
    faults: list[Fault] = []
    untold: list[Fault] = []
    filed = [client for client in ahead.clients if client.file]
    for client in filed:
        try:
            fault, unknown = _file(sites, client, own)
        except CannotTell as error:
            fault, unknown = None, Fault(f"{_named(client)}: {error.message}", error.hint)
        except KmigError as error:
            fault, unknown = Fault(f"{_named(client)}: {error.message}", error.hint), None
        faults += [fault] if fault else []
        untold += [unknown] if unknown else []
    proof = f"{count(len(filed), 'file')}: each logs in on the target" if filed else "no file"
    return Asked("files lead to the target", tuple(faults), proof, tuple(untold))


def _file(
    sites: Sites, client: ClientAhead, own: dict[str, str]
) -> tuple[Fault | None, Fault | None]:
    """Return what is wrong with a file, and what nobody can tell of it."""
    path, by = client.file or ("", "")
    if why := sites.moving.files.lacking(path, by):
        return Fault(f"{_named(client)}: {why}", _CORRECT), None
    led = sites.moving.files.leads_to(by)
    if led is None:
        never = (
            f"{_named(client)}: {by} is no file that kmig can log in with, so it was never tried"
        )
        return None, Fault(never, "log in with it from its client's host")
    if own.get(led) == sites.target.name:
        return None, None
    where = f"the {own[led]}" if led in own else f"cluster {led}, which is not the target"
    return Fault(f"{_named(client)}: {by} leads to {where}", _CORRECT), None


_CORRECT = "correct the file, or `switch.file` in workloads.yaml, then rerun the command"


def _named(client: ClientAhead) -> str:
    return f"file of workload {client.workload}"
