"""What can be done in a history, as data: each operation is answered with a small value that two worlds can share.

Answers: `ok` or the name of an error code; an offset; a tuple of lines such as `3:c` (a record: offset and value),
`t-0=5` (a position), `g Empty classic` (a group). A history acts on the source unless `OnTarget` says otherwise, and
as an administrator unless `As` does. Times are seconds.
"""

from typing import Literal, NamedTuple, TypeAlias

Answer: TypeAlias = "str | int | bool | tuple[Answer, ...]"
Configs: TypeAlias = "tuple[tuple[str, str | None], ...]"

OK = "ok"


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


# --- topics


class CreateTopic(NamedTuple):
    topic: str
    partitions: int = 1
    configs: Configs = ()


class DeleteTopic(NamedTuple):
    topic: str


class AddPartitions(NamedTuple):
    """`total` is the number of partitions afterwards."""

    topic: str
    total: int


class AlterTopic(NamedTuple):
    """Set configs; None returns one to the broker's value."""

    topic: str
    configs: Configs


class AlterBrokers(NamedTuple):
    """Set the cluster-wide dynamic defaults of brokers."""

    configs: Configs


class Config(NamedTuple):
    """A topic's effective config and where it comes from: `1000 DYNAMIC_TOPIC_CONFIG`."""

    topic: str
    key: str


class Topics(NamedTuple):
    """The names that a listing shows, of this history's topics."""


class Partitions(NamedTuple):
    """How many partitions the topic has."""

    topic: str


class TopicId(NamedTuple):
    """The topic's id, as a number: 1 for the first id that this history sees, 2 for the next."""

    topic: str


# --- records


class Init(NamedTuple):
    """A producer begins: idempotent, or with a transactional id; it fences its predecessor of that id."""

    by: str
    tx: str = ""
    timeout: float = 60.0


class Produce(NamedTuple):
    """One batch; answered with its first offset.

    `by` names a producer that began (`Init`), and in a transaction it goes on with it or begins one. `ago` is the
    age of the records. `size` pads each value, with what compresses well. `again` repeats the producer's last
    sequence number.
    """

    topic: str
    values: tuple[str | None, ...]
    partition: int = 0
    by: str = ""
    keys: tuple[str, ...] = ()
    codec: Literal["none", "gzip", "lz4", "zstd"] = "none"
    ago: float = 0.0
    size: int = 0
    acks: Literal[1, -1] = -1
    again: bool = False


class End(NamedTuple):
    """The producer's transaction ends, its marker written when this answers."""

    by: str
    commit: bool = True


class Transact(NamedTuple):
    """A whole transaction of a producer of its own; answered with its first offset."""

    topic: str
    values: tuple[str, ...]
    commit: bool = True
    partition: int = 0


class Vanish(NamedTuple):
    """The producer's connection is cut and it never comes back."""

    by: str


class DeleteRecords(NamedTuple):
    """Delete what lies before an offset, -1 for all; answered with the new start."""

    topic: str
    before: int
    partition: int = 0


class Ends(NamedTuple):
    """Start, last stable offset and end: `(0, 3, 4)`."""

    topic: str
    partition: int = 0


class OffsetAt(NamedTuple):
    """The first offset whose record is at most `ago` old; -1 for none."""

    topic: str
    ago: float


class Fetch(NamedTuple):
    """All records from an offset on, as a consumer hands them out: `("0:a", "1:b")`."""

    topic: str
    at: int = 0
    committed: bool = True
    partition: int = 0


class Ages(NamedTuple):
    """The age of each record, rounded to hours: `("0:0", "1:240")`."""

    topic: str


class Codecs(NamedTuple):
    """The codec of each data batch as it is stored: `("zstd",)`."""

    topic: str


class SmallerThan(NamedTuple):
    """Whether the partition takes less than so many bytes."""

    topic: str
    size: int


class Writers(NamedTuple):
    """The producers that a partition knows, by the offset where an open transaction began, or -1."""

    topic: str


# --- groups


class Commit(NamedTuple):
    """A commit as an administrator or a self-assigned consumer makes it, without being a member."""

    group: str
    topic: str
    offset: int
    partition: int = 0
    metadata: str = ""


class TxCommit(NamedTuple):
    """A commit within a producer's transaction."""

    by: str
    group: str
    topic: str
    offset: int


class Committed(NamedTuple):
    """All commits of a group: `("t-0=5",)`; with `stable`, an open transaction's commit is waited for: an error."""

    group: str
    stable: bool = True
    metadata: bool = False


class Groups(NamedTuple):
    """The groups that a listing shows, of this history's: `("g Empty classic",)`."""


class Members(NamedTuple):
    """How many members a group has, or the error."""

    group: str


