"""How clients are stopped, pointed at the target and started: hooks that can run, files that lead to the target."""

from collections.abc import Iterator

from migrate.errors import CannotTell, KmigError, NotRun, StepFailed
from migrate.model.words import count, first_of
from migrate.ports import Sites
from migrate.ports.moving import HookCall
from migrate.preflight.asked import Asked, Fault, asked
from migrate.preflight.facts import Ahead, ClientAhead


def ask(sites: Sites, ahead: Ahead) -> Iterator[Asked]:
    """Yield what is to be said of hooks and files; with each file kmig logs in as its clients would."""
    hooks = sum(len(client.hooks) for client in ahead.clients)
    found = f"{count(hooks, 'command')} found, and executable"
    yield asked("hooks can run", _hooks(sites, ahead), found)
    yield _files(sites, ahead)
    yield _reached(sites, ahead)
    yield from _wiped(ahead)
    yield asked(
        "credentials can be rotated", _rotated(ahead), "every client would show its new secret"
    )


def _reached(sites: Sites, ahead: Ahead) -> Asked:
    """Let clients' own hosts try the target: names, firewalls, trust and announced addresses are theirs."""
    tried = [client for client in ahead.clients if client.check]
    calls = [HookCall(one.check, _facts(one), one.seconds) for one in tried]
    failed = _run(sites, calls, ahead.at_once)
    faults = tuple(
        Fault(
            f"workload {one.workload} does not reach the target from its host: {error.message}",
            "mend its host's way to the target, or `switch.command.check`, then rerun the command",
        )
        for one, error in zip(tried, failed, strict=True)
        if error
    )
    never = [client.workload for client in ahead.clients if not client.check]
    untold = Fault(
        f"{first_of(never, 3)}: never tried from where its clients run",
        "add `switch.command.check` in workloads.yaml, or try it by hand",
    )
    proof = f"{count(len(tried), 'workload')} tried the target from where its clients run"
    return Asked("clients reach the target", faults, proof, (untold,) if never else ())


def _run(sites: Sites, calls: list[HookCall], most: int) -> list[StepFailed | None]:
    """Return how each hook failed; after a failure the rest is begun again, so that all are tried."""
    found: dict[int, StepFailed | None] = {}
    while left := [number for number in range(len(calls)) if number not in found]:
        for number, error in sites.moving.hooks.run_all([calls[n] for n in left], most):
            if not isinstance(error, NotRun):
                found[left[number]] = error
    return [found[number] for number in range(len(calls))]


def _facts(client: ClientAhead) -> dict[str, str]:
    return {
        "KMIG_WORKLOAD": client.workload,
        "KMIG_SIDE": "target",
        "KMIG_FILE": client.file[1] if client.file else "",
        "KMIG_TOPICS": ",".join(sorted({*client.reads, *client.writes})),
    }


def _wiped(ahead: Ahead) -> Iterator[Asked]:
    """Name Streams applications whose local state goes by offsets of the source's changelogs."""
    if names := [client.workload for client in ahead.clients if client.wipes]:
        known = Fault(
            f"{first_of(names, 3)}: known once its stop hook has run",
            "let it delete the state directory when it stops, and print `state: wiped`",
        )
        yield Asked("local state is wiped", (), "", (known,))


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
