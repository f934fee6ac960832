"""Give a topic on the target the partitions that its source has got since an earlier wave created it."""

from typing import Literal

from migrate.errors import Refused
from migrate.model.cluster import Topic
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle


class GrowTopic(Change):
    """Add partitions to a topic whose wave has moved, and which is copied on: its connector finds them."""

    op: Literal["grow_topic"] = "grow_topic"
    name: str
    partitions: int

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"grow_topic {self.name}"

    def describe(self) -> str:
        """See `Change`."""
        return f"grow topic {self.name} to {self.partitions} partitions"

    def guard(self, sites: Sites) -> None:
        """Refuse a topic that the target does not have any more."""
        if sites.target.reader.topic(self.name) is None:
            raise Refused(
                f"topic {self.name} does not exist on the target, so it cannot grow",
                "find out who deleted it: an earlier wave created it and copied into it",
            )

    def aim(self, sites: Sites) -> "GrowTopic":
        """See `Change`."""
        self.guard(sites)
        return self

    def extending(self, begun: "GrowTopic", sites: Sites) -> "GrowTopic | None":  # noqa: ARG002
        """Continue `begun` with more partitions."""
        return self if self.partitions > begun.partitions else None

    def present(self, sites: Sites) -> bool:
        """Whether the topic has so many partitions, each with a leader."""
        topic = sites.target.reader.topic(self.name)
        return topic is not None and self._grown(topic)

    def apply(self, sites: Sites) -> "GrowTopic":
        """Add the partitions, and wait for their leaders."""
        topic = sites.target.reader.topic(self.name)
        if topic is not None and len(topic.partitions) < self.partitions:
            sites.target.writer.create_partitions(self.name, self.partitions)
        settle(sites.clock, f"topic {self.name} with its leaders", lambda: self.present(sites))
        return self

    def undo(self, sites: Sites) -> None:
        """Keep them: Kafka takes no partition away."""

    def _grown(self, topic: Topic) -> bool:
        whole = len(topic.partitions) >= self.partitions
        return whole and all(p.end is not None for p in topic.partitions)
