"""How far copies are, of which Connect may have lost one, and a log a part."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from migrate.errors import StepFailed
from migrate.logs.lag import copies, lacking, paces
from migrate.model.copier import Copier
from migrate.model.record import TopicPartition, VisibleRecord
from migrate.ports import MovingPorts, Site, Sites, WritableSite
from tests.fakes.memory import MemoryClock, MemoryCluster
from tests.fakes.memory_moving import MemoryCopy, MemoryFiles, MemoryHooks

PLACE = ("payments", 0)


def standing(start: int, end: int, copied: int | None) -> Sites:
    """A source whose log begins at `start`, and a copier that stands at `copied` and does nothing."""
    log = [VisibleRecord(offset, b"%d" % offset) for offset in range(start, end)]
    source = MemoryCluster("source", logs={PLACE: log}, begins={PLACE: start})
    target = MemoryCluster("target")
    copy = MemoryCopy(source, target)
    copy.connectors["copy"] = Copier(name="copy", config={}, state="STOPPED", tasks=())
    if copied is not None:
        copy.copied["copy"] = {PLACE: copied - 1}
    return Sites(
        Site("source", source, source, source),
        WritableSite("target", target, target, target, target),
        MemoryClock(),
        MovingPorts(source, copy, MemoryHooks(), MemoryFiles()),
    )


@pytest.mark.parametrize(
    ("start", "end", "copied", "left"),
    [
        pytest.param(400, 600, 500, 100, id="within the log"),
        pytest.param(400, 600, None, 200, id="nothing copied yet"),
        pytest.param(400, 600, 100, 200, id="before the start: what expired cannot be copied"),
        pytest.param(100_000, 100_010, 7, 10, id="far before the start, and few records to read"),
        pytest.param(600, 600, 100, 0, id="before the start of an emptied log"),
        pytest.param(400, 600, 700, 0, id="beyond the end"),
    ],
)
def test_a_copy_is_behind_by_what_can_still_be_copied(
    start: int, end: int, copied: int | None, left: int
) -> None:
    (pace,) = paces(standing(start, end, copied), {"copy": (PLACE[0],)}, 2.0)
    assert (pace.behind, pace.unread) == (left, left)


class Purging(MemoryCluster):
    """An application deletes what it has read, and writes the next record."""

    def visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        found = super().visible(ranges)
        for place in ranges:
            self.begins[place] = self.logs[place][-1].offset + 1
            self.logs[place] = [VisibleRecord(self.begins[place] + 1, b"next")]
        return found


def test_what_is_purged_while_it_is_measured_is_no_copy_that_was_not_begun() -> None:
    sites = standing(400, 410, None)
    source = sites.source.reader
    assert isinstance(source, MemoryCluster)
    purging = Purging("source", logs=source.logs, begins=source.begins)
    site = Site("source", purging, purging, purging)
    (pace,) = paces(replace(sites, source=site), {"copy": (PLACE[0],)}, 2.0)
    assert pace.fault == ""


def test_a_connector_that_kmig_started_and_connect_does_not_have() -> None:
    with pytest.raises(StepFailed, match="connector c is missing: kmig started it") as caught:
        copies(standing(0, 1, None), ["c"])
    assert "kmig replicate WAVE" in caught.value.hint
    assert "starts the copy" not in caught.value.hint


def test_what_the_target_lacks_is_named_with_its_remedy() -> None:
    sites, other = standing(0, 5, 5), (PLACE[0], 1)
    for reader in (sites.source.reader, sites.target.reader):
        assert isinstance(reader, MemoryCluster)
    found = lacking(sites, [PLACE[0]])
    assert found is not None
    assert (found.what, "kmig replicate" in found.remedy) == ("topic payments", True)
    sites.target.reader.logs[PLACE] = []  # type: ignore[attr-defined]
    assert lacking(sites, [PLACE[0]]) is None
    sites.source.reader.logs[other] = []  # type: ignore[attr-defined]
    found = lacking(sites, [PLACE[0]])
    assert found is not None
    assert (found.what, "kmig apply WAVE" in found.remedy) == ("payments-1", True)
