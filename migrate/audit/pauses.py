"""How long clients stood still: from the first stop of a role to its last start, by the journal's own times. Pure."""

from collections.abc import Iterable
from datetime import datetime

from migrate.documents.journal import Entry
from migrate.model.base import Model
from migrate.steps import AwaitMembers, SwitchClients


class Pauses(Model):
    """Seconds per role of one wave's last cutover; None where nobody was stopped, or is not back yet."""

    consumers: float | None = None
    writes: float | None = None


def pauses(entries: Iterable[Entry], wave: int) -> Pauses:
    """Consumers are back when they were seen at work, producers when they were started."""
    began: dict[str, datetime] = {}
    ended: dict[str, datetime] = {}
    for entry in entries:
        if (entry.wave, entry.stage) != (wave, "cutover"):
            continue
        if isinstance(entry.step, SwitchClients):
            role = entry.step.role
            if entry.step.verb == "stop" and entry.event == "started":
                if role in ended or role not in began:
                    began[role] = entry.at
                    ended.pop(role, None)
            elif entry.step.verb == "start" and entry.event == "done":
                ended[role] = entry.at
        elif entry.event == "done" and isinstance(entry.step, AwaitMembers):
            ended |= {"consumers": entry.at} if entry.step.part == "consumers" else {}
    found = {role: (ended[role] - began[role]).total_seconds() for role in began if role in ended}
    return Pauses(consumers=found.get("consumers"), writes=found.get("producers"))
