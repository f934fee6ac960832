"""Create a topic on the target, ready to be copied into; an empty topic that exists gets the planned configs."""

from typing import ClassVar, Literal

from pydantic import Field

from migrate.errors import CannotTell, Refused
from migrate.model.cluster import Partition, Topic
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle

_SET_BY_PLATFORM = {"min.insync.replicas"}
"""AutoMQ sets this config on every new topic: it does not show that a person changed the topic."""


CopiedBy = Literal["kmig", "external", "identical"]


class CreateTopic(Change):
    """Create a topic with these partitions, replicas and configs.

    `existed`: the topic existed, and was empty. `topic_id` is the id of the created topic. `before` are the earlier
    values of altered configs, None being the broker's default; `cleared` are configs that the topic had and the plan
    does not have. Partitions are added, never removed, and undo keeps them. `copied_by` says whose copy fills it: one
    that runs already may have begun, and an `identical` one makes the topic itself.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"existed", "topic_id", "before", "cleared"})

    op: Literal["create_topic"] = "create_topic"
    name: str
    partitions: int
    replication_factor: int
    configs: dict[str, str]
    # what is as it always was is not written down: plans and journals stay as they are
    copied_by: CopiedBy = Field(default="kmig", exclude_if=lambda by: by == "kmig")
    existed: bool | None = None
    topic_id: str = ""
    before: dict[str, str | None] = Field(default_factory=dict)
    cleared: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"create_topic {self.name}"

    def describe(self) -> str:
        """See `Change`."""
        return (
            f"create topic {self.name}: {count(self.partitions, 'partition')}, "
            f"{count(len(self.configs), 'config')}"
        )

    def guard(self, sites: Sites) -> None:
        """Refuse an existing topic with more partitions or records, and `min.insync.replicas` above the brokers."""
        self._guarded(sites)

    def aim(self, sites: Sites) -> "CreateTopic":
        """Note the existing topic and its configs, if it may stay."""
        existing = self._guarded(sites)
        unplanned = set[str]()
        if existing and self.copied_by != "identical":
            unplanned = set(existing.configs) - set(self.configs) - _SET_BY_PLATFORM
        aimed = self.model_copy(
            update={"existed": existing is not None, "cleared": tuple(sorted(unplanned))}
        )
        return aimed.model_copy(update={"before": aimed._unlike(existing)})

    def extending(self, begun: "CreateTopic", sites: Sites) -> "CreateTopic | None":
        """Continue `begun` with more partitions or other configs, which the source has got since."""
        fewer = not begun.configs.keys() <= self.configs.keys()
        if fewer or self.partitions < begun.partitions:
            return None
        if self.replication_factor != begun.replication_factor:
            return None
        existing = sites.target.reader.topic(self.name)
        planned = {"partitions": self.partitions, "configs": self.configs}
        before = {**self._unlike(existing), **begun.before} if begun.existed else begun.before
        return begun.model_copy(update={**planned, "before": before})

    def _unlike(self, existing: Topic | None) -> dict[str, str | None]:
        """Return the topic's values of those configs that are not as planned."""
        if existing is None:
            return {}
        values = {key: existing.configs.get(key) for key in self._wanted}
        return {key: value for key, value in values.items() if value != self._wanted[key]}

    @property
    def _wanted(self) -> dict[str, str | None]:
        """Configs as planned, and the default for those to clear; an identical copy has its own."""
        if self.copied_by == "identical":
            return {}
        return {**self.configs, **dict.fromkeys(self.cleared)}

    def _guarded(self, sites: Sites) -> Topic | None:
        """Return the existing topic, or None; refuse one that must not stay."""
        existing = sites.target.reader.topic(self.name)
        if existing is not None and len(existing.partitions) > self.partitions:
            raise Refused(
                f"topic {self.name} on the target has {len(existing.partitions)} partitions, the plan "
                f"{self.partitions}",
                "delete the topic on the target, as partitions cannot be removed; or leave it behind",
            )
        if self.copied_by == "identical" and (
            existing is None or len(existing.partitions) < self.partitions
        ):
            has = f"{len(existing.partitions)} partitions" if existing else "no such topic"
            raise Refused(
                f"topic {self.name} has {self.partitions} partitions on the source, and the target has {has}: "
                "a copier that keeps offsets makes it",
                "start its copy, then rerun the command",
            )
        mine = existing is not None and self.topic_id and existing.id == self.topic_id
        if (
            existing is not None
            and self.copied_by == "kmig"
            and not mine
            and not _is_empty(existing)
        ):
            raise Refused(
                f"topic {self.name} on the target holds records, or held some",
                "delete it on the target, as kmig copies only into an empty topic; or leave it behind",
            )
        wanted = int(self.configs.get("min.insync.replicas", "1"))
        if wanted > self._replicas(sites):
            raise Refused(
                f"topic {self.name} needs min.insync.replicas {wanted}, and gets only "
                f"{count(self._replicas(sites), 'replica')} on the target "
                f"({count(len(sites.target.reader.brokers()), 'broker')})",
                "lower min.insync.replicas on the source, or add brokers to the target",
            )
        return existing

    def present(self, sites: Sites) -> bool:
        """Whether the topic exists as planned, with a leader for every partition."""
        topic = sites.target.reader.topic(self.name)
        return (
            topic is not None
            and len(topic.partitions) == self.partitions
            and not self._unlike(topic)
            and _has_leaders(topic)
        )

    def apply(self, sites: Sites) -> "CreateTopic":
        """Create the topic, or grow the existing one, and note its id."""
        existing = sites.target.reader.topic(self.name)
        if existing is not None:
            self._grow(existing, sites)
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
        created = sites.target.reader.topic(self.name)
        return self.model_copy(update={"topic_id": created.id if created else ""})

    def _grow(self, existing: Topic, sites: Sites) -> None:
        if len(existing.partitions) < self.partitions:
            sites.target.writer.create_partitions(self.name, self.partitions)
        if unlike := self._unlike(existing):
            sites.target.writer.alter_topic(self.name, {key: self._wanted[key] for key in unlike})

    def guard_undo(self, sites: Sites) -> None:
        """Refuse to delete a topic that kmig did not create, or to which anything was ever written."""
        existing = sites.target.reader.topic(self.name)
        if existing is not None and self.existed:
            self._guard_configs(existing)
        if existing is None or self.existed:
            return
        if self.topic_id and existing.id != self.topic_id:
            raise Refused(
                f"topic {self.name} on the target was recreated after kmig created it",
                "delete it by hand if it is not needed, then rerun the command",
            )
        if not _is_empty(existing):
            raise Refused(
                f"topic {self.name} on the target holds records, or held some: deleting it would lose them",
                "delete it by hand if they are not needed, then rerun the command",
            )

    def _guard_configs(self, existing: Topic) -> None:
        changed = [
            key
            for key, was in self.before.items()
            if existing.configs.get(key) not in (was, self._wanted.get(key))
        ]
        if changed:
            raise Refused(
                f"configs of topic {self.name} on the target were changed after kmig set them: "
                f"{', '.join(changed)}",
                "restore them by hand, or delete the topic if it is not needed; then rerun the command",
            )

    def undo(self, sites: Sites) -> None:
        """Delete the topic that kmig created; one that existed gets its configs back, and keeps its partitions."""
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
        settle(sites.clock, f"topic {self.name} deleted", gone)

    def _replicas(self, sites: Sites) -> int:
        """Return the planned replicas, but no more than the target has brokers."""
        return min(self.replication_factor, len(sites.target.reader.brokers()))

    def _is_back(self, sites: Sites) -> bool:
        topic = sites.target.reader.topic(self.name)
        return topic is not None and all(
            topic.configs.get(key) == was for key, was in self.before.items()
        )


def _is_empty(topic: Topic) -> bool:
    """Return whether nothing was ever written to the topic; raise `CannotTell` if a partition has no leader."""
    if not _has_leaders(topic):
        raise CannotTell(
            f"whether topic {topic.name} on the target holds records is unknown: "
            "a partition has no leader that answers",
            "wait until its brokers are up, then rerun the command",
        )
    return all(p.end == 0 for p in topic.partitions)


def _has_leaders(topic: Topic) -> bool:
    return all(p.end is not None for p in topic.partitions)
