"""Promises about offsets: each commit of kmig is where its group goes on, and none takes a group back."""

from collections.abc import Iterator

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.facts import Change
from migrate.rehearse.worlds.judges import stories
from migrate.rehearse.worlds.judges.ledger import Ledger
from migrate.rehearse.worlds.judges.said import excused, told_apart
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played

_KMIG = "User:kmig"


def _by_kmig(played: Played) -> Iterator[tuple[Change, TopicPartition, int, int | None]]:
    for change in played.world.facts.changes:
        if change.what == "commit" and change.by == _KMIG and not change.name.startswith("_kmig"):
            place, offset, *was = change.detail
            if isinstance(offset, int):
                assert isinstance(place, tuple)
                before = was[0] if was else None
                assert before is None or isinstance(before, int)
                yield change, place, offset, before


def exact(played: Played) -> Iterator[Broken]:
    """Yield the commits whose next record is not the next one that the group would get on the side it comes from.

    What that side has lost and the other one still holds may be the next one, or may be passed over.
    """
    ledger = Ledger(played)
    for change, place, offset, _ in _by_kmig(played):
        # a rollback puts back on the target what was there before: nobody goes on from it
        if change.side == "target" and _command(played, change.at).startswith("rollback"):
            continue
        origin = "source" if change.side == "target" else "target"
        was = ledger.meant(origin, change.name, place, change.at)
        if was is None:
            continue
        wanted = _next(ledger, (origin, change.side), place, (was, change.at))
        found = _next_at(ledger, change.side, place, offset, change.at)
        if _fits(ledger, origin, wanted, found, change) or excused(played, change.name):
            continue
        if told_apart(played, change.name, place[0]):
            continue
        yield Broken(
            "an offset is not exact",
            f"{change.name} {place[0]}",
            f"group {change.name} stood before {_record(wanted[-1:])} of {place[0]}-{place[1]}; "
            f"kmig committed {offset} on the {change.side}, before {_record([found] if found else [])}"
            f"{_why(ledger, origin, place, change)}",
        )


def _why(ledger: Ledger, origin: str, place: TopicPartition, change: Change) -> str:
    """Return in words why kmig did not find where the group stood; empty where it could."""
    expired = ledger.expired_by_stop(origin, change.name, place, change.at)
    return f": {stories.expired_by_stop(origin)}" if expired else ""


def _record(numbers: list[int]) -> str:
    return f"record {numbers[0]}" if numbers else "the end"


def _fits(
    ledger: Ledger, origin: str, wanted: list[int], found: int | None, change: Change
) -> bool:
    """Whether a group that goes on at `found` gets what it wants, which may be still to be copied."""
    if found is not None:
        own = ledger.originals[found].side == change.side
        return found in wanted or (own and not wanted)
    due = wanted[-1:] if wanted and ledger.stands_at(origin, wanted[-1], change.at) else []
    return not any(ledger.stands_at(change.side, number, change.at) for number in due)


def _next(
    ledger: Ledger, sides: tuple[str, str], place: TopicPartition, since: tuple[int, float]
) -> list[int]:
    """Return the records from an offset of a side on that one side held at a time, up to that side's own first."""
    origin, other = sides
    offset, at = since
    found: list[int] = []
    for one in ledger.by_place.get((origin, place), ()):
        if one.offset < offset or one.at > at or not ledger.counts(one, at):
            continue
        number = one.content.number
        if ledger.stood(one, at):
            return [*found, number]
        if ledger.stands_at(other, number, at):
            found.append(number)
    return found


def _next_at(
    ledger: Ledger, side: str, place: TopicPartition, offset: int, at: float
) -> int | None:
    """Return the first record at or after an offset of a side at a time."""
    found = (
        one.content.number
        for one in ledger.by_place.get((side, place), ())
        if one.offset >= offset and ledger.stood(one, at)
    )
    return next(found, None)


def lowered(played: Played) -> Iterator[Broken]:
    """Yield the groups that had moved on by themselves, and that a commit of kmig took back."""
    ledger = Ledger(played)
    for change, place, offset, before in _by_kmig(played):
        if before is None or offset >= before:
            continue
        if _command(played, change.at).startswith("rollback"):
            continue
        own = ledger.committed_by_clients(change.side, change.name, place, change.at - 1e-9)
        if own == before and _between(ledger, change, place, range(offset, before)):
            yield Broken(
                "a group is taken back",
                f"{change.name} {place[0]}",
                f"group {change.name} had moved to {before} on {place[0]}-{place[1]} of the {change.side}; "
                f"kmig commits {offset}",
            )


def _between(ledger: Ledger, change: Change, place: TopicPartition, offsets: range) -> bool:
    """Whether there is a record between two offsets: from one marker to another nothing is read again."""
    return any(
        one.offset in offsets and one.at <= change.at and ledger.settled(one)
        for one in ledger.by_place.get((change.side, place), ())
    )


def _command(played: Played, at: float) -> str:
    return next((e.command for e in played.commands if e.began <= at <= e.ended), "")
