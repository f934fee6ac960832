"""Stage `close`: the copier loses its grants on the topics that the wave owns; saved client files are deleted.

It begins with the retention that the cutover did not return because a group had yet to read.

Fences on the source stay, those of groups included: a forgotten client must fail there, not continue. What client
files held before their switch is deleted, because no rollback can restore it any more.
"""

from collections.abc import Callable

from migrate.model.record import Position
from migrate.stages.move import Move
from migrate.stages.replicate import copier_acls
from migrate.stages.retention import closing
from migrate.stages.stage import Stage
from migrate.steps import DeleteAcls, ForgetFile, ReturnRetention, WatchSource


def waves_ended_by(number: int, owns: Callable[[int], bool]) -> range:
    """Return the waves that a close ends: its own, and the waves right before it that have only consumers.

    A wave of consumers only can be rolled back until a later one is closed, and has nothing else to close.
    """
    first = number
    while first > 1 and not owns(first - 1):
        first -= 1
    return range(first, number + 1) if owns(number) else range(0)


def close(
    move: Move,
    ends: tuple[Position, ...],
    pointed: tuple[str, ...] = (),
    waiting: tuple[ReturnRetention, ...] = (),
) -> Stage:
    """Yield the steps; none for a wave of consumers only, whose topics belong to the wave of their producers.

    `pointed` are the client files that the switches of the ended waves replaced, `waiting` what the cutover left to
    be done about retention.
    """
    if not move.owned:
        return
    yield from closing(waiting)
    yield WatchSource(
        because="a client that still writes there would lose its records",
        until="",
        part="at the close",
        topics=move.owned,
        ends=ends,
        seconds=0,
    )
    if move.copier:
        yield DeleteAcls(
            because="the copier no longer needs these topics",
            part="copier",
            acls=copier_acls(move.copier, move.owned),
        )
    for path in pointed:
        yield ForgetFile(because="no rollback needs it any more", path=path)
