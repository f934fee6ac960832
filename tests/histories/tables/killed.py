"""Workers and brokers that are killed."""

from tests.histories.history import History
from tests.histories.ops import (
    OK,
    Acl,
    Commit,
    Committed,
    CopyStatus,
    CreateTopic,
    End,
    Ends,
    Fetch,
    Init,
    KillBroker,
    KillWorker,
    LoseTail,
    OnTarget,
    Positions,
    Produce,
    ResumeCopy,
    StartCopy,
    StartWorker,
    StopCopy,
    TopicId,
    Until,
    Wait,
)

_RUNS = ("RUNNING", "RUNNING")
_STARTED, _NO_CONTENT, _ACCEPTED, _REFUSED, _MISSING, _CONFLICT = 201, 204, 202, 400, 404, 409


def _arrives(topic: str, *records: str) -> tuple[Until, tuple[str, ...]]:
    return Until(OnTarget(Fetch(topic)), records, 60), records


def _read(topic: str) -> Acl:
    return Acl("ALLOW", "u", "READ", "TOPIC", topic)


KILLED = (
    History(
        "killed-in-transaction",
        "A worker killed in a transaction leaves its records uncommitted; the next one aborts them and copies again.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b")), 0),
            (
                StartCopy(
                    "c",
                    ("t",),
                    (
                        ("transaction.boundary", "interval"),
                        ("transaction.boundary.interval.ms", "10000"),
                    ),
                ),
                _STARTED,
            ),
            (
                Until(OnTarget(Fetch("t", committed=False)), ("0:a", "1:b")),
                ("0:a", "1:b"),
            ),
            (OnTarget(Ends("t")), (0, 0, 2)),
            (KillWorker(), OK),
            (OnTarget(Ends("t")), (0, 0, 2)),
            (StartWorker(), OK),
            _arrives("t", "3:a", "4:b"),
            (OnTarget(Fetch("t", committed=False)), ("0:a", "1:b", "3:a", "4:b")),
            (Positions("c"), ("t-0=1",)),
        ),
        defects=(3,),
        alone="all",
    ),
    History(
        "killed-broker",
        "A broker killed and started again has its records, open transactions and commits; positions go on.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (Init("p", "p"), OK),
            (Produce("t", ("b",), by="p"), 1),
            (Commit("g", "t", 1), OK),
            (KillBroker(), OK),
            (Ends("t"), (0, 1, 2)),
            (Committed("g"), ("t-0=1",)),
            (End("p"), OK),
            (Fetch("t"), ("0:a", "1:b")),
        ),
        defects=(13, 15),
        alone="all",
    ),
    History(
        "lost-tail",
        "After an unclean election the end is lower, and commits lie beyond it; offsets are given a second time.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (Produce("t", ("b",)), 1),
            (Commit("g", "t", 2), OK),
            (LoseTail("t"), OK),
            (Ends("t"), (0, 1, 1)),
            (Committed("g"), ("t-0=2",)),
            (Fetch("t", at=2), "OFFSET_OUT_OF_RANGE"),
            (TopicId("t"), 1),
            (Produce("t", ("c", "d")), 1),
            (Fetch("t", at=2), ("2:d",)),
        ),
        defects=(3, 11),
        alone="all",
    ),
    History(
        "lost-tail-under-copy",
        "A running copier that is ahead of the new end goes back to it, on 3.9 to the log's start; the lost record "
        "stays on the target.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (Produce("t", ("b",)), 1),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b"),
            (LoseTail("t"), OK),
            (Wait(6), OK),
            (Produce("t", ("c", "d")), 1),
            _arrives("t", "0:a", "1:b", "3:c", "4:d"),
            (CopyStatus("c"), _RUNS),
        ),
        differs={"3.9.1": {8: ("0:a", "1:b", "3:a", "5:c", "6:d")}},
        defects=(3,),
        alone="all",
    ),
    History(
        "lost-tail-while-stopped",
        "A stopped one goes on at its position if the log has grown beyond that, and misses what came before it.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (Produce("t", ("b",)), 1),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b"),
            (StopCopy("c"), _NO_CONTENT),
            (LoseTail("t"), OK),
            (Produce("t", ("c", "d")), 1),
            (ResumeCopy("c"), _ACCEPTED),
            _arrives("t", "0:a", "1:b", "3:d"),
            (CopyStatus("c"), _RUNS),
        ),
        defects=(3,),
        alone="all",
    ),
    History(
        "lost-tail-and-nothing-new",
        "If its position lies beyond the end, it copies the whole log once more.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (Produce("t", ("b", "c")), 1),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b", "2:c"),
            (StopCopy("c"), _NO_CONTENT),
            (LoseTail("t"), OK),
            (ResumeCopy("c"), _ACCEPTED),
            _arrives("t", "0:a", "1:b", "2:c", "4:a"),
        ),
        defects=(3,),
        alone="all",
    ),
)
