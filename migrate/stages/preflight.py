"""What a cutover asks while everybody still runs: whether its copies keep up, and hold what they should."""

from collections.abc import Generator, Iterator, Mapping

from migrate.stages.move import Move
from migrate.stages.stage import of_kind
from migrate.steps import (
    AwaitPace,
    KeepCopies,
    LookAhead,
    PauseCopy,
    ProveCopies,
    Step,
    WatchCommits,
)


def preflight(move: Move) -> Generator[Step, Step, Mapping[str, float]]:
    """Yield the gates before the first stop; return how long the commits of each group must not change."""
    if move.ahead is not None:
        yield LookAhead(
            because="what would be refused later must be known before anybody is stopped",
            until=move.first_stop,
            ahead=move.ahead,
        )
    if move.connectors and (move.owned or move.wave.groups):
        yield KeepCopies(
            because="a copy that somebody has deleted goes on under its name",
            until=PauseCopy.KEY if move.owned else f"commit_offsets {move.wave.groups[-1]}",
            configs={name: move.copies[name].config for name in move.connectors},
        )
    yield from copies(move)
    if not move.wave.groups:
        return {}
    watched = yield WatchCommits(
        because="a group without members is quiet only when it has not committed for long enough",
        until=move.first_stop,
        part="before the stop",
        groups=move.wave.groups,
        least=move.policy.quiet_seconds,
    )
    return of_kind(WatchCommits, watched).windows


def copies(move: Move) -> Iterator[AwaitPace | ProveCopies]:
    """Yield the gates on the copies."""
    yield AwaitPace(
        because="a copy that is slower than its producers never drains",
        until=move.first_stop,
        carried={name: move.copies[name].topics for name in move.connectors},
    )
    yield compare(move)


def compare(move: Move) -> ProveCopies:
    """Return the gate that compares every copied record."""
    return ProveCopies(
        because="a record that the copy lacks must be known before anybody is stopped",
        until=move.first_stop,
        topics=move.copied,
        connectors=move.connectors,
        readers=move.readers,
        most=move.policy.verify.max_bytes,
        identical=move.identical,
    )
