"""Topics that are created, deleted and grown."""

from tests.histories.words import *

TOPICS = (
    History(
        "recreated",
        "A topic that is deleted and created again has another id, no records, and offsets from 0.",
        (
            (CreateTopic("t"), OK),
            (TopicId("t"), 1),
            (Produce("t", ("a", "b")), 0),
            (DeleteTopic("t"), OK),
            (TopicId("t"), "UNKNOWN_TOPIC_OR_PARTITION"),
            (CreateTopic("t"), OK),
            (TopicId("t"), 2),
            (Ends("t"), (0, 0, 0)),
            (Produce("t", ("c",)), 0),
        ),
        defects=(4,),
    ),
    History(
        "deleted",
        "A topic that was deleted can be neither written nor read.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (DeleteTopic("t"), OK),
            (Produce("t", ("b",)), "UNKNOWN_TOPIC_OR_PARTITION"),
            (Fetch("t"), "UNKNOWN_TOPIC_OR_PARTITION"),
            (DeleteTopic("t"), "UNKNOWN_TOPIC_OR_PARTITION"),
        ),
        defects=(4,),
    ),
    History(
        "deleted-with-commits",
        "With a topic go the commits of groups on it.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("u"), OK),
            (Commit("g", "t", 5), OK),
            (Commit("g", "u", 6), OK),
            (DeleteTopic("t"), OK),
            comes(Committed("g"), ("u-0=6",)),
            (CreateTopic("t"), OK),
            (Committed("g"), ("u-0=6",)),
        ),
        defects=(4, 15),
    ),
    History(
        "exists",
        "A name can be taken once, and names that differ by dot and underscore only collide.",
        (
            (CreateTopic("a.b"), OK),
            (CreateTopic("a.b"), "TOPIC_ALREADY_EXISTS"),
            (CreateTopic("a_b"), "INVALID_TOPIC_EXCEPTION"),
            (CreateTopic("a b"), "INVALID_TOPIC_EXCEPTION"),
        ),
    ),
    History(
        "more-partitions",
        "A partition that is added is empty, and groups have no commit on it.",
        (
            (CreateTopic("t", 2), OK),
            (Produce("t", ("a",)), 0),
            (Commit("g", "t", 1), OK),
            (Commit("g", "t", 0, partition=1), OK),
            (AddPartitions("t", 3), OK),
            (Partitions("t"), 3),
            (Ends("t", 2), (0, 0, 0)),
            (Committed("g"), ("t-0=1", "t-1=0")),
            (TopicId("t"), 1),
        ),
        defects=(12, 15),
    ),
    History(
        "fewer-partitions",
        "Partitions cannot be taken away.",
        (
            (CreateTopic("t", 2), OK),
            (AddPartitions("t", 1), "INVALID_PARTITIONS"),
            (AddPartitions("t", 2), "INVALID_PARTITIONS"),
            (Partitions("t"), 2),
        ),
    ),
    History(
        "no-auto-create",
        "With auto.create.topics.enable=false writing to a missing topic fails.",
        (
            (Produce("nowhere", ("a",)), "UNKNOWN_TOPIC_OR_PARTITION"),
            (Wait(0.2), OK),
            (Partitions("nowhere"), "UNKNOWN_TOPIC_OR_PARTITION"),
        ),
        defects=(2,),
    ),
)
