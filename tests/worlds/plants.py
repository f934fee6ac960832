"""Faults planted into kmig, each as a careless change of it would bring it in. `planted.py` finds them."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from unittest.mock import patch

from migrate.execute import later
from migrate.execute import run as executor
from migrate.execute.run import Progress
from migrate.journal.standing import StepState
from migrate.logs import arriving, concerns, mapping, still_true, translating
from migrate.logs.concerns import Concern
from migrate.logs.logmap import LogMap
from migrate.logs.still_true import Now
from migrate.logs.stretches import Word
from migrate.model.acl import Acl
from migrate.model.record import Position, TopicPartition
from migrate.model.waiver import Readers
from migrate.ports import ClusterReader, Sites
from migrate.stages import cutover, fences
from migrate.stages.move import Move
from migrate.steps import (
    AwaitPassed,
    CommitOffsets,
    CreateAcls,
    OpenWriteGate,
    Step,
    alter_topic,
    await_drained,
    await_groups,
    create_acls,
    prove_copies,
    return_retention,
    source_rights,
)

Plant = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Planted:
    """A fault: its name, what is wrong in one sentence, the kinds of promises that it breaks, and how it is planted.

    What else is charged does not count: a fault sends a migration on another way, where other defects wait.
    """

    name: str
    sentence: str
    kinds: tuple[str, ...]
    plant: Plant


PLANTED: list[Planted] = []
_EARLY = "WRITE is granted too early"
_GREEN = "a green was not earned"
_GROWS = "a privilege grows"
_INEXACT = "an offset is not exact"
_LATE = "a cutover is refused after its clients were stopped"
_NO_END = "a dead end"
_SKIPPED = "a record is lost or skipped"
_TWICE = "a duplicate is not counted"
_UNREADY = "a client starts before every broker knows its rights"


def _planted(name: str, sentence: str, *kinds: str) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        PLANTED.append(Planted(name, sentence, kinds, plant))
        return plant

    return register


# the order of a cutover


@_planted(
    "write-before-drain",
    "WRITE is granted on the target before the topics are drained.",
    _EARLY,
)
@contextmanager
def _write_before_drain() -> Iterator[None]:
    freeze = cutover._freeze

    def early(move: Move) -> Generator[Step, Step, tuple[Position, ...]]:
        ends = yield from freeze(move)
        if move.gated:
            yield OpenWriteGate(
                because="the source is fenced",
                topics=move.owned,
                acls=move.wave.grants,
                source=cutover._view(move, fences.topic_fence(move.owned)),
            )
        return ends

    def late(*_: object) -> Iterator[Step]:
        yield from ()

    with patch.object(cutover, "_freeze", early), patch.object(cutover, "_open", late):
        yield


@_planted(
    "placed-early",
    "Groups are placed before the copy has passed their commits.",
    "a green was not earned",
)
def _placed_early() -> AbstractContextManager[object]:
    def at_once(step: AwaitPassed, sites: Sites) -> AwaitPassed:
        return step.model_copy(update={"copied": step._copied(sites, {})})

    return patch.object(AwaitPassed, "apply", at_once)


# offsets


@_planted(
    "offset-off-by-one",
    "A group is committed one record beyond its place on the target.",
    _INEXACT,
)
def _offset_off_by_one() -> AbstractContextManager[object]:
    wanted = CommitOffsets._wanted

    def beyond(step: CommitOffsets) -> dict[TopicPartition, tuple[int, str]]:
        return {place: (offset + 1, text) for place, (offset, text) in wanted(step).items()}

    return patch.object(CommitOffsets, "_wanted", beyond)


@_planted(
    "rollback-stale",
    "A rollback leaves the source's commits as they were before the cutover.",
    _TWICE,
    _SKIPPED,
)
def _rollback_stale() -> AbstractContextManager[object]:
    def never(_step: CommitOffsets, _now: Mapping[TopicPartition, int]) -> bool:
        return False

    return patch.object(CommitOffsets, "_moved", never)


@_planted(
    "commit-vanished",
    "A commit that is not listed any more counts as none.",
    _TWICE,
    _SKIPPED,
    _INEXACT,
)
@contextmanager
def _commit_vanished() -> Iterator[None]:
    from migrate.steps import commit_offsets, read_positions

    with ExitStack() as stack:
        for module in (await_groups, commit_offsets, read_positions):
            stack.enter_context(patch.object(module, "vanished", lambda _before, _groups: ""))
        yield


# what was copied


@_planted(
    "ends-only",
    "A copy is judged by the ends of both logs, and not by every record.",
    _SKIPPED,
    _TWICE,
    _GREEN,
)
@contextmanager
def _ends_only() -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(patch.object(prove_copies, "concerns", lambda *_: []))
        for module in (arriving, translating):
            stack.enter_context(patch.object(module, "through_maps", lambda *_, **__: {}))
        yield


@_planted(
    "no-gap-check",
    "Records that the copy lacks, or that could not be compared, are no fault of it.",
    _SKIPPED,
    _GREEN,
)
@contextmanager
def _no_gap_check() -> Iterator[None]:
    real = concerns.fault

    def blind(readers: Readers, one: Concern, today: date) -> str:
        gap = one.stretch.word in (Word.MISSING, Word.UNPROVEN)
        return "" if gap else real(readers, one, today)

    with ExitStack() as stack:
        for module in (prove_copies, await_drained):
            stack.enter_context(patch.object(module, "fault", blind))
        yield


@_planted(
    "map-after-election",
    "A map is gone by although a log has lost its end since, or was made anew.",
    _SKIPPED,
    _TWICE,
    _INEXACT,
    _GREEN,
)
@contextmanager
def _map_after_election() -> Iterator[None]:
    def trusted(known: LogMap | None, now: Now, _same: object) -> tuple[LogMap, list[str]]:
        if known is None:
            return still_true.still_true(None, now, lambda _: True)
        return known, []

    with patch.object(mapping, "still_true", trusted):
        yield


# rights


@_planted(
    "one-broker-lacks",
    "A change of ACLs counts as seen although the last broker has not seen it.",
    _UNREADY,
)
def _one_broker_lacks() -> AbstractContextManager[object]:
    def shown(side: ClusterReader) -> list[frozenset[Acl]]:
        brokers = side.brokers()
        return [side.acls(broker.id) for broker in brokers[: max(1, len(brokers) - 1)]]

    return patch.object(create_acls, "shown", shown)


@_planted(
    "revoked-meanwhile",
    "Rights that the source took away after the inventory are granted.",
    _GROWS,
)
@contextmanager
def _revoked_meanwhile() -> Iterator[None]:
    # a cutover that looks ahead would see it too
    with (
        patch.object(source_rights, "denied_now", lambda *_: ()),
        patch.object(later, "ahead", lambda *_, **__: None),
    ):
        yield


# topics


@_planted(
    "defaults-not-carried",
    "What the source's brokers gave a topic is left to the target's brokers.",
    _SKIPPED,
)
@contextmanager
def _defaults_not_carried() -> Iterator[None]:
    def given(
        _target: object, configs: alter_topic.Configs, inherited: Mapping[str, str]
    ) -> object:
        return {**configs, **dict.fromkeys(inherited)}

    with (
        patch.object(alter_topic, "given", given),
        patch.object(return_retention, "given", given),
    ):
        yield


# the journal


@_planted(
    "lost-undone",
    "The line `undone` of a rollback's step is not written.",
    _NO_END,
)
def _lost_undone() -> AbstractContextManager[object]:
    def silent(steps: tuple[Step, ...], sites: Sites) -> Iterator[Progress]:
        return (one for one in executor.undo(steps, sites) if one.event != "undone")

    return patch("migrate.execute.rollback.undo", silent)


@_planted(
    "fence-forgotten",
    "A cutover that is resumed makes no fence that it had not made before.",
    _EARLY,
    _LATE,
)
def _fence_forgotten() -> AbstractContextManager[object]:
    kept = executor._kept

    def forgetful(
        step: Step,
        begun: Mapping[str, StepState],
        finished: Mapping[str, Step],
        sites: Sites,
    ) -> Step | None:
        if begun and isinstance(step, CreateAcls) and step.side == "source":
            return finished.get(step.key, step)
        return kept(step, begun, finished, sites)

    return patch.object(executor, "_kept", forgetful)
