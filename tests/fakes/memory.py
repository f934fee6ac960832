"""A cluster in memory, behind the same ports: for logic, faults and crash tests. It proves nothing about Kafka."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from migrate.errors import (
    Expired,
    KmigError,
    NotAuthenticated,
    Refused,
    StepFailed,
    Unsupported,
)
from migrate.logs.fingerprint import SIZE
from migrate.model.acl import Acl
from migrate.model.cluster import (
    Broker,
    Commit,
    Group,
    Member,
    Partition,
    Quota,
    ScramCredential,
    Topic,
    Transaction,
)
from migrate.model.login_rules import KEYS
from migrate.model.record import ActiveProducer, Chunk, Ends, Tip, TopicPartition, VisibleRecord
from migrate.model.reference import Reference
from migrate.ports import ClusterFacts, JournalHead

KAFKAS_OWN = {
    "log.retention.hours": "168",
    "log.retention.bytes": "-1",
    "log.cleanup.policy": "delete",
}


@dataclass
class MemoryCluster:
    """State, and `writes`: what was asked to change, in order. Logs begin at 0 but for those in `begins`.

    `defaults` are what its brokers give every topic; `written` is when every record was written,
    `refuses` has the topic configs that it does not take.
    """

    name: str = "target"
    broker_count: int = 2
    acl_set: set[Acl] = field(default_factory=set)
    scram: dict[tuple[str, str], tuple[ScramCredential, str]] = field(default_factory=dict)
    quota_values: dict[tuple[tuple[str, str | None], ...], dict[str, float]] = field(
        default_factory=dict
    )
    topic_set: dict[str, Topic] = field(default_factory=dict)
    group_set: dict[str, Group] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    authorizer: bool = True
    disabled: tuple[str, ...] = ()
    logs: dict[TopicPartition, list[VisibleRecord]] = field(default_factory=dict)
    begins: dict[TopicPartition, int] = field(default_factory=dict)
    commits: dict[str, dict[TopicPartition, tuple[int, str]]] = field(default_factory=dict)
    member_set: dict[str, str] = field(default_factory=dict)
    active: list[ActiveProducer] = field(default_factory=list)
    hanging: set[int] = field(default_factory=set)
    lifetime: float = 10.0
    defaults: dict[str, str] = field(default_factory=dict)
    written: int | None = None
    refuses: dict[str, str] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)

    def changed(self, what: str) -> None:
        """Note a write; crash tests make it durable here."""
        self.writes.append(what)

    def requests(self) -> int:
        """Nothing goes over a wire."""
        return 0

    def describe(self) -> ClusterFacts:
        """Facts made from the state."""
        return ClusterFacts(f"id-{self.name}", 1, self.brokers(), {})

    def brokers(self) -> tuple[Broker, ...]:
        """As many as asked for."""
        count = range(1, self.broker_count + 1)
        return tuple(Broker(id=i, host=self.name, port=9092 + i) for i in count)

    def absent_brokers(self) -> tuple[int, ...]:
        """None."""
        return ()

    def login_rules(self) -> dict[str, frozenset[str]]:
        """Kafka's defaults."""
        return {key: frozenset({"DEFAULT"}) for key in KEYS}

    def settings(self) -> dict[str, str]:
        """Kafka's own, apart from what was set."""
        return {**KAFKAS_OWN, **self.defaults}

    def sizes(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """As many bytes as offsets."""
        return {p: e.end - e.start for p, e in self.ends(topics).items()}

    def ids(self, topics: Iterable[str]) -> dict[str, str]:
        """Those that were set."""
        return {n: self.topic_set[n].id if n in self.topic_set else "" for n in topics}

    def epoch_ends(
        self, epochs: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, tuple[int, int]]:
        """One epoch, up to the end."""
        ends = self.ends({topic for topic, _ in epochs})
        return {p: (0, ends[p].end) for p in epochs}

    def first_since(self, topics: Iterable[str], time: int) -> dict[TopicPartition, int | None]:
        """Every record has the timestamp `written`; without one they are young."""
        young = self.written is None or self.written >= time
        return {
            p: e.start if young and e.end > e.start else None for p, e in self.ends(topics).items()
        }

    def bytes_from(
        self, begins: Mapping[TopicPartition, int], most: int
    ) -> dict[TopicPartition, int]:
        """As many bytes as offsets."""
        ends = self.ends({topic for topic, _ in begins})
        return {p: min(ends[p].end - at, most + 1) for p, at in begins.items()}

    def acls(self, broker: int | None = None) -> frozenset[Acl]:
        """The same on every broker."""
        if not self.authorizer:
            raise Unsupported(f"cannot list ACLs on the {self.name}: SECURITY_DISABLED (54)")
        return frozenset(self.acl_set)

    def scram_credentials(self) -> tuple[ScramCredential, ...]:
        """Those that were set."""
        return tuple(credential for credential, _ in self.scram.values())

    def quotas(self) -> tuple[Quota, ...]:
        """Those with a value."""
        return tuple(Quota(entity=dict(k), values=v) for k, v in self.quota_values.items() if v)

    def topics(self) -> tuple[Topic, ...]:
        """All of them."""
        return tuple(self.topic_set.values())

    def topic(self, name: str) -> Topic | None:
        """One by name."""
        return self.topic_set.get(name)

    def effective(self, topics: Iterable[str], keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """What was set on each."""
        return {n: dict(self.topic_set[n].configs) if n in self.topic_set else {} for n in topics}

    def groups(self, names: Iterable[str] | None = None) -> tuple[Group, ...]:
        """All of them, or those named; one whose commits or members were set too."""
        made = {
            name: self._group(name)
            for name in sorted({*self.commits, *self.member_set})
            if self.commits.get(name) or name in self.member_set
        }
        both = {**self.group_set, **made}
        wanted = None if names is None else set(names)
        return tuple(g for n, g in both.items() if wanted is None or n in wanted)

    def _group(self, name: str) -> Group:
        member = self.member_set.get(name)
        ends = self.ends({t for t, _ in self.commits.get(name, {})})
        return Group(
            name=name,
            type="classic",
            protocol_type="consumer",
            state="Stable" if member else "Empty",
            members=(Member(client_id=member, host="here"),) if member else (),
            commits=tuple(
                Commit(topic=t, partition=p, offset=o, metadata=m, end=ends[t, p].end)
                for (t, p), (o, m) in sorted(self.commits.get(name, {}).items())
            ),
        )

    def committed(self, groups: Iterable[str]) -> dict[str, dict[TopicPartition, int]]:
        """Those of each group."""
        found = {g.name: {c.place: c.offset for c in g.commits} for g in self.groups(groups)}
        return {name: found.get(name, {}) for name in groups}

    def tips(self, topics: Iterable[str]) -> dict[TopicPartition, Tip]:
        """All replicas are in sync at once."""
        return {p: Tip(e.end, e.end, e.stable, 0) for p, e in self.ends(topics).items()}

    def ends(self, topics: Iterable[str]) -> dict[TopicPartition, Ends]:
        """From the records; a marker is a hole after the last one that `append` leaves."""
        wanted = set(topics)
        start = self.begins
        found = {
            p: r[-1].offset + 1 if r else start.get(p, 0)
            for p, r in self.logs.items()
            if p[0] in wanted
        }
        opened = {t.place: t.start for t in self.active if t.open}
        return {
            p: Ends(start=start.get(p, 0), stable=opened.get(p, end), end=end)
            for p, end in found.items()
        }

    def transactions(self) -> tuple[Transaction, ...]:
        """A coordinator knows each that is open, but those that hang."""
        return tuple(
            Transaction(id=f"t-{t.producer_id}", state="Ongoing", producer_id=t.producer_id)
            for t in self.active
            if t.open and t.producer_id not in self.hanging
        )

    def producers(self, topics: Iterable[str]) -> tuple[ActiveProducer, ...]:
        """Those that were put there."""
        wanted = set(topics)
        return tuple(t for t in self.active if t.topic in wanted)

    def visible(
        self, ranges: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, tuple[VisibleRecord, ...]]:
        """Records between two offsets; before the log's start there is nothing to read from, as on a broker."""
        for place, (begin, end) in ranges.items():
            if begin < end and begin < self.begins.get(place, 0):
                raise Expired(f"{self.name}: cannot read {place[0]}: offset out of range")
        return {
            p: tuple(r for r in self.logs.get(p, ()) if begin <= r.offset < end)
            for p, (begin, end) in ranges.items()
        }

    def key_check(self) -> str:
        """One key."""
        return "memory"

    def forward(
        self,
        place: TopicPartition,
        begin: int,
        upto: int,
        *,
        keys: bool = False,
        timeless: bool = False,
    ) -> Iterator[Chunk]:
        """One chunk; time goes with the offsets."""
        read = self.visible({place: (begin, upto)})[place]
        offsets, marks = [r.offset for r in read], [r.mark.rjust(SIZE) for r in read]
        yield Chunk(upto, offsets, marks, offsets, marks, [False] * len(read))

    def near(
        self, ranges: Mapping[TopicPartition, tuple[int, int]], keyed: Container[str]
    ) -> dict[TopicPartition, tuple[Chunk, ...]]:
        """One after the other."""
        return {
            place: tuple(self.forward(place, *span, keys=place[0] in keyed))
            for place, span in ranges.items()
        }

    def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, tuple[int, str]]) -> None:
        """Commit for an empty group."""
        if group in self.member_set:
            raise Refused(f"cannot commit offsets of group {group}: the group has members")
        self.commits.setdefault(group, {}).update(offsets)
        self.changed(f"commit_offsets {group}")

    def commit_groups(
        self, offsets: Mapping[str, Mapping[TopicPartition, tuple[int, str]]]
    ) -> dict[str, KmigError]:
        """Commit for each; what is refused is returned."""
        refused: dict[str, KmigError] = {}
        for group, own in offsets.items():
            try:
                self.commit_offsets(group, own)
            except (Refused, StepFailed) as error:
                refused[group] = error
        return refused

    def delete_offsets(self, group: str, partitions: Iterable[TopicPartition]) -> None:
        """Forget commits."""
        for place in list(partitions):
            self.commits.get(group, {}).pop(place, None)
        self.changed(f"delete_offsets {group}")

    def alter_topic(self, name: str, configs: Mapping[str, str | None]) -> None:
        """Set or unset configs."""
        topic = self.topic_set[name]
        merged = {**topic.configs, **configs}
        kept = {k: v for k, v in merged.items() if v is not None}
        self.topic_set[name] = topic.model_copy(update={"configs": kept})
        self.changed(f"alter_topic {name}")

    def trial(self, topics: Iterable[Topic]) -> dict[str, str]:
        """Refuse the configs in `refuses`, with the reason."""
        return {
            t.name: why for t in topics for key, why in self.refuses.items() if key in t.configs
        }

    def create_topic(self, topic: Topic) -> None:
        """Create it, empty."""
        empty = tuple(Partition(index=p.index, start=0, end=0) for p in topic.partitions)
        fresh = {"partitions": empty, "id": f"id-{len(self.writes)}"}
        self.topic_set[topic.name] = topic.model_copy(update=fresh)
        self.changed(f"create_topic {topic.name}")

    def create_partitions(self, name: str, count: int) -> None:
        """Add empty ones."""
        topic = self.topic_set[name]
        new = range(len(topic.partitions), count)
        more = tuple(Partition(index=index, start=0, end=0) for index in new)
        parts = {"partitions": (*topic.partitions, *more)}
        self.topic_set[name] = topic.model_copy(update=parts)
        self.changed(f"create_partitions {name}")

    def delete_topic(self, name: str) -> None:
        """Delete it."""
        del self.topic_set[name]
        self.changed(f"delete_topic {name}")

    def create_acls(self, acls: Iterable[Acl]) -> None:
        """Create them one by one: a crash may fall between two."""
        for acl in acls:
            self.acl_set.add(acl)
            self.changed(f"create_acl {acl}")

    def delete_acls(self, acls: Iterable[Acl]) -> None:
        """Delete them one by one."""
        for acl in acls:
            self.acl_set.discard(acl)
            self.changed(f"delete_acl {acl}")

    def upsert_scram(self, credential: ScramCredential, secret: Reference) -> None:
        """Set what the reference holds."""
        key = (credential.user, credential.mechanism)
        self.scram[key] = (credential, self.secrets[str(secret)])
        self.changed(f"upsert_scram {credential}")

    def delete_scram(self, user: str, mechanism: str) -> None:
        """Delete it, if it is there."""
        self.scram.pop((user, mechanism), None)
        self.changed(f"delete_scram {user} {mechanism}")

    def set_quota(
        self, entity: Mapping[str, str | None], values: Mapping[str, float | None]
    ) -> None:
        """Set or remove values."""
        there = self.quota_values.setdefault(tuple(sorted(entity.items())), {})
        for key, value in values.items():
            if value is None:
                there.pop(key, None)
            else:
                there[key] = value
        self.changed(f"set_quota {dict(entity)}")

    def refused_by(self, user: str, mechanism: str, secret: Reference) -> tuple[str, ...]:
        """Every broker, unless the secret is the one that was set."""
        _, password = self.scram.get((user, mechanism), (None, None))
        if password is not None and password == self.secrets.get(str(secret)):
            return ()
        return tuple(str(broker) for broker in self.brokers())

    def offers(self, mechanism: str) -> bool:
        """Unless it was switched off."""
        return mechanism not in self.disabled

    def sessions(self, user: str, mechanism: str, secret: Reference) -> tuple["MemorySession", ...]:
        """One on every broker; refused like a login."""
        refused = self.refused_by(user, mechanism, secret)
        if refused:
            raise NotAuthenticated(f"cannot log in as `{user}` on {refused[0]}: (58)")
        return tuple(MemorySession(self, user, mechanism, str(b)) for b in self.brokers())


@dataclass
class MemorySession:
    """`migrate.ports.Session` in memory: it ends with its credential, where a lifetime was announced."""

    cluster: MemoryCluster
    user: str
    mechanism: str
    broker: str

    @property
    def lifetime(self) -> float:
        """What the cluster announces."""
        return self.cluster.lifetime

    def alive(self) -> bool:
        """Whether it may go on."""
        return not self.lifetime or (self.user, self.mechanism) in self.cluster.scram

    def close(self) -> None:
        """End it."""


@dataclass
class MemoryHeads:
    """`migrate.ports.HeadStore` in memory."""

    head: JournalHead | None = None

    def recorded(self) -> JournalHead | None:
        """The last one."""
        return self.head

    def record(self, head: JournalHead) -> None:
        """Keep it."""
        self.head = head


@dataclass
class MemoryClock:
    """Time that only sleeping moves."""

    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    passed: float = 0.0

    def now(self) -> datetime:
        """The time."""
        return self.at + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        """Seconds slept."""
        return self.passed

    def sleep(self, seconds: float) -> None:
        """Move the time."""
        self.passed += seconds
