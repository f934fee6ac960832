"""Consumers of librdkafka, which the clients of Python, Go and .NET are."""

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


class AbandonConsumer(NamedTuple):
    """The consumer's process is killed."""

    name: str
