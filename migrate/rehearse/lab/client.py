"""A live client of a rehearsal: what it writes or reads, how fast, and the identity of each numbered record."""

from typing import Literal, NamedTuple

from migrate.model.base import Model

Kind = Literal["producer", "transactional", "consumer", "java-producer", "java-consumer"]
_EPOCH = 1_000_000_000


class Client(Model):
    """One client. Rates are records per second; `source_rate` holds a consumer back while it is on the source.

    A transactional producer writes `batch` records per transaction and aborts the given share of them.
    """

    name: str
    workload: str
    user: str
    kind: Kind
    topics: tuple[str, ...]
    group: str = ""
    rate: float = 100.0
    source_rate: float | None = None
    batch: int = 10
    abort: float = 0.0
    transactional_id: str = ""

    @property
    def writes(self) -> bool:
        """Return whether the client is a producer."""
        return self.kind not in ("consumer", "java-consumer")


class Identity(NamedTuple):
    """A record's number, and the producer that gave it."""

    producer: str
    number: int


def value_of(producer: str, number: int) -> bytes:
    """Return the value of a numbered record."""
    return f"{producer}/{number}".encode()


def identity(value: str) -> Identity:
    """Return the identity in a value.

    Kafka's VerifiableProducer counts `PREFIX.NUMBER`, with a new prefix for each start.
    """
    producer, slash, number = value.rpartition("/")
    if slash:
        return Identity(producer, int(number))
    prefix, dot, number = value.partition(".")
    return Identity("java", int(prefix) * _EPOCH + int(number) if dot else int(value))
