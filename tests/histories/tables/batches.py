"""Sizes, codecs and times of batches."""

from tests.histories.words import *

_SIZES = (
    History(
        "too-large",
        "A record larger than the topic's max.message.bytes is refused, and nothing of it is stored.",
        (
            (CreateTopic("t", configs=(("max.message.bytes", "1000"),)), OK),
            (Produce("t", ("a",), size=2000), "MESSAGE_TOO_LARGE"),
            (Produce("t", ("b",), size=500), 0),
            (Ends("t"), (0, 1, 1)),
        ),
        defects=(1,),
    ),
    History(
        "batch-too-large",
        "What is measured is the batch, not the record.",
        (
            (CreateTopic("t", configs=(("max.message.bytes", "1000"),)), OK),
            (Produce("t", ("a", "b", "c"), size=500), "MESSAGE_TOO_LARGE"),
            (Produce("t", ("a",), size=500), 0),
        ),
        defects=(1,),
    ),
    History(
        "fits-compressed",
        "The size that counts is the compressed batch's.",
        (
            (CreateTopic("t", configs=(("max.message.bytes", "10000"),)), OK),
            (Produce("t", ("a",), size=100_000), "MESSAGE_TOO_LARGE"),
            (Produce("t", ("b",), size=100_000, codec="zstd"), 0),
            (Fetch("t"), ("0:b",)),
        ),
        defects=(1,),
    ),
    History(
        "broker-size",
        "Without a config of its own a topic has the broker's limit.",
        (
            (CreateTopic("t"), OK),
            (Config("t", "max.message.bytes"), "1048588 DEFAULT_CONFIG"),
            (Produce("t", ("a",), size=1_048_600), "MESSAGE_TOO_LARGE"),
            (AlterTopic("t", (("max.message.bytes", "2000000"),)), OK),
            (Config("t", "max.message.bytes"), "2000000 DYNAMIC_TOPIC_CONFIG"),
            (Produce("t", ("a",), size=1_048_600), 0),
        ),
        defects=(1, 2),
    ),
    History(
        "codec-kept",
        "With compression.type=producer, the default, batches are stored as they were sent.",
        (
            (CreateTopic("t"), OK),
            (Config("t", "compression.type"), "producer DEFAULT_CONFIG"),
            (Produce("t", ("a",), codec="zstd", size=1000), 0),
            (Produce("t", ("b",), size=1000), 1),
            (Produce("t", ("c",), codec="gzip", size=1000), 2),
            (Compressed("t"), (True, False, True)),
        ),
        defects=(1,),
    ),
    History(
        "codec-of-topic",
        "A topic's compression.type rewrites what is produced from then on.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (AlterTopic("t", (("compression.type", "zstd"),)), OK),
            (Produce("t", ("b",)), 1),
            (Produce("t", ("c",), codec="gzip"), 2),
            (Compressed("t"), (False, True, True)),
        ),
        defects=(1,),
    ),
    History(
        "size-on-disk",
        "Compressed records take as much of the log as they have when compressed.",
        (
            (CreateTopic("plain"), OK),
            (CreateTopic("packed"), OK),
            (Produce("plain", ("a", "b"), size=100_000), 0),
            (Produce("packed", ("a", "b"), size=100_000, codec="zstd"), 0),
            (SmallerThan("plain", 200_000), False),
            (SmallerThan("packed", 20_000), True),
        ),
        defects=(1,),
    ),
)

_TIMES = (
    History(
        "times-kept",
        "Records keep the time that their producer gave them.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",), ago=36_000), 0),
            (Produce("t", ("b",)), 1),
            (Ages("t"), ("0:10", "1:0")),
        ),
    ),
    History(
        "offset-of-time",
        "A time is answered with the first record that is not older; none is -1.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",), ago=36_000), 0),
            (Produce("t", ("b",)), 1),
            (OffsetAt("t", ago=18_000), 1),
            (OffsetAt("t", ago=72_000), 0),
            (OffsetAt("t", ago=-3600), -1),
        ),
    ),
    History(
        "append-time",
        "LogAppendTime replaces it with the broker's.",
        (
            (CreateTopic("t", configs=(("message.timestamp.type", "LogAppendTime"),)), OK),
            (Produce("t", ("a",), ago=36_000), 0),
            (Ages("t"), ("0:0",)),
        ),
        defects=(2,),
    ),
    History(
        "future-times",
        "Since 4.0 a record of more than an hour ahead is refused; 3.9 takes it.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",), ago=-7200), "INVALID_TIMESTAMP"),
            (Ends("t"), (0, 0, 0)),
        ),
        differs={"3.9.1": {1: 0, 2: (0, 1, 1)}},
    ),
)

BATCHES = _SIZES + _TIMES
