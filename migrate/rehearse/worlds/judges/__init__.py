"""The judges: each promise of kmig as a function of everything that happened in a world.

They know every record, who processed it on which side, every right at every moment, and every line that was printed.
What an outside actor breaks by himself is not charged to kmig; that kmig said so is.
"""

from collections.abc import Callable, Iterable, Iterator

from migrate.rehearse.worlds.judges import commits, ends, greens, opened, records, rights
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played

JUDGES: tuple[Callable[[Played], Iterable[Broken]], ...] = (
    ends.crashed,
    ends.bounded,
    ends.stood,
    ends.refused_late,
    ends.secrets,
    records.lost,
    records.twice,
    records.two_writers,
    records.refused_writers,
    commits.exact,
    commits.lowered,
    opened.opened_early,
    opened.started_early,
    rights.grown,
    rights.deleted,
    greens.untrue,
)


def judged(played: Played) -> tuple[Broken, ...]:
    """Return every promise that was broken, each once for its subject."""
    return tuple(dict.fromkeys(_all(played)))


def _all(played: Played) -> Iterator[Broken]:
    for judge in JUDGES:
        yield from judge(played)
