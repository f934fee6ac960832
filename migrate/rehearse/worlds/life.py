"""The life of one record, in a line: who wrote it, where it stood on each side, in which groups it was processed."""

import re
from collections.abc import Iterator

from migrate.rehearse.worlds.judges.ledger import Ledger
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.timeline import DAY, HOUR, MINUTE

_NAMED = re.compile(r"\brecord (\d+)")


def of_records(played: Played, text: str) -> Iterator[str]:
    """Yield the lives of the records that a text names."""
    ledger = Ledger(played)
    for number in dict.fromkeys(map(int, _NAMED.findall(text))):
        if number in ledger.originals:
            yield _life(ledger, number)


def _life(ledger: Ledger, number: int) -> str:
    first = ledger.originals[number]
    parts = [f"{first.principal.removeprefix('User:')} wrote it {_when(ledger, first.at)}"]
    for side in ("source", "target"):
        stands = ledger.stands.get((side, number), [])
        parts += [f"{one.place[0]}-{one.place[1]}@{one.offset} on the {side}" for one in stands[:2]]
        if not stands:
            parts.append(f"never on the {side}")
    for group, by_number in sorted(ledger.processed.items()):
        times = [f"on the {one.side} {_when(ledger, one.at)}" for one in by_number.get(number, ())]
        if times:
            parts.append(f"{group} processed it {' and '.join(times[:2])}")
    return f"record {number}: {'; '.join(parts)}"


def _when(ledger: Ledger, at: float) -> str:
    """Return a time by the command that it was before, in or after."""
    for ended in ledger.played.commands:
        if at < ended.began:
            return f"{long(ended.began - at)} before `{ended.command}`"
        if at <= ended.ended:
            return f"during `{ended.command}`"
    return "after the last command"


def long(seconds: float) -> str:
    """Return a length of time in its largest unit."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.3g} s"
