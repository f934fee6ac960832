"""Consumer groups of one simulated cluster: members, commits, and what a coordinator forgets.

Sources: GroupCoordinator, GroupMetadataManager, OffsetsExpirationCondition. A group that is Empty keeps its commits
for `offsets.retention.minutes`; the commits of a consumer that assigns partitions itself expire one by one.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.log import Log, Transaction
from migrate.rehearse.worlds.timeline import Timeline
from migrate.rehearse.worlds.topics import Topics

EXPIRED, FORGOTTEN = "expired", "its topic was deleted"
"""By whom a commit was dropped, where nobody asked for it."""


class Brokers(Protocol):
    """What a coordinator needs of its cluster."""

    timeline: Timeline
    broker_defaults: dict[str, str]
    topics: Topics

    def require(self, principal: str, operation: str, kind: str, name: str, broker: int) -> None:
        """Raise unless the broker allows the request."""

    def log(self, name: str, partition: int) -> Log:
        """Return a partition's log."""

    def note(self, what: str, name: str, by: str, detail: tuple[object, ...] = ()) -> None:
        """Note a change for the judges."""


class Committed(NamedTuple):
    """A commit, when it was made, and by whom."""

    offset: int
    metadata: str
    at: float
    by: str


@dataclass
class WorldGroup:
    """A group: without members it is Empty; `simple` when its consumers assign partitions themselves."""

    name: str
    kind: str = "classic"
    simple: bool = False
    members: dict[str, str] = field(default_factory=dict)
    commits: dict[TopicPartition, Committed] = field(default_factory=dict)
    pending: dict[TopicPartition, Transaction] = field(default_factory=dict)
    empty_since: float = 0.0

    @property
    def state(self) -> str:
        """The state that a coordinator reports."""
        return "Stable" if self.members else "Empty"

    @property
    def unstable(self) -> bool:
        """Whether a stable answer to a look at all commits is refused: one that has none before is just left out."""
        return bool(self.pending.keys() & self.commits.keys())


