"""Create a topic on the target, ready to be copied into; one that is there already is grown, and never shrunk."""

from typing import ClassVar, Literal

from pydantic import Field

from migrate.errors import CannotTell, Refused
from migrate.model.cluster import Partition, Topic
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle

_NOT_OURS = {"min.insync.replicas"}
"""Set by AutoMQ on every topic that is made there, and nobody's edit."""


class CreateTopic(Change):
    """A topic with these partitions, replicas and configs.

    `existed` says it was there, and empty; `topic_id` which one kmig made, once it is made. `before` holds configs
    that were altered as they were, None being the broker's default; `cleared` are those that it had and the plan
    has not. Partitions that were added stay.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"existed", "topic_id", "before", "cleared"})

    op: Literal["create_topic"] = "create_topic"
    name: str
    partitions: int
    replication_factor: int
    configs: dict[str, str]
    existed: bool | None = None
    topic_id: str = ""
    before: dict[str, str | None] = Field(default_factory=dict)
    cleared: tuple[str, ...] = ()

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
        """Refuse a topic of that name that has more partitions or holds records, and replicas never in sync."""
        self._guarded(sites)

    def aim(self, sites: Sites) -> "CreateTopic":
        """Look at what is there, and whether it may be made."""
        found = self._guarded(sites)
        foreign = set(found.configs) - set(self.configs) - _NOT_OURS if found else set()
        aimed = self.model_copy(
            update={"existed": found is not None, "cleared": tuple(sorted(foreign))}
        )
        return aimed.model_copy(update={"before": aimed._unlike(found)})

    def extending(self, begun: "CreateTopic", sites: Sites) -> "CreateTopic | None":
        """The begun step with more partitions or other configs, which source has got since."""
        fewer = not begun.configs.keys() <= self.configs.keys()
        if fewer or self.partitions < begun.partitions:
            return None
        if self.replication_factor != begun.replication_factor:
            return None
        found = sites.target.reader.topic(self.name)
        news = {"partitions": self.partitions, "configs": self.configs}
        before = {**self._unlike(found), **begun.before} if begun.existed else begun.before
        return begun.model_copy(update={**news, "before": before})

    def _unlike(self, found: Topic | None) -> dict[str, str | None]:
        """Configs of a topic that is there which are not as planned."""
        if found is None:
            return {}
        there = {key: found.configs.get(key) for key in self._wanted}
        return {key: value for key, value in there.items() if value != self._wanted[key]}

    @property
    def _wanted(self) -> dict[str, str | None]:
        """Configs as planned, and none where somebody else had set one."""
        return {**self.configs, **dict.fromkeys(self.cleared)}

    def _guarded(self, sites: Sites) -> Topic | None:
        """The topic that is there, if it may stay; one look serves both verbs."""
        found = sites.target.reader.topic(self.name)
        if found is not None and len(found.partitions) > self.partitions:
            raise Refused(
                f"topic {self.name} on target has {len(found.partitions)} partitions, not {self.partitions}",
                "partitions never shrink: delete it, or leave the topic behind",
            )
        mine = found is not None and self.topic_id and found.id == self.topic_id
        if found is not None and not mine and not _is_empty(found):
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
        return (
            found is not None
            and len(found.partitions) == self.partitions
            and not self._unlike(found)
            and _has_leaders(found)
        )

    def apply(self, sites: Sites) -> "CreateTopic":
        """Create it, or grow the one that is there; returns which one it is."""
        found = sites.target.reader.topic(self.name)
        if found is not None:
            self._grow(found, sites)
        else:
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

    def _grow(self, found: Topic, sites: Sites) -> None:
        if len(found.partitions) < self.partitions:
            sites.target.writer.create_partitions(self.name, self.partitions)
        if unlike := self._unlike(found):
            sites.target.writer.alter_topic(self.name, {key: self._wanted[key] for key in unlike})

    def guard_undo(self, sites: Sites) -> None:
        """Refuse to delete a topic that is not the one kmig made, or to which anything was ever written."""
        found = sites.target.reader.topic(self.name)
        if found is not None and self.existed:
            self._guard_configs(found)
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

    def _guard_configs(self, found: Topic) -> None:
        moved = [
            key
            for key, was in self.before.items()
            if found.configs.get(key) not in (was, self._wanted.get(key))
        ]
        if moved:
            raise Refused(
                f"topic {self.name} on target: {', '.join(moved)} changed since kmig set it",
                "set it as it should be by hand, or delete the topic if it is not needed",
            )

    def undo(self, sites: Sites) -> None:
        """Delete the topic that kmig made; one that was there gets its configs back, and keeps its partitions."""
        self.guard_undo(sites)
        if sites.target.reader.topic(self.name) is None:
            return
        if self.existed:
            if self.before:
                sites.target.writer.alter_topic(self.name, self.before)
                back = lambda: self._is_back(sites)  # noqa: E731
                settle(sites.clock, f"configs of topic {self.name}", back)
            return
        sites.target.writer.delete_topic(self.name)
        gone = lambda: sites.target.reader.topic(self.name) is None  # noqa: E731
        settle(sites.clock, f"topic {self.name} gone", gone)

    def _replicas(self, sites: Sites) -> int:
        """No more than the target has brokers."""
        return min(self.replication_factor, len(sites.target.reader.brokers()))

    def _is_back(self, sites: Sites) -> bool:
        found = sites.target.reader.topic(self.name)
        return found is not None and all(
            found.configs.get(key) == was for key, was in self.before.items()
        )


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
