"""A history as data: an estate, a workloads file, what outside actors do, what dies, what is typed.

Nothing is drawn while a history is played: a generator has drawn it before. So a history stays what it is when the
generator changes, and a person can read it (`told.py`).
"""

from typing import Any, Literal

from pydantic import Field

from migrate.model.base import Model

FORMAT = 1
"""The version of this form; a history of another one is refused."""


class Load(Model):
    """Records that a topic has when the world begins, written `age` seconds before it, evenly.

    `keys` is how many keys they have, 0 for one each; `equal` says that all have the same content. `ratio` is how far
    their batches are compressed. In a `transaction` all of them are committed together, or `aborted`.
    """

    count: int
    age: float = 0.0
    keys: int = 0
    size: int = 1000
    ratio: float = 1.0
    equal: bool = False
    transaction: Literal["", "committed", "aborted"] = ""


class TopicSpec(Model):
    """A topic of the source."""

    name: str
    partitions: int = 1
    configs: dict[str, str] = Field(default_factory=dict)
    loads: tuple[Load, ...] = ()


class ClientSpec(Model):
    """A client program: what it reads and writes, and how people wrote it.

    `user` is whom it logs in as, where that is not its name. It writes one record to each topic every `idle` seconds,
    and every `busy` seconds while somebody works on the migration. It reads all that is there, or `takes` records at
    a time with `naps` seconds in between. `commits` are automatic every 5 s, after each poll, or in the transaction
    of what it writes. It `purges` what it has read of topics that it writes itself. `assigns`: it joins no group.
    `stop` is what its stop hook really does: nothing at all where it is `ignored`.
    """

    name: str
    user: str = ""
    mechanism: str = "SCRAM-SHA-512"
    reads: tuple[str, ...] = ()
    group: str = ""
    kind: Literal["classic", "consumer"] = "classic"
    commits: Literal["auto", "each", "transaction"] = "auto"
    assigns: bool = False
    reset: Literal["earliest", "latest"] = "latest"
    takes: int = 0
    naps: float = 0.0
    purges: bool = False
    writes: tuple[str, ...] = ()
    transactional_id: str = ""
    idle: float = 21600.0
    busy: float = 2.0
    keys: int = 0
    size: int = 1000
    ratio: float = 1.0
    stop: Literal["clean", "killed", "late", "ignored"] = "clean"
    start: Literal["runs", "late", "fails once"] = "runs"
    begins: float = 0.0
    commits_from: dict[str, int] = Field(default_factory=dict)


class ClusterSpec(Model):
    """One side: its version, brokers, their defaults, and what its clients may stay connected for.

    `late` is how many seconds its last broker is behind the others with metadata, where it always is.
    """

    version: str = "4.3.1"
    brokers: int = 2
    defaults: dict[str, str] = Field(default_factory=dict)
    lifetime: float = 60.0
    late: float = 0.0
    allow_everyone: bool = False


class Estate(Model):
    """Both clusters, and everything on the source; `poll` is how many seconds a batch takes from one to the other."""

    source: ClusterSpec = ClusterSpec()
    target: ClusterSpec = ClusterSpec()
    worker: str = "4.3.1"
    poll: float = 0.3
    topics: tuple[TopicSpec, ...] = ()
    clients: tuple[ClientSpec, ...] = ()
    acls: tuple[str, ...] = ()
    quotas: dict[str, float] = Field(default_factory=dict)
    on_target: tuple[str, ...] = ()


class Event(Model):
    """What an outside actor or a fault does: after the command of that number, so many seconds later.

    With `call` it happens during that command, just before its call of that number.
    """

    after: int
    what: str
    on: str = ""
    value: str = ""
    seconds: float = 1.0
    call: int = 0


class Fault(Model):
    """What happens to one call of one command: kmig is killed before or after it, or its answer is lost."""

    command: int
    call: int
    kind: Literal["killed before", "killed after", "lost", "unanswered", "late", "twice"]
    disk: int = 0


class Typed(Model):
    """A command that the operator types in place of what `kmig status` says, as the command of that number.

    With `again` he types it once, in place of a command that he would type a second time.
    """

    at: int = 0
    command: str
    again: str = ""


class History(Model):
    """Everything that a world is made of."""

    format: int = FORMAT
    estate: Estate = Estate()
    workloads: tuple[dict[str, Any], ...] = ()
    more: dict[str, Any] = Field(default_factory=dict)
    policy: dict[str, Any] = Field(default_factory=dict)
    overrides: dict[str, str] = Field(default_factory=dict)
    pauses: tuple[float, ...] = ()
    typed: tuple[Typed, ...] = ()
    events: tuple[Event, ...] = ()
    faults: tuple[Fault, ...] = ()
