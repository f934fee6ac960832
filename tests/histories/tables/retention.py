"""What a log loses: retention by size and by time, DeleteRecords, compaction.

Segments end where a record's time is `segment.ms` after the segment's first, so a history makes one by the age of its
records.
"""

from tests.histories.history import History
from tests.histories.ops import (
    OK,
    AlterBrokers,
    AlterTopic,
    Commit,
    Committed,
    Config,
    CreateTopic,
    End,
    Ends,
    Fetch,
    Init,
    Produce,
    Until,
    Wait,
)

_HOUR = 3600.0
_KEPT = ("retention.ms", "-1")
_HOURLY = ("segment.ms", "1800000")
"""A segment for each half hour of record time."""

RETENTION = (
    History(
        "by-size",
        "retention.bytes removes whole segments, the oldest first, and the last one never.",
        (
            (CreateTopic("t", configs=(_KEPT, _HOURLY, ("retention.bytes", "25000"))), OK),
            (Produce("t", ("a",), ago=4 * _HOUR, size=10_000), 0),
            (Produce("t", ("b",), ago=3 * _HOUR, size=10_000), 1),
            (Produce("t", ("c",), ago=2 * _HOUR, size=10_000), 2),
            (Produce("t", ("d",), ago=1 * _HOUR, size=10_000), 3),
            (Until(Ends("t"), (1, 4, 4)), (1, 4, 4)),
            (Wait(1.5), OK),
            (Ends("t"), (1, 4, 4)),
            (AlterTopic("t", (("retention.bytes", "1"),)), OK),
            (Until(Ends("t"), (3, 4, 4)), (3, 4, 4)),
            (Wait(1.5), OK),
            (Fetch("t", at=3), ("3:d",)),
        ),
        defects=(1,),
    ),
    History(
        "by-size-one-segment",
        "A topic that has one segment keeps all of it, however large.",
        (
            (CreateTopic("t", configs=(_KEPT, ("retention.bytes", "1000"))), OK),
            (Produce("t", ("a",), size=50_000), 0),
            (Produce("t", ("b",), size=50_000), 1),
            (Wait(2.5), OK),
            (Ends("t"), (0, 2, 2)),
        ),
        defects=(1,),
    ),
    History(
        "by-no-size",
        "retention.bytes=0 takes the last segment too.",
        (
            (CreateTopic("t", configs=(_KEPT,)), OK),
            (Produce("t", ("a", "b")), 0),
            (AlterTopic("t", (("retention.bytes", "0"),)), OK),
            (Until(Ends("t"), (2, 2, 2)), (2, 2, 2)),
            (Produce("t", ("c",)), 2),
        ),
        defects=(1,),
    ),
    History(
        "by-stored-size",
        "Compressed records outlive a retention.bytes that removes the same records uncompressed.",
        (
            (CreateTopic("plain", configs=(_KEPT, _HOURLY, ("retention.bytes", "50000"))), OK),
            (CreateTopic("packed", configs=(_KEPT, _HOURLY, ("retention.bytes", "50000"))), OK),
            (Produce("plain", ("a",), ago=2 * _HOUR, size=100_000), 0),
            (Produce("plain", ("b",), ago=1 * _HOUR, size=100_000), 1),
            (Produce("packed", ("a",), ago=2 * _HOUR, size=100_000, codec="zstd"), 0),
            (Produce("packed", ("b",), ago=1 * _HOUR, size=100_000, codec="zstd"), 1),
            (Until(Ends("plain"), (1, 2, 2)), (1, 2, 2)),
            (Wait(1.5), OK),
            (Ends("packed"), (0, 2, 2)),
        ),
        defects=(1,),
    ),
    History(
        "bytes-return",
        "A smaller retention.bytes acts within seconds, on what groups have not read too.",
        (
            (CreateTopic("t", configs=(_KEPT, _HOURLY)), OK),
            (Produce("t", ("a",), ago=2 * _HOUR, size=10_000), 0),
            (Produce("t", ("b",), ago=1 * _HOUR, size=10_000), 1),
            (Commit("g", "t", 0), OK),
            (AlterTopic("t", (("retention.bytes", "1"),)), OK),
            (Until(Ends("t"), (1, 2, 2)), (1, 2, 2)),
            (Committed("g"), ("t-0=0",)),
            (Fetch("t", at=0), "OFFSET_OUT_OF_RANGE"),
        ),
        defects=(1, 11),
    ),
    History(
        "by-time",
        "retention.ms removes the segments whose newest record is older.",
        (
            (CreateTopic("t", configs=(("retention.ms", "9000000"), _HOURLY)), OK),
            (Produce("t", ("a",), ago=4 * _HOUR), 0),
            (Produce("t", ("b",), ago=3 * _HOUR), 1),
            (Produce("t", ("c",), ago=2 * _HOUR), 2),
            (Until(Ends("t"), (2, 3, 3)), (2, 3, 3)),
            (Wait(1.5), OK),
            (Fetch("t", at=2), ("2:c",)),
        ),
        defects=(1, 2),
    ),
    History(
        "by-newest-time",
        "An old record stays as long as a newer one is in its segment.",
        (
            (CreateTopic("t", configs=(_KEPT,)), OK),
            (Produce("t", ("a",), ago=100 * _HOUR), 0),
            (Produce("t", ("b",)), 1),
            (AlterTopic("t", (("retention.ms", "3600000"),)), OK),
            (Wait(2.5), OK),
            (Ends("t"), (0, 2, 2)),
        ),
        defects=(1,),
    ),
    History(
        "marker-is-new",
        "A transaction's marker has the time of its end, and keeps old records beside it from going.",
        (
            (CreateTopic("t", configs=(_KEPT,)), OK),
            (CreateTopic("u", configs=(_KEPT,)), OK),
            (Produce("t", ("a",), ago=100 * _HOUR), 0),
            (Init("p", "p"), OK),
            (Produce("u", ("a",), ago=100 * _HOUR, by="p"), 0),
            (End("p"), OK),
            (AlterTopic("t", (("retention.ms", "3600000"),)), OK),
            (AlterTopic("u", (("retention.ms", "3600000"),)), OK),
            (Until(Ends("t"), (1, 1, 1)), (1, 1, 1)),
            (Wait(1.5), OK),
            (Ends("u"), (0, 2, 2)),
        ),
        defects=(1,),
    ),
    History(
        "last-segment-by-time",
        "Time takes the last segment too: the log is empty, and goes on at its end.",
        (
            (CreateTopic("t", configs=(("retention.ms", "3600000"),)), OK),
            (Produce("t", ("a", "b"), ago=2 * _HOUR), 0),
            (Until(Ends("t"), (2, 2, 2)), (2, 2, 2)),
            (Fetch("t", at=2), ()),
            (Produce("t", ("c",)), 2),
            (Fetch("t", at=2), ("2:c",)),
        ),
        defects=(2, 11),
    ),
    History(
        "shorter-default",
        "A topic without retention of its own follows the brokers' default, and old records go within seconds.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("own", configs=(_KEPT,)), OK),
            (Config("t", "retention.ms"), "604800000 DEFAULT_CONFIG"),
            (Config("own", "retention.ms"), "-1 DYNAMIC_TOPIC_CONFIG"),
            (Produce("t", ("a", "b"), ago=2 * _HOUR), 0),
            (Produce("own", ("a", "b"), ago=2 * _HOUR), 0),
            (AlterBrokers((("log.retention.ms", "3600000"),)), OK),
            (Config("t", "retention.ms"), "3600000 DYNAMIC_DEFAULT_BROKER_CONFIG"),
            (Until(Ends("t"), (2, 2, 2)), (2, 2, 2)),
            (Ends("own"), (0, 2, 2)),
            (AlterBrokers((("log.retention.ms", None),)), OK),
            (Config("t", "retention.ms"), "604800000 DEFAULT_CONFIG"),
        ),
        defects=(2,),
        alone="all",
    ),
    History(
        "limit-of-brokers",
        "The brokers' message size is that of every topic without its own.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("own", configs=(("max.message.bytes", "3000"),)), OK),
            (AlterBrokers((("message.max.bytes", "2000"),)), OK),
            (Produce("t", ("a",), size=2500), "MESSAGE_TOO_LARGE"),
            (Produce("own", ("a",), size=2500), 0),
            (AlterBrokers((("message.max.bytes", None),)), OK),
            (Produce("t", ("a",), size=2500), 0),
        ),
        defects=(1, 2),
        alone="all",
    ),
)
