"""Which workloads are switched at once: those that do not depend on one another."""

from collections.abc import Iterable

from migrate.documents.workloads import Workload
from migrate.stages.move import Move


def at_once(move: Move, workloads: Iterable[Workload]) -> tuple[tuple[Workload, ...], ...]:
    """Return the workloads in turns; within one nobody depends on another, and order is kept between those who do."""
    turns: list[list[Workload]] = []
    turn_of: dict[str, int] = {}
    placed: list[Workload] = []
    for workload in workloads:
        earlier = [turn_of[w.name] for w in placed if _depend(move, w, workload)]
        turn = max(earlier, default=-1) + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(workload)
        turn_of[workload.name] = turn
        placed.append(workload)
    return tuple(map(tuple, turns))


def _depend(move: Move, one: Workload, other: Workload) -> bool:
    """Whether two workloads share what only one may use, say so, or pass records from one to the other.

    Two that read the same topic, or write it, do not meet there.
    """
    named = other.name in one.wishes or one.name in other.wishes
    shared = set(one.every_group) & set(other.every_group) or set(one.transactional_ids) & set(
        other.transactional_ids
    )
    workers = one.connect_cluster and one.connect_cluster == other.connect_cluster
    passed = _passes(move, one, other) or _passes(move, other, one)
    return bool(named or shared or workers or passed)


def _passes(move: Move, writer: Workload, reader: Workload) -> bool:
    return any(
        any(s.selects(t) for s in writer.writes) and any(s.selects(t) for s in reader.reads)
        for t in move.copied
    )
