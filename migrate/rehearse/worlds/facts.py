"""What happened in a world, in order: what judges go by."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.log import Transaction


class Written(NamedTuple):
    """A record that a cluster accepted."""

    at: float
    side: str
    topic_id: str
    place: TopicPartition
    offset: int
    content: Content
    principal: str
    transaction: Transaction | None


class Change(NamedTuple):
    """An ACL, a user, a topic or a commit that was changed, and by whom."""

    at: float
    side: str
    what: str
    name: str
    by: str
    detail: tuple[object, ...] = ()


@dataclass
class Facts:
    """Everything that happened, in order: what judges go by."""

    written: list[Written] = field(default_factory=list)
    at_place: dict[TopicPartition, list[Written]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    denied: list[tuple[float, str, str, str, str]] = field(default_factory=list)
    watchers: list[Callable[[Written], None]] = field(default_factory=list)
    deletions: list[Callable[[TopicPartition, list[int], float], None]] = field(
        default_factory=list
    )

    def add(self, one: Written) -> None:
        """Note a record that a cluster accepted."""
        self.written.append(one)
        self.at_place.setdefault(one.place, []).append(one)
        for watcher in self.watchers:
            watcher(one)
