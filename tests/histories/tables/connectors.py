"""States of a connector, and its offsets over REST."""

from tests.histories.history import History
from tests.histories.ops import (
    OK,
    Acl,
    CopyStatus,
    CreateTopic,
    DeleteCopy,
    Fetch,
    OnTarget,
    PauseCopy,
    Positions,
    Produce,
    PutCopy,
    ResetPositions,
    ResumeCopy,
    SetPosition,
    StartCopy,
    StopCopy,
    Until,
    Wait,
)

_RUNS = ("RUNNING", "RUNNING")
_STARTED, _NO_CONTENT, _ACCEPTED, _REFUSED, _MISSING, _CONFLICT = 201, 204, 202, 400, 404, 409


def _arrives(topic: str, *records: str) -> tuple[Until, tuple[str, ...]]:
    return Until(OnTarget(Fetch(topic)), records, 60), records


def _read(topic: str) -> Acl:
    return Acl("ALLOW", "u", "READ", "TOPIC", topic)


_STATES = (
    History(
        "stopped",
        "A stopped connector has no tasks and keeps its position; resumed it goes on there.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (StopCopy("c"), _NO_CONTENT),
            (CopyStatus("c"), ("STOPPED",)),
            (Positions("c"), ("t-0=0",)),
            (Produce("t", ("b",)), 1),
            (Wait(2), OK),
            (OnTarget(Fetch("t")), ("0:a",)),
            (ResumeCopy("c"), _ACCEPTED),
            _arrives("t", "0:a", "2:b"),
            (CopyStatus("c"), _RUNS),
        ),
        defects=(3, 4),
    ),
    History(
        "paused",
        "A paused connector keeps its tasks, which copy nothing.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (PauseCopy("c"), _ACCEPTED),
            (Until(CopyStatus("c"), ("PAUSED", "PAUSED")), ("PAUSED", "PAUSED")),
            (Produce("t", ("b",)), 1),
            (Wait(2), OK),
            (OnTarget(Fetch("t")), ("0:a",)),
            (ResumeCopy("c"), _ACCEPTED),
            _arrives("t", "0:a", "2:b"),
        ),
    ),
    History(
        "begins-stopped",
        "A connector can be created stopped: it copies nothing until it is resumed.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",), stopped=True), _STARTED),
            (Until(CopyStatus("c"), ("STOPPED",)), ("STOPPED",)),
            (Positions("c"), ()),
            (ResumeCopy("c"), _ACCEPTED),
            _arrives("t", "0:a"),
        ),
    ),
    History(
        "created-again",
        "A connector that is deleted and created again under its name goes on where it was.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (DeleteCopy("c"), _NO_CONTENT),
            (CopyStatus("c"), _MISSING),
            (Produce("t", ("b",)), 1),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "2:b"),
        ),
        defects=(4, 12),
    ),
    History(
        "another-name",
        "Under another name it copies everything once more.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (DeleteCopy("c"), _NO_CONTENT),
            (StartCopy("d", ("t",)), _STARTED),
            _arrives("t", "0:a", "2:a"),
        ),
        defects=(3, 12),
    ),
    History(
        "name-taken",
        "A second connector of a name is refused; one that is unknown has no status and no offsets.",
        (
            (CreateTopic("t"), OK),
            (StartCopy("c", ("t",)), _STARTED),
            (StartCopy("c", ("t",)), _CONFLICT),
            (CopyStatus("d"), _MISSING),
            (Positions("d"), _MISSING),
            (ResumeCopy("d"), _MISSING),
            (DeleteCopy("d"), _MISSING),
        ),
    ),
    History(
        "put-again",
        "A changed config restarts the tasks; positions stay, so added topics are copied and the others go on.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("u"), OK),
            (Produce("t", ("a",)), 0),
            (Produce("u", ("x",)), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a"),
            (PutCopy("c", ("t", "u")), 200),
            _arrives("u", "0:x"),
            (Produce("t", ("b",)), 1),
            _arrives("t", "0:a", "2:b"),
        ),
        defects=(12,),
    ),
)

_OFFSETS = (
    History(
        "offsets-need-stop",
        "Positions can be read at any time, and changed only while the connector is stopped.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b", "c")), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b", "2:c"),
            (Until(Positions("c"), ("t-0=2",)), ("t-0=2",)),
            (SetPosition("c", "t", 0), _REFUSED),
            (ResetPositions("c"), _REFUSED),
            (StopCopy("c"), _NO_CONTENT),
            (SetPosition("c", "t", 0), 200),
            (Positions("c"), ("t-0=0",)),
            (ResumeCopy("c"), _ACCEPTED),
            _arrives("t", "0:a", "1:b", "2:c", "4:b", "5:c"),
        ),
        defects=(3,),
    ),
    History(
        "lost-offsets",
        "Without its positions a connector copies everything once more, behind what is there.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b")), 0),
            (StartCopy("c", ("t",)), _STARTED),
            _arrives("t", "0:a", "1:b"),
            (StopCopy("c"), _NO_CONTENT),
            (ResetPositions("c"), 200),
            (Positions("c"), ()),
            (ResumeCopy("c"), _ACCEPTED),
            _arrives("t", "0:a", "1:b", "3:a", "4:b"),
        ),
        defects=(3,),
    ),
    History(
        "position-beyond-end",
        "A position beyond the end is out of range: the copy begins at the log's start.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a", "b")), 0),
            (StartCopy("c", ("t",), stopped=True), _STARTED),
            (Until(CopyStatus("c"), ("STOPPED",)), ("STOPPED",)),
            (SetPosition("c", "t", 100), 200),
            (ResumeCopy("c"), _ACCEPTED),
            _arrives("t", "0:a", "1:b"),
        ),
        defects=(3, 4),
    ),
)

CONNECTORS = _STATES + _OFFSETS
