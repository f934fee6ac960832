"""Promises about offsets: each commit of kmig is where its group goes on, and none takes a group back."""

from collections.abc import Iterator

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.facts import Change
from migrate.rehearse.worlds.judges.ledger import Ledger
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
    """Yield the commits on the target whose next record is not the next one of the source."""
    ledger = Ledger(played)
    for change, place, offset, _ in _by_kmig(played):
        if change.side != "target" or _command(played, change.at).startswith("rollback"):
            continue
        was = ledger.committed_by_clients("source", change.name, place, change.at)
        if was is None:
            continue
        wanted = _first(ledger, "source", place, was, change.at)
        found = _first(ledger, "target", place, offset, change.at)
        if wanted is not None and found is not None and found != wanted:
            yield Broken(
                "an offset is not exact",
                f"{change.name} {place[0]}",
                f"group {change.name} stood before record {wanted} of {place[0]}-{place[1]}; "
                f"kmig committed {offset} on the target, before record {found}",
            )


def _first(ledger: Ledger, side: str, place: TopicPartition, offset: int, at: float) -> int | None:
    """Return the first record at or after an offset, that was there by then."""
    topic = ledger.played.world.clusters[side].topics.get(place[0])
    if topic is None:
        return None
    found = [
        one
        for one in ledger.played.world.facts.written
        if one.side == side
        and one.place == place
        and one.topic_id == topic.id
        and one.offset >= offset
        and one.at <= at
        and ledger.settled(one)
    ]
    return min(found, key=lambda one: one.offset).content.number if found else None


def lowered(played: Played) -> Iterator[Broken]:
    """Yield the groups that had moved on by themselves, and that a commit of kmig took back."""
    ledger = Ledger(played)
    for change, place, offset, before in _by_kmig(played):
        if before is None or offset >= before:
            continue
        if _command(played, change.at).startswith("rollback"):
            continue
        own = ledger.committed_by_clients(change.side, change.name, place, change.at - 1e-9)
        if own == before:
            yield Broken(
                "a group is taken back",
                f"{change.name} {place[0]}",
                f"group {change.name} had moved to {before} on {place[0]}-{place[1]} of the {change.side}; "
                f"kmig commits {offset}",
            )


def _command(played: Played, at: float) -> str:
    return next((e.command for e in played.commands if e.began <= at <= e.ended), "")
