"""Consumers and producers of librdkafka, which the clients of Python, Go and .NET are."""

from typing import Literal, NamedTuple


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


class OpenProducer(NamedTuple):
    """A producer with the library's defaults begins, in transactions where it has an id."""

    name: str
    user: str = ""
    tx: str = ""


class Send(NamedTuple):
    """The record's offset, or the error that the producer is told of it; a transaction begins where none is open."""

    name: str
    topic: str
    value: str


class EndSent(NamedTuple):
    """The producer's transaction ends, or the error that it is told."""

    name: str
    commit: bool = True
