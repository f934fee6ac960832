"""Which topics MirrorMaker 2 copies."""

from tests.histories.history import History
from tests.histories.ops import (
    OK,
    AddPartitions,
    CopyStatus,
    CreateTopic,
    DeleteCopy,
    DeleteTopic,
    Fetch,
    OnTarget,
    Partitions,
    Positions,
    Produce,
    StartCopy,
    Until,
    Wait,
)

_RUNS = ("RUNNING", "RUNNING")
_STARTED = 201


def _arrives(topic: str, *records: str, partition: int = 0) -> tuple[Until, tuple[str, ...]]:
    """The target's records, once they are these."""
    return Until(OnTarget(Fetch(topic, partition=partition)), records, 60), records


COPIED_TOPICS = (
    History(
        "makes-topics",
        "A topic that the target lacks is created, with the source's partitions.",
        (
            (CreateTopic("t", 3), OK),
            (Produce("t", ("a",), partition=2), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", partition=2),
            (OnTarget(Partitions("t")), 3),
        ),
    ),
    History(
        "later-topic",
        "A topic that appears later is found when the topics are looked through again.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t", "u")), _STARTED),
            _arrives("t", "0:a"),
            (CreateTopic("u"), OK),
            (Produce("u", ("b",)), 0),
            _arrives("u", "0:b"),
        ),
        defects=(12,),
    ),
    History(
        "later-partition",
        "A partition that is added later is found then, and added on the target.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (AddPartitions("t", 2), OK),
            (Produce("t", ("b",), partition=1), 0),
            _arrives("t", "0:b", partition=1),
            (OnTarget(Partitions("t")), 2),
        ),
        defects=(12,),
    ),
    History(
        "double-underscore",
        "With `topics.exclude` empty, names that begin with two underscores are still never copied.",
        (
            (CreateTopic("__debezium-heartbeat.shop"), OK),
            (CreateTopic("t"), OK),
            (Produce("__debezium-heartbeat.shop", ("a",)), 0),
            (Produce("t", ("b",)), 0),
            (StartCopy("c", ("__debezium-heartbeat.shop", "t")), _STARTED),
            _arrives("t", "0:b"),
            (Wait(2), OK),
            (OnTarget(Partitions("__debezium-heartbeat.shop")), "UNKNOWN_TOPIC_OR_PARTITION"),
            (Positions("c"), ("t-0=0",)),
            (CopyStatus("c"), _RUNS),
        ),
        defects=(13,),
    ),
    History(
        "internal-names",
        "Names that look like MirrorMaker's own are never copied: before 4.0 all that end in `internal`.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("orders.internal"), OK),
            (CreateTopic("orders-internal"), OK),
            (CreateTopic("a.checkpoints.internal"), OK),
            (Produce("t", ("a",)), 0),
            (Produce("orders.internal", ("b",)), 0),
            (Produce("orders-internal", ("c",)), 0),
            (Produce("a.checkpoints.internal", ("d",)), 0),
            (
                StartCopy(
                    "c", ("t", "orders.internal", "orders-internal", "a.checkpoints.internal")
                ),
                _STARTED,
            ),
            _arrives("t", "0:a"),
            (Wait(2), OK),
            (Positions("c"), ("orders-internal-0=0", "orders.internal-0=0", "t-0=0")),
        ),
        differs={"3.9.1": {11: ("t-0=0",)}},
        defects=(13,),
    ),
    History(
        "heartbeats",
        "A topic `heartbeats` is copied though nobody names it, and under another name.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("heartbeats"), OK),
            (Produce("t", ("a",)), 0),
            (Produce("heartbeats", ("b",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            _arrives("source.heartbeats", "0:b"),
            (OnTarget(Partitions("heartbeats")), "UNKNOWN_TOPIC_OR_PARTITION"),
            (DeleteCopy("c"), 204),
            (DeleteTopic("heartbeats"), OK),
            (OnTarget(DeleteTopic("source.heartbeats")), OK),
        ),
        defects=(14,),
        alone="copies",
    ),
    History(
        "ends-in-heartbeats",
        "So is one whose name ends in `.heartbeats`; another ending is copied when it is named, and renamed too.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("shop.heartbeats"), OK),
            (CreateTopic("pulse-heartbeats"), OK),
            (CreateTopic("other-heartbeats"), OK),
            (Produce("t", ("a",)), 0),
            (Produce("shop.heartbeats", ("b",)), 0),
            (Produce("pulse-heartbeats", ("c",)), 0),
            (Produce("other-heartbeats", ("d",)), 0),
            (StartCopy("c", ("t", "pulse-heartbeats")), _STARTED),
            _arrives("t", "0:a"),
            _arrives("source.shop.heartbeats", "0:b"),
            _arrives("source.pulse-heartbeats", "0:c"),
            (OnTarget(Partitions("source.other-heartbeats")), "UNKNOWN_TOPIC_OR_PARTITION"),
            (OnTarget(Partitions("other-heartbeats")), "UNKNOWN_TOPIC_OR_PARTITION"),
            (DeleteTopic("shop.heartbeats"), OK),
        ),
        defects=(14,),
        alone="copies",
    ),
    History(
        "deleted-source",
        "A topic deleted on the source stays on the target with all its records.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (DeleteTopic("t"), OK),
            # nothing is left to copy, so no task is
            (Until(CopyStatus("c"), ("RUNNING",)), ("RUNNING",)),
            (OnTarget(Fetch("t")), ("0:a",)),
            (Positions("c"), ("t-0=0",)),
        ),
        defects=(4,),
    ),
)
