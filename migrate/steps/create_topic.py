"""Create a topic on the target, ready to be copied into."""

from typing import ClassVar, Literal

from migrate.errors import CannotTell, Refused
from migrate.model.cluster import Partition, Topic
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle


class CreateTopic(Change):
    """A topic with these partitions, replicas and configs.

    `existed` says it was there, like this and empty; `topic_id` which one kmig made, once it is made.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"existed", "topic_id"})

    op: Literal["create_topic"] = "create_topic"
    name: str
    partitions: int
    replication_factor: int
    configs: dict[str, str]
    existed: bool | None = None
    topic_id: str = ""

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"create_topic {self.name}"

    def describe(self) -> str:
        """One line."""
        return (
            f"create topic {self.name}: {count(self.partitions, 'partition')}, "
            f"{count(len(self.configs), 'config')}"
        )

    def guard(self, sites: Sites) -> None:
        """Refuse a topic of that name that differs or holds records, and replicas that could not be in sync."""
        self._guarded(sites)

    def aim(self, sites: Sites) -> "CreateTopic":
        """Look at what is there, and whether it may be made."""
        return self.model_copy(update={"existed": self._guarded(sites) is not None})

    def _guarded(self, sites: Sites) -> Topic | None:
        """The topic that is there, if it may stay; one look serves both verbs."""
        found = sites.target.reader.topic(self.name)
        fault = self._fault(found) if found is not None else None
        if fault:
            raise Refused(
                f"topic {self.name} on target {fault}",
                "kmig changes no topic that it did not create: delete it, or leave it behind",
            )
        if found is not None and not _is_empty(found):
            raise Refused(
                f"topic {self.name} on target holds records already, or has held some",
                "kmig copies only into an empty topic: delete it, or leave the topic behind",
            )
        wanted = int(self.configs.get("min.insync.replicas", "1"))
        if wanted > self._replicas(sites):
            raise Refused(
                f"topic {self.name} wants {wanted} replicas in sync; target has "
                f"{count(len(sites.target.reader.brokers()), 'broker')}",
                "lower min.insync.replicas on source, or add brokers to target",
            )
        return found

    def present(self, sites: Sites) -> bool:
        """Whether the topic is there as planned, with a leader for every partition."""
        found = sites.target.reader.topic(self.name)
        return found is not None and self._fault(found) is None and _has_leaders(found)

    def apply(self, sites: Sites) -> "CreateTopic":
        """Create it, unless it is there; returns which one it is."""
        if sites.target.reader.topic(self.name) is None:
            sites.target.writer.create_topic(
                Topic(
                    name=self.name,
                    replication_factor=self._replicas(sites),
                    configs=self.configs,
                    partitions=tuple(Partition(index=i) for i in range(self.partitions)),
                )
            )
        settle(sites.clock, f"topic {self.name} with its leaders", lambda: self.present(sites))
        made = sites.target.reader.topic(self.name)
        return self.model_copy(update={"topic_id": made.id if made else ""})

    def guard_undo(self, sites: Sites) -> None:
        """Refuse to delete a topic that is not the one kmig made, or to which anything was ever written."""
        found = sites.target.reader.topic(self.name)
        if found is None or self.existed:
            return
        if self.topic_id and found.id != self.topic_id:
            raise Refused(
                f"topic {self.name} on target is not the one that kmig made: it was created anew since",
                "delete it by hand if it is not needed",
            )
        if not _is_empty(found):
            raise Refused(
                f"topic {self.name} on target holds records, or has held some: deleting it would lose them",
                "delete it by hand if they are not needed",
            )

    def undo(self, sites: Sites) -> None:
        """Delete the topic that kmig made."""
        self.guard_undo(sites)
        if self.existed or sites.target.reader.topic(self.name) is None:
            return
        sites.target.writer.delete_topic(self.name)
        gone = lambda: sites.target.reader.topic(self.name) is None  # noqa: E731
        settle(sites.clock, f"topic {self.name} gone", gone)

    def _replicas(self, sites: Sites) -> int:
        """No more than the target has brokers."""
        return min(self.replication_factor, len(sites.target.reader.brokers()))

    def _fault(self, found: Topic) -> str | None:
        if len(found.partitions) != self.partitions:
            return f"has {len(found.partitions)} partitions, not {self.partitions}"
        wrong = {k for k, v in self.configs.items() if found.configs.get(k) != v}
        return f"differs in {', '.join(sorted(wrong))}" if wrong else None


def _is_empty(topic: Topic) -> bool:
    """Nothing was ever written; raises `CannotTell` when a partition's leader does not say."""
    if not _has_leaders(topic):
        raise CannotTell(
            f"topic {topic.name} on target: not every partition has a leader that answers",
            "whether it holds records is not known; wait for its brokers",
        )
    return all(p.end == 0 for p in topic.partitions)


def _has_leaders(topic: Topic) -> bool:
    return all(p.end is not None for p in topic.partitions)
