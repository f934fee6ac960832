"""How long the steps of a stage took, and where the time of a pause went. Pure."""

from datetime import datetime
from statistics import median

from migrate.journal.entry import Entry
from migrate.journal.standing import Journal
from migrate.steps import Step, SwitchClients


def took_by_kind(journal: Journal, stage: str) -> dict[str, float]:
    """Return the median seconds of every kind of step in a stage of any wave."""
    began: dict[tuple[int, str], datetime] = {}
    seen: dict[str, list[float]] = {}
    for entry in journal.entries:
        if entry.stage != stage:
            continue
        if entry.event == "started":
            began[entry.wave, entry.key] = entry.at
        elif entry.event == "done" and entry.step and (entry.wave, entry.key) in began:
            seconds = (entry.at - began.pop((entry.wave, entry.key))).total_seconds()
            seen.setdefault(kind_of(entry.step), []).append(seconds)
    return {kind: median(every) for kind, every in seen.items()}


def kind_of(step: Step) -> str:
    """Return what a step's time depends on: its operation, or whose hook it runs."""
    return step.key if isinstance(step, SwitchClients) else step.op


_PARTS = {
    "await_quiet": "quiet",
    "read_positions": "positions",
    "create_acls": "fences",
    "freeze_topics": "freeze",
    "await_passed": "copy",
    "await_drained": "drain",
    "commit_offsets": "offsets",
    "prove_offsets": "offsets",
    "fence_copier": "copier",
    "watch_source": "ends",
    "open_write_gate": "grant",
    "point_clients": "files",
    "await_members": "members",
}
"""What a step's time is called in a pause of writes; hooks are called by what they do."""


def parts_of_pause(journal: Journal, wave: int) -> dict[str, float]:
    """Return where the time of a wave's pause of writes went, in seconds, in the order of its steps.

    It begins with the first stop of a producer in the cutover that stands, and ends with the start of the last one.
    """
    entries = [e for e in journal.entries if (e.wave, e.stage) == (wave, "cutover") and e.step]
    begun = [n for n, e in enumerate(entries) if _is(e, "started", "stop")]
    undone = max((n for n, e in enumerate(entries) if _is(e, "undone", "stop")), default=-1)
    first = next((n for n in begun if n > undone), None)
    ended = [n for n, e in enumerate(entries) if _is(e, "done", "start")]
    if first is None or not ended:
        return {}
    found: dict[str, float] = {}
    last = entries[first].at
    for entry in entries[first + 1 : ended[-1] + 1]:
        if entry.event == "done" and entry.step is not None:
            name = _part(entry.step)
            found[name] = found.get(name, 0.0) + (entry.at - last).total_seconds()
            last = entry.at
    return found


def _part(step: Step) -> str:
    return f"{step.verb} hooks" if isinstance(step, SwitchClients) else _PARTS.get(step.op, step.op)


def _is(entry: Entry, event: str, verb: str) -> bool:
    step = entry.step
    producers = isinstance(step, SwitchClients) and step.role == "producers" and step.verb == verb
    return producers and entry.event == event