class Join(NamedTuple):
    """A member joins, of the classic or the new protocol (KIP-848)."""

    group: str
    topic: str
    kind: Literal["classic", "consumer"] = "classic"
    session: float = 30.0


class Leave(NamedTuple):
    group: str


class DeleteGroup(NamedTuple):
    group: str


class DeleteCommits(NamedTuple):
    group: str
    topic: str


# --- rights and logins


class Acl(NamedTuple):
    """An ACL is created; answered when brokers go by it."""

    permission: Literal["ALLOW", "DENY"]
    user: str
    operation: str
    kind: str
    name: str
    pattern: str = "LITERAL"
    host: str = "*"


class RemoveAcl(NamedTuple):
    acl: Acl


class Acls(NamedTuple):
    """How many ACLs a listing shows, or the error."""


class SetPassword(NamedTuple):
    user: str
    password: str
    mechanism: str = "SCRAM-SHA-512"


class DeleteUser(NamedTuple):
    user: str
    mechanism: str = "SCRAM-SHA-512"


class Login(NamedTuple):
    """A fresh login, which ends at once."""

    user: str
    password: str
    mechanism: str = "SCRAM-SHA-512"


class OpenSession(NamedTuple):
    """A session that later operations of `As(user, …)` use, and that nothing renews."""

    user: str
    password: str
    mechanism: str = "SCRAM-SHA-512"


# --- MirrorMaker 2 and its worker


class StartCopy(NamedTuple):
    """A MirrorMaker source connector as kmig configures it; `configs` change that. Answered with the HTTP status."""

    name: str
    topics: tuple[str, ...]
    configs: tuple[tuple[str, str], ...] = ()
    stopped: bool = False


class PutCopy(NamedTuple):
    """The connector's config is put again."""

    name: str
    topics: tuple[str, ...]
    configs: tuple[tuple[str, str], ...] = ()


class StopCopy(NamedTuple):
    """Answered when no task is left."""

    name: str


class PauseCopy(NamedTuple):
    name: str


class ResumeCopy(NamedTuple):
    name: str


class RestartCopy(NamedTuple):
    """Failed tasks are restarted."""

    name: str


class DeleteCopy(NamedTuple):
    name: str


class CopyStatus(NamedTuple):
    """`("RUNNING", "RUNNING")`: the connector, then the states of its tasks, each once."""

    name: str


class Positions(NamedTuple):
    """The connector's offsets, `("t-0=2",)`, or the HTTP status that refuses them."""

    name: str


class SetPosition(NamedTuple):
    name: str
    topic: str
    offset: int
    partition: int = 0


class ResetPositions(NamedTuple):
    name: str


class KillWorker(NamedTuple):
    """The only worker is killed (-9)."""


class StartWorker(NamedTuple):
    """It starts again; answered when it is ready."""


class KillBroker(NamedTuple):
    """The source's broker is killed (-9) and starts again."""


class LoseTail(NamedTuple):
    """The source's broker is killed and comes back without the last batch of a log, as after an unclean election."""

    topic: str


# --- consumers of librdkafka, which Python's, Go's and .NET's clients are


class OpenConsumer(NamedTuple):
    """A consumer with the library's defaults begins; `assign` assigns itself every partition."""

    name: str
    group: str
    topic: str
    assign: bool = True
    reset: Literal["earliest", "latest", "error"] = "earliest"
    user: str = ""


class Poll(NamedTuple):
    """What the consumer gets within two seconds of silence, or the error it is told."""

    name: str


class CloseConsumer(NamedTuple):
    """The consumer ends in order: it leaves its group and commits what it read."""

    name: str


class AbandonConsumer(NamedTuple):
    """The consumer's process is killed."""

    name: str


Op: TypeAlias = (
    "OnTarget | As | Wait | Until | CreateTopic | DeleteTopic | AddPartitions | AlterTopic | AlterBrokers | Config"
    " | Topics | Partitions | TopicId | Init | Produce | End | Transact | Vanish | DeleteRecords | Ends | OffsetAt"
    " | Fetch | Ages | Codecs | SmallerThan | Writers | Commit | TxCommit | Committed | Groups | Members | Join"
    " | Leave | DeleteGroup | DeleteCommits | Acl | RemoveAcl | Acls | SetPassword | DeleteUser | Login"
    " | OpenSession | StartCopy | PutCopy | StopCopy | PauseCopy | ResumeCopy | RestartCopy | DeleteCopy"
    " | CopyStatus | Positions | SetPosition | ResetPositions | KillWorker | StartWorker | KillBroker | LoseTail"
    " | OpenConsumer | Poll | CloseConsumer | AbandonConsumer"
)
