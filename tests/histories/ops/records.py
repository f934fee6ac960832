"""Records, producers and transactions, and what a log holds."""

from typing import Literal, NamedTuple


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


class Compressed(NamedTuple):
    """Whether each batch is stored compressed: `(True, False)`."""

    topic: str


class SmallerThan(NamedTuple):
    """Whether the partition takes less than so many bytes."""

    topic: str
    size: int


class OpenTransactions(NamedTuple):
    """The offsets where the partition's open transactions began: `(1, 2)`."""

    topic: str


class Writers(NamedTuple):
    """The producers that a partition knows, by the offset where an open transaction began, or -1."""

    topic: str