class Groups:
    """All groups of a cluster."""

    def __init__(self, cluster: Brokers) -> None:
        self._cluster = cluster
        minutes = cluster.broker_defaults.get("offsets.retention.minutes", "10080")
        self._retention = int(minutes) * 60.0
        self.by_name: dict[str, WorldGroup] = {}
        self.hidden_until: dict[str, float] = {}

    def get(self, name: str) -> WorldGroup | None:
        """Return a group as it is by now, or None where the coordinator knows none."""
        group = self.by_name.get(name)
        if group is None:
            return None
        if group.members and not group.pending:
            return group
        self._expire(group)
        if not group.members and not group.commits and not group.pending:
            del self.by_name[name]
            return None
        return group

    def all(self) -> list[WorldGroup]:
        """Return every group as it is by now."""
        return [group for name in sorted(self.by_name) if (group := self.get(name)) is not None]

    def listed(self) -> list[WorldGroup]:
        """Return the groups that a list shows: a coordinator that moves leaves its groups out, without an error."""
        now = self._cluster.timeline.now
        return [g for g in self.all() if self.hidden_until.get(g.name, -1.0) <= now]

    def join(self, principal: str, name: str, client: str, kind: str = "classic") -> None:
        """Join a group; raise GROUP_AUTHORIZATION_FAILED."""
        self._require(principal, name)
        self.get(name)  # what expired is gone before anybody joins
        group = self.by_name.setdefault(name, WorldGroup(name, kind))
        group.kind, group.simple = kind, False
        group.members[client] = principal
        group.simple = False

    def leave(self, name: str, client: str) -> None:
        """Leave a group: at once, or when its session is over."""
        group = self.by_name.get(name)
        if group is not None and group.members.pop(client, "") and not group.members:
            group.empty_since = self._cluster.timeline.now

    def commit(
        self,
        principal: str,
        name: str,
        offsets: dict[TopicPartition, tuple[int, str]],
        *,
        client: str = "",
        by: str = "",
    ) -> None:
        """Commit offsets; a group with members takes commits only from them (UNKNOWN_MEMBER_ID)."""
        self._require(principal, name)
        group = self.get(name)
        if group is not None and group.members and client not in group.members:
            raise BrokerError("UNKNOWN_MEMBER_ID", name)
        for topic, partition in offsets:
            broker = self._cluster.topics.leader(topic, partition)
            self._cluster.require(principal, "READ", "TOPIC", topic, broker)
            self._cluster.log(topic, partition)
        if group is None:
            now = self._cluster.timeline.now
            group = self.by_name[name] = WorldGroup(name, simple=True, empty_since=now)
        for place in offsets.keys() & group.pending.keys():
            # of two commits the one that came later counts, even when the transaction's is decided after it
            group.pending[place].commits.pop((name, *place), None)
        self._store(group, offsets, by or principal)

    def committed_before(self, name: str, offsets: dict[TopicPartition, tuple[int, str]]) -> None:
        """Let a group have commits when the world begins."""
        group = self.by_name.setdefault(name, WorldGroup(name, empty_since=0.0))
        self._store(group, offsets, "before")

    def commit_in(
        self,
        principal: str,
        name: str,
        offsets: dict[TopicPartition, tuple[int, str]],
        transaction: Transaction,
    ) -> None:
        """Add commits to a transaction: they count when it is committed (TxnOffsetCommit)."""
        self._require(principal, name)
        group = self.by_name.setdefault(
            name, WorldGroup(name, empty_since=self._cluster.timeline.now)
        )
        for place, value in offsets.items():
            transaction.commits[(name, *place)] = value
            group.pending[place] = transaction

    def settle(self, transaction: Transaction) -> None:
        """Let the commits of a committed transaction count."""
        for (name, topic, partition), value in transaction.commits.items():
            group = self.by_name.setdefault(name, WorldGroup(name))
            self._store(group, {(topic, partition): value}, transaction.producer)

    def forget(self, name: str, places: list[TopicPartition], *, by: str) -> None:
        """Delete commits of an empty group; raise GROUP_SUBSCRIBED_TO_TOPIC for one with members."""
        group = self.by_name.get(name)
        if group is None:
            return
        if group.members:
            raise BrokerError("GROUP_SUBSCRIBED_TO_TOPIC", name)
        for place in places:
            if group.commits.pop(place, None) is not None:
                self._cluster.note("commit", name, by, (place, None))

    def forget_topic(self, topic: str) -> None:
        """Drop all commits on a deleted topic."""
        for group in self.by_name.values():
            for place in [p for p in group.commits if p[0] == topic]:
                del group.commits[place]
                self._cluster.note("commit", group.name, FORGOTTEN, (place, None))

    def _store(
        self, group: WorldGroup, offsets: dict[TopicPartition, tuple[int, str]], by: str
    ) -> None:
        now = self._cluster.timeline.now
        for place, (offset, metadata) in offsets.items():
            before = group.commits.get(place)
            made = group.commits[place] = Committed(offset, metadata, now, by)
            # made again, a commit only lasts longer
            if before is None or before._replace(at=now) != made:
                was = before.offset if before else None
                self._cluster.note("commit", group.name, by, (place, offset, was))

    def _expire(self, group: WorldGroup) -> None:
        now = self._cluster.timeline.now
        done = [p for p, t in group.pending.items() if t.state != "open"]
        for place in done:
            del group.pending[place]
        if group.members:
            return
        for place, commit in list(group.commits.items()):
            since = commit.at if group.simple else max(group.empty_since, commit.at)
            if now - since > self._retention:
                del group.commits[place]
                self._cluster.note("commit", group.name, EXPIRED, (place, None))

    def _require(self, principal: str, name: str) -> None:
        broker = self._cluster.topics.coordinator(name)
        self._cluster.require(principal, "READ", "GROUP", name, broker)
