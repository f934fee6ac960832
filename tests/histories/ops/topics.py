"""Topics."""

from typing import NamedTuple

from tests.histories.ops.answer import Configs


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
