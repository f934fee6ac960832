"""Stage `close`: the copies of the topics that the wave owns are over, and so are the copier's grants on them.

Fences on the source stay, those of groups included: a client that was forgotten must fail there, not go on. What the
files of clients held before their switch goes: nothing is left that could put it back.
"""

from collections.abc import Callable

from migrate.model.record import Position
from migrate.stages.move import Move
from migrate.stages.replicate import copier_acls
from migrate.stages.stage import Stage
from migrate.steps import DeleteAcls, ForgetFile, WatchSource


def waves_ended_by(number: int, owns: Callable[[int], bool]) -> range:
    """The waves that a close ends: its own, and those of consumers only right before it.

    A wave of consumers only can be rolled back until a later one is closed, and has nothing else to close.
    """
    first = number
    while first > 1 and not owns(first - 1):
        first -= 1
    return range(first, number + 1) if owns(number) else range(0)


def close(move: Move, ends: tuple[Position, ...], pointed: tuple[str, ...] = ()) -> Stage:
    """Nothing for a wave of consumers only: its topics belong to the wave of their producers.

    `pointed` are the client files that the switches of the ended waves replaced.
    """
    if not move.owned:
        return
    yield WatchSource(
        because="a writer that came back would write for nobody",
        until="",
        part="at the close",
        topics=move.owned,
        ends=ends,
        seconds=0,
    )
    yield DeleteAcls(
        because="the copier is done with these topics",
        part="copier",
        acls=copier_acls(move.copier, move.owned),
    )
    for path in pointed:
        yield ForgetFile(because="no rollback puts it back any more", path=path)
