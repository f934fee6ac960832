"""Promises about how commands end: no traceback, no dead end, bounded waits, no secret, no late refusal."""

from collections.abc import Iterator

from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.history import Event
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.timeline import HOUR, MINUTE

_LONGEST = 4 * HOUR
_ENDS = ("error:", "refused:", "hint:")


def crashed(played: Played) -> Iterator[Broken]:
    """Yield the commands that ended with a traceback."""
    for ended in (*played.commands, *played.asked, *played.beside):
        if ended.crashed:
            last = ended.crashed.strip().splitlines()[-1]
            yield Broken(
                "a command ends with a traceback", ended.command, f"`kmig {ended.command}`: {last}"
            )


def bounded(played: Played) -> Iterator[Broken]:
    """Yield the commands that took longer than any wait may."""
    for ended in played.commands:
        if ended.ended - ended.began > _LONGEST:
            hours = (ended.ended - ended.began) / HOUR
            yield Broken(
                "a wait is not bounded",
                ended.command,
                f"`kmig {ended.command}` takes {hours:.0f} h",
            )


def stood(played: Played) -> Iterator[Broken]:
    """Yield a migration that stands still at a refusal which names no outside cause."""
    if not played.dead_end or played.finished:
        return
    last = played.commands[-1]
    # what it was about to do names everything; a check says its causes in its table
    shown = last.out if last.command.startswith(("assess", "verify")) else ""
    text = shown + last.err[max(0, last.err.rfind(last.refusal)) :] + played.dead_end
    if not any(subject in text for subject in _outside(played)):
        told = f"for ever: {played.dead_end}{_before(played, last.ended)}"
        yield Broken("a dead end", played.dead_end[:160], told)


def _outside(played: Played) -> Iterator[str]:
    """Yield what an outside actor did, and what is odd about the estate, by the names that a refusal would have."""
    world = played.world
    for _, event in world.happened:
        yield from _NAMES.get(event.what, ())
        if event.what in _NAMED_BY_SUBJECT:
            words = event.on.split()
            yield from (w for w in words if "." in w or "-" in w or ":" in w or w == event.on)
    for client in world.history.estate.clients:
        if client.stop != "clean" or client.start != "runs" or client.begins < 0:
            yield client.name
    used = {t for c in world.history.estate.clients for t in (*c.reads, *c.writes)}
    yield from sorted(
        t for t in used if t.startswith("__") or t.endswith((".internal", "heartbeats"))
    )


_NAMED_BY_SUBJECT = frozenset(
    {
        "an administrator deletes an ACL on the source",
        "an administrator creates an ACL on the source",
        "an administrator creates an ACL on the target",
        "a topic is deleted and created again on the source",
        "records are deleted on the source",
        "a user is deleted on the source",
        "a client is stopped by its owner",
        "an operator deletes a user on the target",
        "an unclean election loses records on the source",
        "a file of the migration directory is deleted",
        "an administrator takes a client's rights on the target",
        "a secret is changed on the target",
        "somebody tries a client on the target",
        "a topic is deleted on the target",
    }
)
"""What keeps a migration from going on until somebody decides: a refusal names its topic, its user or its ACL."""

_COPY = ("onnect", "the copy", "MirrorMaker")
_NAMES: dict[str, tuple[str, ...]] = {
    "a transaction stays open on the source": ("transaction",),
    "one broker of the target gets metadata late": ("every broker",),
    "one broker of the source gets metadata late": ("every broker",),
    "the Connect worker is killed": _COPY,
    "a copy task fails": _COPY,
    "Connect loses the copy's offsets": _COPY,
    "somebody types a command in a copy of the directory": ("journal.jsonl lacks entries",),
    "Connect refuses kmig's login for some time": ("does not authorize kmig",),
    "somebody edits plan.json": ("plan.json",),
    "the disk is full for some hours": ("No space left",),
    "the network between kmig and a cluster is down": ("cannot reach",),
    "somebody deletes the copy's connectors": _COPY,
    "an operator begins to delete users that it does not know": ("User:", "log in", "credential"),
}
"""What a refusal calls other causes."""


def refused_late(played: Played) -> Iterator[Broken]:
    """Yield the cutovers that failed after their first stop, although nothing had changed since they began."""
    for number, ended in enumerate(played.commands):
        if not ended.command.startswith("cutover") or not ended.exit or ended.killed:
            continue
        if _disturbed(played, number, ended) or not _stopped(ended):
            continue
        yield Broken(
            "a cutover is refused after its clients were stopped",
            ended.refusal[:160],
            f"`kmig {ended.command}` stops clients, then ends: {ended.refusal}"
            f"{_before(played, ended.began)}",
        )


def _before(played: Played, at: float) -> str:
    """Return in words what outside actors had done by then."""
    what = dict.fromkeys(event.what for when, event in played.world.happened if when <= at)
    return f"; before it: {'; '.join(what)}" if what else ""


def _stopped(ended: Ended) -> bool:
    """Whether the command had stopped a client before it ended."""
    return any("stop " in line and "hook exited 0" in line for line in ended.err.splitlines())


def _disturbed(played: Played, number: int, ended: Ended) -> bool:
    """Whether something from outside happened during the command, or its clients do not do what hooks say."""
    world, began = played.world, ended.began
    if (
        number
        and (before := played.commands[number - 1]).killed
        and before.command == ended.command
    ):
        began = before.began  # it was killed behind its gates, perhaps
    for at, event in world.happened:
        # what came before could have been asked for, but for what goes on by itself
        if began - _lasts(event, ended.refusal) <= at <= ended.ended:
            return True
    if any(f.command == number for f in world.history.faults):
        return True
    return any(c.stop != "clean" or c.start != "runs" for c in world.history.estate.clients)


def _lasts(event: Event, refusal: str) -> float:
    """Return for how many seconds an event goes on that may be what a command was refused for."""
    if "transaction stays" in event.what and "transactions on the source to end" in refusal:
        # nobody can tell it from one of a client that ends it when it stops
        return float(event.value)
    if "network" in event.what or "tries" in event.what:
        return float(event.value)
    lasting = {"metadata": 7 * HOUR, "move": 2 * MINUTE, "disk": 2 * HOUR}
    return next((seconds for word, seconds in lasting.items() if word in event.what), 0.0)


def secrets(played: Played) -> Iterator[Broken]:
    """Yield the outputs and documents that hold a secret."""
    world = played.world
    texts = [(f"the output of `kmig {e.command}`", e.out + e.err) for e in played.commands]
    for path, content in world.disk.files():
        if "secret" not in str(path):
            texts.append((str(path), content.decode(errors="replace")))
    for where, text in texts:
        for secret in world.secrets:
            if secret in text:
                yield Broken("a secret is written down", where, f"{where} holds a secret")
