"""What an inventory holds, as rows of one kind: each with the workloads that own it, and the wave that moves it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal

from migrate.documents.inventory import Section
from migrate.documents.plan import Plan
from migrate.estate import Estate
from migrate.model.acl import order
from migrate.model.base import Model
from migrate.model.cluster import Group, Topic

What = Literal["topics", "acls", "groups", "connectors", "users"]
SECTIONS = {
    "topics": "topics",
    "acls": "acls",
    "groups": "groups",
    "connectors": "connect",
    "users": "scram",
}
"""The section of the inventory that each kind of row is made of."""


class Row(Model):
    """One thing that was found; `wave` is None where no wave of the plan moves it."""

    name: str
    workloads: tuple[str, ...] = ()
    wave: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that `--name` compares."""
        return (self.name,)

    @property
    def users(self) -> tuple[str, ...]:
        """Return the workloads that `--workload` compares."""
        return self.workloads


class TopicRow(Row):
    """A topic: its workloads write it, its readers read it. `effective` adds what the brokers set for every topic."""

    partitions: int
    replication_factor: int
    bytes: int | None
    internal: bool
    compacted: bool
    configs: dict[str, str]
    effective_configs: dict[str, str]
    readers: tuple[str, ...]

    @property
    def users(self) -> tuple[str, ...]:
        """Its writers and its readers."""
        return (*self.workloads, *self.readers)


class AclRow(Row):
    """An ACL; its name is the resource's."""

    principal: str
    permission: str
    operation: str
    resource_type: str
    pattern_type: str
    host: str

    @property
    def names(self) -> tuple[str, ...]:
        """The resource's, and the principal."""
        return self.name, self.principal


class TopicLag(Model):
    """What a group has left to read of a topic; `unknown` counts the partitions of which no end is known."""

    topic: str
    lag: int | None
    unknown: int = 0


class GroupRow(Row):
    """A group; `members` and `lag` are None where they are unknown, and `lag` also where it has no commit."""

    type: str
    state: str
    members: int | None
    lag: int | None
    topics: tuple[TopicLag, ...]
    error: str

    @property
    def uncommitted(self) -> bool:
        """Whether there is nothing to have a lag of."""
        return not self.topics and not self.error


class ConnectorRow(Row):
    """A connector; its name is `cluster/name`."""

    type: str
    connector_class: str
    state: str
    tasks: tuple[str, ...]
    error: str


class UserRow(Row):
    """A user with SCRAM credentials, and their mechanisms."""

    mechanisms: tuple[str, ...]


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; what is empty, or 0, wants all."""

    name: str = ""
    workload: str = ""
    wave: int = 0

    def wants(self, row: Row) -> bool:
        """Whether every part of the filter matches."""
        return (
            (not self.name or any(map(self._named, row.names)))
            and (not self.workload or self.workload in row.users)
            and (not self.wave or row.wave == self.wave)
        )

    def _named(self, name: str) -> bool:
        if any(sign in self.name for sign in "*?["):
            return fnmatchcase(name, self.name)
        return self.name in name


@dataclass(frozen=True)
class Holdings:
    """An inventory beside its workloads and, where there is one, the plan."""

    estate: Estate
    plan: Plan | None = None

    def rows(self, what: What) -> list[Row]:
        """Everything of a kind."""
        made: dict[What, Callable[[], Iterable[Row]]] = {
            "topics": self._topics,
            "acls": self._acls,
            "groups": self._groups,
            "connectors": self._connectors,
            "users": self._users,
        }
        return list(made[what]())

    def section(self, what: What) -> Section[object]:
        """The section that the rows are made of."""
        return self.estate.inventory.sections()[SECTIONS[what]]

    def _topics(self) -> Iterator[TopicRow]:
        defaults = self.estate.topic_defaults
        for topic in self.estate.inventory.topics.found:
            effective = {**defaults, **topic.configs}
            yield TopicRow(
                name=topic.name,
                workloads=self.estate.writers.get(topic.name, ()),
                wave=self._topic_waves.get(topic.name),
                partitions=len(topic.partitions),
                replication_factor=topic.replication_factor,
                bytes=_size(topic),
                internal=topic.internal,
                compacted="compact" in effective.get("cleanup.policy", "").split(","),
                configs=topic.configs,
                effective_configs=effective,
                readers=self.estate.readers.get(topic.name, ()),
            )

    def _acls(self) -> Iterator[AclRow]:
        for acl in order(self.estate.inventory.acls.found):
            owners = self.estate.by_principal.get(acl.principal, ())
            yield AclRow(
                name=acl.resource_name,
                workloads=owners,
                wave=self._wave(owners),
                **acl.model_dump(exclude={"resource_name"}),
            )

    def _groups(self) -> Iterator[GroupRow]:
        for group in self.estate.inventory.groups.found:
            owners = _one(self.estate.group_owner.get(group.name))
            topics = tuple(_lags(group))
            known = bool(topics) and not group.error and not any(topic.unknown for topic in topics)
            yield GroupRow(
                name=group.name,
                workloads=owners,
                wave=self._wave(owners),
                type=group.type,
                state=group.state,
                members=None if group.members is None else len(group.members),
                lag=sum(topic.lag or 0 for topic in topics) if known else None,
                topics=topics,
                error=group.error,
            )

    def _connectors(self) -> Iterator[ConnectorRow]:
        for found in self.estate.inventory.connect.found.connectors:
            owners = _one(self.estate.connector_owner.get(found.id))
            yield ConnectorRow(
                name=found.id,
                workloads=owners,
                wave=self._wave(owners),
                type=found.type,
                connector_class=found.connector_class,
                state=found.state,
                tasks=found.tasks,
                error=found.error,
            )

    def _users(self) -> Iterator[UserRow]:
        mechanisms: dict[str, list[str]] = {}
        for credential in self.estate.inventory.scram.found:
            mechanisms.setdefault(credential.user, []).append(credential.mechanism)
        for user, found in mechanisms.items():
            owners = self.estate.by_principal.get(f"User:{user}", ())
            yield UserRow(
                name=user, workloads=owners, wave=self._wave(owners), mechanisms=tuple(found)
            )

    def _wave(self, workloads: tuple[str, ...]) -> int | None:
        """Workloads that own a thing together move together."""
        found = {self._waves[name] for name in workloads if name in self._waves}
        return max(found, default=None)

    @cached_property
    def _waves(self) -> dict[str, int]:
        every = self.plan.waves if self.plan else ()
        return {placed.workload: wave.number for wave in every for placed in wave.workloads}

    @cached_property
    def _topic_waves(self) -> dict[str, int]:
        """The wave in which a topic's writers move, or else the first that copies it."""
        every = self.plan.waves if self.plan else ()
        copied = {topic: wave.number for wave in reversed(every) for topic in wave.copies}
        return copied | {topic: wave.number for wave in every for topic in wave.owns_topics}


def _size(topic: Topic) -> int | None:
    sizes = [partition.size for partition in topic.partitions]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _lags(group: Group) -> Iterator[TopicLag]:
    lags: dict[str, list[int | None]] = {}
    for commit in group.commits:
        lags.setdefault(commit.topic, []).append(commit.lag)
    for topic, found in sorted(lags.items()):
        known = [lag for lag in found if lag is not None]
        lag = sum(known) if known else None
        yield TopicLag(topic=topic, lag=lag, unknown=len(found) - len(known))


def _one(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()
