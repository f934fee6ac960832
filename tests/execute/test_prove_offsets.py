"""What the proof of offsets reads of a source that has lost the end of its log since it was copied."""

from collections.abc import Container, Iterator, Mapping

import pytest

from migrate.errors import StepFailed
from migrate.logs.translate import Translation
from migrate.model.record import Chunk, Position, TopicPartition, VisibleRecord
from migrate.ports import Site, Sites, WritableSite
from migrate.steps.prove_offsets import ProveOffsets
from tests.fakes.memory import MemoryClock, MemoryCluster

PLACE = ("payments", 0)


class _Waits:
    """Records of a source on which a consumer waits for ever for what lies beyond the end."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self._cluster = cluster

    def visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        ends = self._cluster.ends({topic for topic, _ in ranges})
        assert all(begin >= upto or upto <= ends[p].end for p, (begin, upto) in ranges.items())
        return self._cluster.visible(ranges)

    def key_check(self) -> str:
        return self._cluster.key_check()

    def forward(
        self,
        place: TopicPartition,
        begin: int,
        upto: int,
        *,
        keys: bool = False,
        timeless: bool = False,
    ) -> Iterator[Chunk]:
        return self._cluster.forward(place, begin, upto, keys=keys, timeless=timeless)

    def near(
        self, ranges: Mapping[TopicPartition, tuple[int, int]], keyed: Container[str]
    ) -> dict[TopicPartition, tuple[Chunk, ...]]:
        return {
            place: tuple(self.forward(place, *span, keys=place[0] in keyed))
            for place, span in ranges.items()
        }


def proven(source_end: int, committed: int, on_target: int, begins: int = 0) -> str:
    """Prove a commit made when 5 records had been copied: the source lost its end, the target its `begins` first."""
    log = [VisibleRecord(offset, b"%d" % offset) for offset in range(5)]
    source = MemoryCluster("source", logs={PLACE: log[:source_end]})
    target = MemoryCluster("target", logs={PLACE: log})
    target.begins[PLACE] = begins
    target.commits["g"] = {PLACE: (on_target, "")}
    translation = Translation(
        topic="payments",
        partition=0,
        source=committed,
        target=on_target,
        lag=0,
        method="drained",
        proof="exact",
        evidence="",
    )
    upto = Position(topic="payments", partition=0, offset=5)
    step = ProveOffsets(because="", until="", group="g", translations=(translation,), uptos=(upto,))
    sites = Sites(
        Site("source", source, source, _Waits(source)),
        WritableSite("target", target, target, target, target),
        MemoryClock(),
    )
    return "; ".join(step.apply(sites).evidence)


@pytest.mark.parametrize("source_end", [0, 2])
def test_nothing_is_awaited_beyond_the_end_of_a_source_that_lost_records(source_end: int) -> None:
    assert "1 at the end of both logs" in proven(source_end, source_end, 5)


def test_what_the_source_lost_and_the_group_has_before_it_is_another_record() -> None:
    with pytest.raises(StepFailed, match="the source has it at the end"):
        proven(2, 2, 2)


def test_the_same_record_is_proven() -> None:
    assert "1 with the same next record" in proven(5, 3, 3)


def test_a_commit_before_the_targets_log_is_no_proof() -> None:
    with pytest.raises(StepFailed, match="commit 3 is before the log, which begins at 4: 1 offset"):
        proven(5, 3, 3, begins=4)
