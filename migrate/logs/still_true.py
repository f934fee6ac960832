"""Whether a map is still true: what happened to the logs since their records were read.

A topic may have been made anew, a log may have lost its end in an unclean election, a record may be another one at
the same offset. From there on the map is taken back, and says why. Source: KIP-101, OffsetForLeaderEpoch.
"""

from collections.abc import Callable
from dataclasses import dataclass

from migrate.logs.logmap import FAR, Heading, LogMap, begin_line, drop_line
from migrate.logs.stretches import Stretch, Word
from migrate.model.record import Ends

_SIDES = ("source", "target")


@dataclass(frozen=True)
class Now:
    """What both sides say of a partition now, the source first.

    `ends` is None where the partition does not exist. `epochs` are, of the leader epoch of the map's last record, the
    largest epoch up to it that the log knows, and where that ends; None where it was not asked for.
    """

    heading: Heading
    ends: tuple[Ends | None, Ends | None]
    epochs: tuple[tuple[int, int] | None, tuple[int, int] | None] = (None, None)

    @property
    def lacking(self) -> str:
        """Return the side on which the partition does not exist; empty if it does on both."""
        return next((s for s, e in zip(_SIDES, self.ends, strict=True) if e is None), "")


def still_true(
    known: LogMap | None, now: Now, same: Callable[[Stretch], bool]
) -> tuple[LogMap, list[str]]:
    """Return what of a map is still true, and the lines that its file needs to say so.

    `same` tells whether both logs have equal records at the end of an equal stretch, as far as they still have them.
    """
    if known is None:
        return _begun(LogMap(now.heading), now)
    if known.heading != now.heading:
        made = known.under(now.heading)
        made.dropped.append(_unlike(known.heading, now.heading))
        return _begun(made, now)
    lines: list[str] = []

    def drop(source: int, target: int, why: str) -> None:
        known.drop(source, target, why)
        lines.append(drop_line(source, target, why))

    for side, name in enumerate(_SIDES):
        if (end := _lost(known, now, side)) is not None:
            why = f"the {name} lost what it had from offset {end} on"
            drop(*((end, FAR) if side == 0 else (FAR, end)), why)
    while (last := known.last) and last.word == Word.EQUAL and not same(last):
        why = f"the records before {last.source[1]} on the source and {last.target[1]} on the target differ"
        drop(last.source[1] - 1, last.target[1] - 1, why)
    return known, lines


def _begun(made: LogMap, now: Now) -> tuple[LogMap, list[str]]:
    """Return an empty map, which knows where the copy begins if nothing was copied yet."""
    lines = [now.heading.line()]
    source, target = now.ends
    if source is not None and target is not None and not target.end:
        made.begin = source.start
        lines.append(begin_line(source.start))
    return made, lines


def _unlike(then: Heading, now: Heading) -> str:
    if then.key != now.key:
        return "the key of the fingerprints is another one"
    if then.clusters != now.clusters:
        return "it is of other clusters"
    sides = [s for s, a, b in zip(_SIDES, then.ids, now.ids, strict=True) if a != b]
    return f"the topic was made anew on the {' and the '.join(sides)}"


def _lost(known: LogMap, now: Now, side: int) -> int | None:
    """Return the offset from which on a log lost records that the map knows; None where it lost none."""
    ends, epoch, reaches = now.ends[side], now.epochs[side], known.reaches(side)
    if ends is None:
        return None
    # of an epoch that the log does not know any more nothing is left behind the end of the one before it
    end = min(ends.end, epoch[1]) if epoch is not None else ends.end
    return end if end < reaches else None
