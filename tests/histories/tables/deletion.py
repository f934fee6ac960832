"""DeleteRecords and compaction."""

from tests.histories.words import *

_COMPACT = (
    ("cleanup.policy", "compact"),
    ("min.cleanable.dirty.ratio", "0.01"),
    ("delete.retention.ms", "0"),
    HOURLY,
)

_DELETED = (
    History(
        "delete-records",
        "DeleteRecords moves the start; offsets and the end stay; what lies before cannot be read.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b", "c")), 0),
            (DeleteRecords("t", 2), 2),
            (Ends("t"), (2, 3, 3)),
            (Fetch("t", at=2), ("2:c",)),
            (Fetch("t", at=0), "OFFSET_OUT_OF_RANGE"),
            (DeleteRecords("t", 1), 2),
            (DeleteRecords("t", 4), "OFFSET_OUT_OF_RANGE"),
            (DeleteRecords("t", -1), 3),
            (Ends("t"), (3, 3, 3)),
            (Produce("t", ("d",)), 3),
        ),
        defects=(3, 11),
    ),
    History(
        "only-a-marker",
        "After a committed transaction was read and deleted only its marker is left, which nobody sees.",
        (
            (CreateTopic("t"), OK),
            (Transact("t", ("a", "b")), 0),
            (DeleteRecords("t", 2), 2),
            (Ends("t"), (2, 3, 3)),
            (Fetch("t", at=2), ()),
            (Commit("g", "t", 2), OK),
        ),
        defects=(9,),
    ),
    History(
        "delete-open",
        "DeleteRecords passes an open transaction's records, and even the last stable offset; since 4.x that may lie "
        "before the start then, at the first offset of the batch in which the start is.",
        (
            (CreateTopic("t"), OK),
            (Init("p", "p"), OK),
            (Produce("t", ("a",), by="p"), 0),
            (Produce("t", ("b", "c")), 1),
            (Ends("t"), (0, 0, 3)),
            (DeleteRecords("t", 2), 2),
            (Ends("t"), (2, 1, 3)),
            (Fetch("t", at=2), ()),
            (End("p", commit=False), OK),
            (Ends("t"), (2, 4, 4)),
            (Fetch("t", at=2), ("2:c",)),
        ),
        differs={"3.9.1": {6: (2, 2, 3)}},
        defects=(11, 13),
    ),
    History(
        "delete-compacted",
        "A topic that is compacted only refuses DeleteRecords.",
        (
            (CreateTopic("t", configs=(("cleanup.policy", "compact"),)), OK),
            (Produce("t", ("a",), keys=("k",)), 0),
            (DeleteRecords("t", 1), "POLICY_VIOLATION"),
            (CreateTopic("u", configs=(("cleanup.policy", "compact,delete"),)), OK),
            (Produce("u", ("a",), keys=("k",)), 0),
            (DeleteRecords("u", 1), 1),
        ),
        defects=(9, 10),
    ),
)

_COMPACTION = (
    History(
        "compacted",
        "Compaction keeps each key's last record where it was; start, end and offsets stay.",
        (
            (CreateTopic("t", configs=_COMPACT), OK),
            (Produce("t", ("cold",), keys=("c",), ago=4 * HOUR), 0),
            (Produce("t", ("1", "2", "3"), keys=("h", "h", "h"), ago=4 * HOUR), 1),
            (Produce("t", ("last",), keys=("x",), ago=1 * HOUR), 4),
            comes(Fetch("t"), ("0:cold", "3:3", "4:last")),
            (Ends("t"), (0, 5, 5)),
            (Fetch("t", at=1), ("3:3", "4:last")),
        ),
        defects=(10,),
    ),
    History(
        "last-segment-compacted",
        "The last segment is not compacted: superseded records stay there.",
        (
            (CreateTopic("t", configs=_COMPACT), OK),
            (Produce("t", ("1", "2"), keys=("h", "h"), ago=4 * HOUR), 0),
            (Produce("t", ("3", "4"), keys=("h", "h"), ago=1 * HOUR), 2),
            comes(Fetch("t"), ("1:2", "2:3", "3:4")),
            (Wait(2), OK),
            (Fetch("t"), ("1:2", "2:3", "3:4")),
        ),
        defects=(10,),
    ),
    History(
        "no-key",
        "A compacted topic refuses a record without a key.",
        (
            (CreateTopic("t", configs=_COMPACT), OK),
            (Produce("t", ("a",)), "INVALID_RECORD"),
        ),
        defects=(2, 10),
    ),
    History(
        "aborted-compacted",
        "Compaction drops aborted records, and keeps the committed one before them.",
        (
            (CreateTopic("t", configs=_COMPACT), OK),
            (Init("p", "p"), OK),
            (Produce("t", ("a",), keys=("k",), ago=4 * HOUR), 0),
            (Produce("t", ("b",), keys=("k",), ago=4 * HOUR, by="p"), 1),
            (End("p", commit=False), OK),
            (Produce("t", ("c",), keys=("x",)), 3),
            comes(Fetch("t", committed=False), ("0:a", "3:c"), 10),
        ),
        defects=(10,),
    ),
    History(
        "tombstone",
        "A tombstone is its key's last record, and outlives the others.",
        (
            (CreateTopic("t", configs=_COMPACT), OK),
            (Produce("t", ("a", None), keys=("k", "k"), ago=4 * HOUR), 0),
            (Produce("t", ("b",), keys=("l",), ago=3 * HOUR), 2),
            comes(Fetch("t"), ("1:None", "2:b")),
            (Ends("t"), (0, 3, 3)),
        ),
        defects=(10,),
    ),
    History(
        "expired-tombstone",
        "After delete.retention.ms the tombstone goes too.",
        (
            (CreateTopic("t", configs=_COMPACT), OK),
            (Produce("t", ("a", None), keys=("k", "k"), ago=4 * HOUR), 0),
            (Produce("t", ("b",), keys=("l",), ago=3 * HOUR), 2),
            comes(Fetch("t"), ("1:None", "2:b")),
            (Produce("t", ("c",), keys=("m",), ago=2 * HOUR), 3),
            (Produce("t", ("d",), keys=("n",), ago=1 * HOUR), 4),
            comes(Fetch("t"), ("2:b", "3:c", "4:d")),
            (Ends("t"), (0, 5, 5)),
        ),
        defects=(10,),
    ),
)

DELETION = _DELETED + _COMPACTION
