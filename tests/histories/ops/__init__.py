"""What can be done in a history, as data: each operation is answered with a small value that two worlds can share.

Answers: `ok` or the name of an error code; an offset; a tuple of lines such as `3:c` (a record: offset and value),
`t-0=5` (a position), `g Empty classic` (a group). A history acts on the source unless `OnTarget` says otherwise, and
as an administrator unless `As` does. Times are seconds.
"""

from typing import NamedTuple, TypeAlias

from tests.histories.ops.answer import OK, Answer, Configs
from tests.histories.ops.clients import (
    CloseConsumer,
    EndSent,
    OpenConsumer,
    OpenProducer,
    Poll,
    Send,
)
from tests.histories.ops.copies import (
    CopyStatus,
    DeleteCopy,
    KillBroker,
    KillWorker,
    LoseTail,
    PauseCopy,
    Positions,
    PutCopy,
    ResetPositions,
    RestartCopy,
    ResumeCopy,
    SetPosition,
    StartCopy,
    StartWorker,
    StopCopy,
)
from tests.histories.ops.groups import (
    Commit,
    Committed,
    DeleteCommits,
    DeleteGroup,
    Groups,
    Join,
    Leave,
    Members,
    TxCommit,
)
from tests.histories.ops.records import (
    Ages,
    Compressed,
    DeleteRecords,
    End,
    Ends,
    Fetch,
    Init,
    OffsetAt,
    OpenTransactions,
    Produce,
    SmallerThan,
    Transact,
    Vanish,
    Writers,
)
from tests.histories.ops.rights import (
    Acl,
    Acls,
    DeleteUser,
    Login,
    OpenSession,
    RemoveAcl,
    SetPassword,
)
from tests.histories.ops.topics import (
    AddPartitions,
    AlterBrokers,
    AlterTopic,
    Config,
    CreateTopic,
    DeleteTopic,
    Partitions,
    TopicId,
    Topics,
)

__all__ = [
    "OK",
    "Acl",
    "Acls",
    "AddPartitions",
    "Ages",
    "AlterBrokers",
    "AlterTopic",
    "Answer",
    "As",
    "CloseConsumer",
    "Commit",
    "Committed",
    "Compressed",
    "Config",
    "Configs",
    "CopyStatus",
    "CreateTopic",
    "DeleteCommits",
    "DeleteCopy",
    "DeleteGroup",
    "DeleteRecords",
    "DeleteTopic",
    "DeleteUser",
    "End",
    "EndSent",
    "Ends",
    "Fetch",
    "Groups",
    "Init",
    "Join",
    "KillBroker",
    "KillWorker",
    "Leave",
    "Login",
    "LoseTail",
    "Members",
    "OffsetAt",
    "OnTarget",
    "Op",
    "OpenConsumer",
    "OpenProducer",
    "OpenSession",
    "OpenTransactions",
    "Partitions",
    "PauseCopy",
    "Poll",
    "Positions",
    "Produce",
    "PutCopy",
    "RemoveAcl",
    "ResetPositions",
    "RestartCopy",
    "ResumeCopy",
    "Send",
    "SetPassword",
    "SetPosition",
    "SmallerThan",
    "StartCopy",
    "StartWorker",
    "StopCopy",
    "TopicId",
    "Topics",
    "Transact",
    "TxCommit",
    "Until",
    "Vanish",
    "Wait",
    "Writers",
]


class OnTarget(NamedTuple):
    """The operation on the target, whose authorizer allows what no ACL names."""

    op: "Op"


class As(NamedTuple):
    """The operation with a user's rights; the user's first one opens its session."""

    user: str
    op: "Op"


class Wait(NamedTuple):
    """Time passes. Answered with `ok`."""

    seconds: float


class Until(NamedTuple):
    """Ask again and again until `answer` comes; answered with the last answer."""

    op: "Op"
    answer: Answer
    seconds: float = 30.0


Op: TypeAlias = (
    "OnTarget | As | Wait | Until | CreateTopic | DeleteTopic | AddPartitions | AlterTopic | AlterBrokers "
    "| Config | Topics | Partitions | TopicId | Init | Produce | End | Transact | Vanish | DeleteRecords "
    "| Ends | OffsetAt | Fetch | Ages | Compressed | SmallerThan | OpenTransactions | Writers | Commit | "
    "TxCommit | Committed | Groups | Members | Join | Leave | DeleteGroup | DeleteCommits | Acl | "
    "RemoveAcl | Acls | SetPassword | DeleteUser | Login | OpenSession | StartCopy | PutCopy | StopCopy | "
    "PauseCopy | ResumeCopy | RestartCopy | DeleteCopy | CopyStatus | Positions | SetPosition | "
    "ResetPositions | KillWorker | StartWorker | KillBroker | LoseTail | OpenConsumer | Poll | "
    "CloseConsumer | OpenProducer | Send | EndSent"
)
