"""Create a topic on the target, ready to be copied into."""

from typing import Literal

from migrate.errors import Refused
from migrate.model.base import Model
from migrate.model.cluster import Partition, Topic
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.settle import settle


class CreateTopic(Model):
    """A topic with these partitions, replicas and configs; `existed` says it was there, like this and empty."""

    op: Literal["create_topic"] = "create_topic"
    because: str
    name: str
    partitions: int
    replication_factor: int
    configs: dict[str, str]
    existed: bool | None = None

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

    def aim(self, sites: Sites) -> "CreateTopic":
        """Look at what is there; refuse a topic of that name that differs or holds records."""
        found = sites.target.reader.topic(self.name)
        if found is not None:
            self._require_same(found)
            if any(p.start != p.end for p in found.partitions):
                raise Refused(
                    f"topic {self.name} on target holds records already",
                    "kmig copies only into an empty topic: delete it, or leave the topic behind",
                )
        return self.model_copy(update={"existed": found is not None})

    def present(self, sites: Sites) -> bool:
        """Whether the topic is there as planned, with a leader for every partition."""
        found = sites.target.reader.topic(self.name)
        return found is not None and self._fault(found) is None and _has_leaders(found)

    def apply(self, sites: Sites) -> None:
        """Create it, unless it is there; with no more replicas than the target has brokers."""
        if sites.target.reader.topic(self.name) is None:
            brokers = len(sites.target.reader.brokers())
            sites.target.writer.create_topic(
                Topic(
                    name=self.name,
                    replication_factor=min(self.replication_factor, brokers),
                    configs=self.configs,
                    partitions=tuple(Partition(index=i) for i in range(self.partitions)),
                )
            )
        settle(sites.clock, f"topic {self.name} with its leaders", lambda: self.present(sites))

    def undo(self, sites: Sites) -> None:
        """Delete the topic if kmig made it and nothing has been written to it."""
        found = sites.target.reader.topic(self.name)
        if found is None or self.existed:
            return
        if any(p.start != p.end for p in found.partitions):
            raise Refused(
                f"topic {self.name} on target holds records: deleting it would lose them",
                "delete it by hand if they are not needed",
            )
        sites.target.writer.delete_topic(self.name)
        gone = lambda: sites.target.reader.topic(self.name) is None  # noqa: E731
        settle(sites.clock, f"topic {self.name} gone", gone)

    def _fault(self, found: Topic) -> str | None:
        if len(found.partitions) != self.partitions:
            return f"has {len(found.partitions)} partitions, not {self.partitions}"
        wrong = {k for k, v in self.configs.items() if found.configs.get(k) != v}
        return f"differs in {', '.join(sorted(wrong))}" if wrong else None

    def _require_same(self, found: Topic) -> None:
        fault = self._fault(found)
        if fault:
            raise Refused(
                f"topic {self.name} on target {fault}",
                "kmig changes no topic that it did not create: delete it, or leave it behind",
            )


def _has_leaders(topic: Topic) -> bool:
    return all(p.end is not None for p in topic.partitions)
