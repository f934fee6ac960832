"""What MirrorMaker 2 misses, and copies twice."""

from tests.histories.history import History
from tests.histories.ops import (
    OK,
    CopyStatus,
    CreateTopic,
    DeleteRecords,
    DeleteTopic,
    Ends,
    Fetch,
    OnTarget,
    Positions,
    Produce,
    ResumeCopy,
    StartCopy,
    StopCopy,
    Until,
)

_RUNS = ("RUNNING", "RUNNING")
_STARTED = 201


def _arrives(topic: str, *records: str, partition: int = 0) -> tuple[Until, tuple[str, ...]]:
    """The target's records, once they are these."""
    return Until(OnTarget(Fetch(topic, partition=partition)), records, 60), records


COPY_GAPS = (
    History(
        "overtaken-while-stopped",
        "Records deleted on the source before they were copied are passed over, and nothing says so.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (StopCopy("c"), 204),
            (Produce("t", ("b", "c", "d")), 1),
            (DeleteRecords("t", 3), 3),
            (ResumeCopy("c"), 202),
            _arrives("t", "0:a", "2:d"),
            (Positions("c"), ("t-0=3",)),
            (CopyStatus("c"), _RUNS),
        ),
        defects=(3,),
    ),
    History(
        "recreated-and-longer",
        "A topic recreated while the copier is stopped, with more records than were copied: copied from there on.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b")), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b"),
            (StopCopy("c"), 204),
            (DeleteTopic("t"), OK),
            (CreateTopic("t"), OK),
            (Produce("t", ("c", "d", "e")), 0),
            (ResumeCopy("c"), 202),
            _arrives("t", "0:a", "1:b", "3:e"),
            (Positions("c"), ("t-0=2",)),
            (CopyStatus("c"), _RUNS),
        ),
        defects=(4,),
    ),
    History(
        "recreated-and-shorter",
        "With fewer records than were copied, the new topic is copied from its start.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b", "c")), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b", "2:c"),
            (StopCopy("c"), 204),
            (DeleteTopic("t"), OK),
            (CreateTopic("t"), OK),
            (Produce("t", ("d",)), 0),
            (ResumeCopy("c"), 202),
            _arrives("t", "0:a", "1:b", "2:c", "4:d"),
            (Positions("c"), ("t-0=0",)),
        ),
        defects=(4,),
    ),
    History(
        "recreated-while-running",
        "Recreated under a running copier, the new topic is copied from its start, behind the old one's records.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b")), 0),
            (StartCopy("c", ("t",), (("refresh.topics.interval.seconds", "600"),)), _STARTED),
            _arrives("t", "0:a", "1:b"),
            (DeleteTopic("t"), OK),
            (CreateTopic("t"), OK),
            (Produce("t", ("c", "d", "e")), 0),
            _arrives("t", "0:a", "1:b", "3:c", "4:d", "5:e"),
            (CopyStatus("c"), _RUNS),
        ),
        defects=(4,),
    ),
    History(
        "gone-for-a-while",
        "If the copier looks for topics while it is gone, it goes on at its position: the first records are lost.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b")), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b"),
            (DeleteTopic("t"), OK),
            (Until(CopyStatus("c"), ("RUNNING",)), ("RUNNING",)),
            (CreateTopic("t"), OK),
            (Produce("t", ("c", "d", "e")), 0),
            _arrives("t", "0:a", "1:b", "3:e"),
            (Positions("c"), ("t-0=2",)),
            (CopyStatus("c"), _RUNS),
        ),
        defects=(4,),
    ),
    History(
        "starts-behind",
        "A copier that begins on a log whose first records are gone begins at its start.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b")), 0),
            (DeleteRecords("t", 1), 1),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:b"),
            (Positions("c"), ("t-0=1",)),
        ),
        defects=(3, 11),
    ),
    History(
        "target-loses-first",
        "A target whose retention.bytes is smaller loses copies that the source still has.",
        (
            (CreateTopic("t", configs=(("retention.ms", "-1"), ("segment.ms", "1800000"))), OK),
            (
                OnTarget(
                    CreateTopic(
                        "t",
                        configs=(
                            ("retention.ms", "-1"),
                            ("segment.ms", "1800000"),
                            ("retention.bytes", "60000"),
                        ),
                    )
                ),
                OK,
            ),
            (Produce("t", ("a",), size=100_000, codec="zstd", ago=7200), 0),
            (StartCopy("c", ("t",)), _STARTED),
            (Until(OnTarget(Ends("t")), (0, 2, 2)), (0, 2, 2)),
            (Produce("t", ("b",), size=100_000, codec="zstd", ago=0), 1),
            (Until(OnTarget(Ends("t")), (1, 4, 4)), (1, 4, 4)),
            (Fetch("t"), ("0:a", "1:b")),
            (OnTarget(Fetch("t", at=0)), "OFFSET_OUT_OF_RANGE"),
        ),
        defects=(1,),
    ),
)
