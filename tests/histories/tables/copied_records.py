"""What MirrorMaker 2 copies, on a worker with exactly-once, configured as kmig configures it."""

from tests.histories.history import History
from tests.histories.ops import (
    OK,
    Ages,
    AlterTopic,
    Compressed,
    CopyStatus,
    CreateTopic,
    End,
    Ends,
    Fetch,
    Groups,
    Init,
    OnTarget,
    Positions,
    Produce,
    SmallerThan,
    StartCopy,
    Transact,
    Until,
    Wait,
)

_RUNS = ("RUNNING", "RUNNING")
_STARTED = 201


def _arrives(topic: str, *records: str, partition: int = 0) -> tuple[Until, tuple[str, ...]]:
    """The target's records, once they are these."""
    return Until(OnTarget(Fetch(topic, partition=partition)), records, 60), records


COPIED_RECORDS = (
    History(
        "copies",
        "Committed records are copied in their order; a poll's records are one transaction, so offsets differ.",
        (
            (CreateTopic("t"), OK),
            (OnTarget(CreateTopic("t")), OK),
            (Transact("t", ("a", "b")), 0),
            (Transact("t", ("x",), commit=False), 3),
            (Produce("t", ("c",)), 5),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b", "2:c"),
            (OnTarget(Ends("t")), (0, 4, 4)),
            (Positions("c"), ("t-0=5",)),
            (CopyStatus("c"), _RUNS),
        ),
        defects=(1, 13),
    ),
    History(
        "position-is-last-record",
        "The position is the last record copied: markers and aborted records behind it never show.",
        (
            (CreateTopic("t"), OK),
            (OnTarget(CreateTopic("t")), OK),
            (Transact("t", ("a", "b")), 0),
            (Transact("t", ("x",), commit=False), 3),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b"),
            (Wait(1), OK),
            (Positions("c"), ("t-0=1",)),
            (Ends("t"), (0, 5, 5)),
        ),
        defects=(9, 13),
    ),
    History(
        "empty-topic",
        "A topic without records has no position.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("u"), OK),
            (OnTarget(CreateTopic("t")), OK),
            (Produce("u", ("a",)), 0),
            (StartCopy("c", ("t", "u")), _STARTED),
            _arrives("u", "0:a"),
            (Positions("c"), ("u-0=0",)),
        ),
        defects=(13,),
    ),
    History(
        "stops-at-open-transaction",
        "An open transaction on the source holds the copy, of what is behind it too.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (Init("p", "p"), OK),
            (Produce("t", ("b",), by="p"), 1),
            (Produce("t", ("c",)), 2),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (Wait(2), OK),
            (OnTarget(Fetch("t")), ("0:a",)),
            (Positions("c"), ("t-0=0",)),
            (End("p"), OK),
            _arrives("t", "0:a", "2:b", "3:c"),
        ),
        defects=(13,),
    ),
    History(
        "stored-plain",
        "Copies are stored uncompressed, whatever the source's batches are.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",), size=100_000, codec="zstd"), 0),
            (Compressed("t"), (True,)),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (OnTarget(Compressed("t")), (False,)),
            (SmallerThan("t", 20_000), True),
            (OnTarget(SmallerThan("t", 100_000)), False),
        ),
        defects=(1,),
    ),
    History(
        "stored-compressed",
        "With producer.override.compression.type they are compressed.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",), size=100_000, codec="zstd"), 0),
            (
                StartCopy("c", ("t",), (("producer.override.compression.type", "zstd"),)),
                _STARTED,
            ),
            _arrives("t", "0:a"),
            (OnTarget(Compressed("t")), (True,)),
        ),
        defects=(1, 12),
    ),
    History(
        "keeps-times",
        "Copies have the times of their records.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",), ago=36_000), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (OnTarget(Ages("t")), ("0:10",)),
        ),
        defects=(1,),
    ),
    History(
        "copies-held-by-markers",
        "The copier's markers are new: retention by time takes no copy that has one in its segment.",
        (
            (CreateTopic("t"), OK),
            (OnTarget(CreateTopic("t", configs=(("retention.ms", "-1"),))), OK),
            (Produce("t", ("a",), ago=100_000), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (OnTarget(AlterTopic("t", (("retention.ms", "3600000"),))), OK),
            (Wait(2.5), OK),
            (OnTarget(Ends("t")), (0, 2, 2)),
        ),
        defects=(1,),
    ),
    History(
        "no-group",
        "The copier reads by assignment: no group of its shows on the source.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (Groups(), ()),
        ),
        defects=(7,),
    ),
)
