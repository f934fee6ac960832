"""The part of a cutover in which groups are committed and proven: all of a wave together."""

from collections.abc import Generator

from migrate.model.record import Position
from migrate.stages.move import Move
from migrate.stages.stage import Together, all_of
from migrate.steps import CommitOffsets, ProveOffsets, ReadPositions, Step


def commit(
    move: Move, positions: ReadPositions | None, uptos: tuple[Position, ...]
) -> Generator[Step | Together, Step | Together, tuple[CommitOffsets, ...]]:
    """Commit all groups, then prove them: the logs are at rest, so that one look at them serves all."""
    commits = tuple(
        CommitOffsets(
            because="the group continues where it stopped",
            group=group,
            uptos=uptos,
            connectors=tuple(n for n in move.connectors if move.rest(n)),
            reads=move.reads(group),
            uncommitted=move.uncommitted(group),
            waivers=move.waivers,
            seen=positions.commits.get(group, ()) if positions else (),
            ends=positions.ends_for(group, move.reads(group)) if positions else (),
        )
        for group in move.wave.groups
    )
    committed = all_of(CommitOffsets, (yield Together(commits)))
    proofs = tuple(
        ProveOffsets(
            because="no consumer starts at an unproven offset",
            until=move.first_start,
            group=one.group,
            translations=one.translations,
            uptos=one.uptos,
        )
        for one in committed
    )
    yield Together(proofs)
    return committed
