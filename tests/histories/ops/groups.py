"""Groups and their commits."""

from typing import Literal, NamedTuple


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
