"""`migrate.ports.ClusterReader` of a simulated cluster: what its brokers answer kmig."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from migrate.errors import CannotTell, Unsupported
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
from migrate.model.record import ActiveProducer, Ends, Tip, TopicPartition
from migrate.ports import ClusterFacts
from migrate.rehearse.worlds.calls import Calls
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.groups import WorldGroup
from migrate.rehearse.worlds.log import Log
from migrate.rehearse.worlds.timeline import second_of, timestamp
from migrate.rehearse.worlds.topics import KAFKAS_OWN, WorldTopic

_STATES = {"open": "Ongoing", "committed": "CompleteCommit", "aborted": "CompleteAbort"}
_Answer = TypeVar("_Answer")
_STABLE_SECONDS = 10.0


class WorldReader:
    """See `migrate.ports.ClusterReader`."""

    def __init__(self, cluster: Cluster, calls: Calls) -> None:
        self.cluster = cluster
        self._calls = calls
        self._asked = 0

    def requests(self) -> int:
        """See `ClusterReader`."""
        return self._asked

    def describe(self) -> ClusterFacts:
        """See `ClusterReader`."""
        return self._ask(
            "describe", lambda: ClusterFacts(self.cluster.id, 1, self.announced(), {}, {})
        )

    def brokers(self) -> tuple[Broker, ...]:
        """See `ClusterReader`."""
        return self._ask("brokers", self.announced)

    def announced(self) -> tuple[Broker, ...]:
        """Return all brokers."""
        side = self.cluster.side
        return tuple(Broker(id=b, host=f"{side}-{b}", port=9092) for b in self.cluster.broker_ids)

    def absent_brokers(self) -> tuple[int, ...]:
        """See `ClusterReader`."""
        return ()

    def login_rules(self) -> Mapping[str, frozenset[str]]:
        """See `ClusterReader`."""
        return {key: frozenset({"DEFAULT"}) for key in KEYS}

    def settings(self) -> Mapping[str, str]:
        """See `ClusterReader`."""
        return self._ask("settings", lambda: {**KAFKAS_OWN, **self.cluster.broker_defaults})

    def acls(self, broker: int | None = None) -> frozenset[Acl]:
        """See `ClusterReader`."""
        return self._ask("acls", lambda: self._acls(broker))

    def _acls(self, broker: int | None) -> frozenset[Acl]:
        if not self.cluster.authorizer:
            raise Unsupported(
                f"cannot list ACLs on the {self.cluster.side}: SECURITY_DISABLED (54)"
            )
        return self.cluster.acls_at(broker or self.cluster.broker_ids[0])

    def scram_credentials(self) -> tuple[ScramCredential, ...]:
        """See `ClusterReader`."""
        return self._ask("scram_credentials", self.credentials)

    def credentials(self) -> tuple[ScramCredential, ...]:
        """Return every SCRAM credential."""
        return tuple(
            ScramCredential(user=user, mechanism=mechanism, iterations=c.iterations)
            for (user, mechanism), c in sorted(self.cluster.users.items())
        )

    def quotas(self) -> tuple[Quota, ...]:
        """See `ClusterReader`."""
        return self._ask("quotas", self.all_quotas)

    def all_quotas(self) -> tuple[Quota, ...]:
        """Return every quota with a value."""
        return tuple(
            Quota(entity=dict(entity), values=values)
            for entity, values in self.cluster.quotas.items()
            if values
        )

    def topics(self) -> tuple[Topic, ...]:
        """See `ClusterReader`."""
        return self._ask("topics", self.all_topics)

    def all_topics(self) -> tuple[Topic, ...]:
        """Return every topic."""
        return tuple(
            self._topic(topic)
            for topic in sorted(self.cluster.topics, key=lambda topic: topic.name)
        )

    def topic(self, name: str) -> Topic | None:
        """See `ClusterReader`."""

        def one() -> Topic | None:
            found = self.cluster.topics.get(name)
            return None if found is None else self._topic(found)

        return self._ask("topic", one)

    def effective(self, topics: Iterable[str], keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """See `ClusterReader`."""
        known, wanted = self.cluster.topics.by_name, list(topics)

        def configs() -> dict[str, dict[str, str]]:
            own = {n: known[n].effective for n in wanted if n in known}
            return {n: {k: v for k, v in one.items() if k in keys} for n, one in own.items()}

        return self._ask("effective", configs)

    def groups(self, names: Iterable[str] | None = None) -> tuple[Group, ...]:
        """See `ClusterReader`."""
        wanted = None if names is None else frozenset(names)
        return self._ask("groups", lambda: self.some_groups(wanted))

    def some_groups(self, names: frozenset[str] | None) -> tuple[Group, ...]:
        """Return the listed groups, or those of `names`, with their commits; wait some time for stable ones."""
        cluster, waited = self.cluster, 0.0
        while waited < _STABLE_SECONDS and any(
            g.unstable for g in cluster.groups.listed() if names is None or g.name in names
        ):
            cluster.timeline.advance(0.5)
            waited += 0.5
        found = [g for g in cluster.groups.listed() if names is None or g.name in names]
        return tuple(self._group(g) for g in found)

    def committed(self, groups: Iterable[str]) -> dict[str, dict[TopicPartition, int]]:
        """See `ClusterReader`."""
        found = {g.name: {c.place: c.offset for c in g.commits} for g in self.groups(groups)}
        return {name: found.get(name, {}) for name in groups}

    def ends(self, topics: Iterable[str]) -> dict[TopicPartition, Ends]:
        """See `ClusterReader`."""
        wanted = list(topics)
        return self._ask("ends", lambda: self._ends(wanted))

    def tips(self, topics: Iterable[str]) -> dict[TopicPartition, Tip]:
        """See `ClusterReader`; a world's replicas are in sync at once."""
        wanted = list(topics)
        found, log = self._ask("tips", lambda: self._ends(wanted)), self.cluster.log
        return {p: Tip(e.end, e.end, e.stable, len(log(*p).epochs)) for p, e in found.items()}

    def _ends(self, wanted: list[str]) -> dict[TopicPartition, Ends]:
        found: dict[TopicPartition, Ends] = {}
        for name in dict.fromkeys(wanted):
            topic = self.cluster.topics.get(name)
            if topic is None:
                continue
            if self.cluster.moving_until > self.cluster.timeline.now:
                raise CannotTell(
                    f"cannot read the offsets of {name}-0 on the {self.cluster.side}: "
                    "its leader answered with an error",
                    "wait until the partition has a leader, then rerun the command",
                )
            for index in range(len(topic.logs)):
                log = self.cluster.log(name, index)
                found[name, index] = Ends(start=log.start, stable=log.stable, end=log.end)
        return found

    def sizes(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """See `ClusterReader`."""
        wanted = list(topics)
        return self._ask("sizes", lambda: {p: log.size for p, log in self._logs(wanted)})

    def ids(self, topics: Iterable[str]) -> dict[str, str]:
        """See `ClusterReader`."""
        wanted, known = set(topics), self.cluster.topics.by_name
        return self._ask("ids", lambda: {n: t.id for n, t in known.items() if n in wanted})

    def epoch_ends(
        self, epochs: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, tuple[int, int]]:
        """See `ClusterReader`."""
        return self._ask(
            "epoch_ends", lambda: {p: self.cluster.log(*p).epoch_end(e) for p, e in epochs.items()}
        )

    def first_since(self, topics: Iterable[str], time: int) -> dict[TopicPartition, int | None]:
        """See `ClusterReader`."""
        wanted, at = list(topics), second_of(time)
        return self._ask("first_since", lambda: {p: o.since(at) for p, o in self._logs(wanted)})

    def bytes_from(
        self, begins: Mapping[TopicPartition, int], most: int
    ) -> dict[TopicPartition, int]:
        """See `ClusterReader`."""
        return self._ask(
            "bytes_from",
            lambda: {
                place: min(self.cluster.log(*place).size_from(at), most + 1)
                for place, at in begins.items()
            },
        )

    def _logs(self, wanted: list[str]) -> Iterator[tuple[TopicPartition, Log]]:
        for name in dict.fromkeys(wanted):
            if topic := self.cluster.topics.get(name):
                for index in range(len(topic.logs)):
                    yield (name, index), self.cluster.log(name, index)

    def transactions(self) -> tuple[Transaction, ...]:
        """See `ClusterReader`."""
        return self._ask("transactions", self.some_transactions)

    def some_transactions(self) -> tuple[Transaction, ...]:
        """Return the last transaction of every transactional id."""
        return tuple(
            Transaction(
                id=name,
                state=_STATES[t.state],
                producer_id=t.producer_id,
                topics=tuple(sorted({topic for topic, _ in t.first})),
                started_ms=timestamp(t.began) if t.state == "open" else None,
                timeout_ms=int(t.timeout * 1000),
            )
            for name, t in sorted(self.cluster.transactions.items())
        )

    def producers(self, topics: Iterable[str]) -> tuple[ActiveProducer, ...]:
        """See `ClusterReader`: those with an open transaction; the others are forgotten."""
        wanted = list(topics)

        def active() -> tuple[ActiveProducer, ...]:
            return tuple(
                ActiveProducer(topic=name, partition=index, producer_id=t.producer_id, start=first)
                for (name, index), log in self._logs(wanted)
                for t, first in log.open
            )

        return self._ask("producers", active)

    def _ask(self, name: str, ask: Callable[[], _Answer]) -> _Answer:
        self._asked += 1
        return self._calls.read(f"{self.cluster.side}.{name}", ask)

    def _topic(self, topic: WorldTopic) -> Topic:
        partitions = (
            Partition(index=index, start=log.start, end=log.end, stable=log.stable, size=log.size)
            for (_, index), log in self._logs([topic.name])
        )
        return Topic(
            name=topic.name,
            id=topic.id,
            replication_factor=topic.replicas,
            configs=dict(topic.own),
            partitions=tuple(partitions),
            internal=topic.name.startswith("__") and topic.name in _INTERNAL,
        )

    def _group(self, group: WorldGroup) -> Group:
        commits = []
        for (topic, partition), commit in sorted(group.commits.items()):
            log = self.cluster.log(topic, partition)
            commits.append(
                Commit(
                    topic=topic,
                    partition=partition,
                    offset=commit.offset,
                    metadata=commit.metadata,
                    end=log.end,
                )
            )
        return Group(
            name=group.name,
            type=group.kind,
            protocol_type="" if group.simple else "consumer",
            state=group.state,
            members=tuple(Member(client_id=c, host="10.0.0.9") for c in sorted(group.members)),
            commits=tuple(commits),
            error="UNSTABLE_OFFSET_COMMIT (88)" if group.unstable else "",
        )


_INTERNAL = ("__consumer_offsets", "__transaction_state", "__share_group_state")
