"""Stage `close`: the copies of the topics that the wave owns are over, and so are the copier's grants on them.

Fences on the source stay, those of groups included: a client that was forgotten must fail there, not go on.
"""

from migrate.model.record import Position
from migrate.stages.move import Move
from migrate.stages.replicate import copier_acls
from migrate.stages.stage import Stage
from migrate.steps import DeleteAcls, WatchSource


def close(move: Move, ends: tuple[Position, ...]) -> Stage:
    """Nothing for a wave of consumers only: its topics belong to the wave of their producers."""
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
