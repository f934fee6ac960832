"""One simulated Kafka cluster: what brokers do for clients, with rights, logins and transactions.

Clients get `BrokerError` with Kafka's name of the error. Every fact that a judge may ask for is noted in `facts`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.groups import Groups
from migrate.rehearse.worlds.log import Content, Log, OutOfRange, Stored, Transaction
from migrate.rehearse.worlds.timeline import Timeline
from migrate.rehearse.worlds.topics import Topics, WorldTopic

ANYWHERE = "10.0.0.9"
"""The host that all clients of a world have."""

METADATA_SECONDS = 0.05
"""What a change of metadata takes to every broker, where nothing holds one back."""


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
class Credential:
    """A SCRAM credential: its password and its iterations."""

    password: str
    iterations: int


@dataclass
class Facts:
    """Everything that happened, in order: what judges go by."""

    written: list[Written] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    denied: list[tuple[float, str, str, str, str]] = field(default_factory=list)
    watchers: list[Callable[[Written], None]] = field(default_factory=list)

    def add(self, one: Written) -> None:
        """Note a record that a cluster accepted."""
        self.written.append(one)
        for watcher in self.watchers:
            watcher(one)


class Cluster:
    """Brokers, topics, rights, users, groups and transactions of one side."""

    def __init__(
        self,
        side: str,
        timeline: Timeline,
        facts: Facts,
        *,
        brokers: int = 2,
        version: str = "4.3.1",
        broker_defaults: Mapping[str, str] | None = None,
        super_users: Iterable[str] = (),
        allow_everyone: bool = False,
    ) -> None:
        self.side, self.timeline, self.facts = side, timeline, facts
        self.id = f"{side}-cluster-id-{version}"
        self.version = version
        self.broker_ids = tuple(range(1, brokers + 1))
        self.broker_defaults = dict(broker_defaults or {})
        self.topics = Topics(f"{side}-topic", self.broker_defaults, brokers)
        self.groups = Groups(self)
        self.super_users, self.allow_everyone = frozenset(super_users), allow_everyone
        self.lag = dict.fromkeys(self.broker_ids, METADATA_SECONDS)
        self.users: dict[tuple[str, str], Credential] = {}
        self.quotas: dict[tuple[tuple[str, str | None], ...], dict[str, float]] = {}
        self.lifetime = 60.0
        self.transactions: dict[str, Transaction] = {}
        self.silent: dict[int, float] = {}
        self.moving_until = -1.0
        self.authorizer = True
        self.watchers: list[Callable[[str, int], None]] = []
        self.reshaped: list[Callable[[], None]] = []
        self._acls: list[tuple[float, AuthorizerRules]] = [(-1e9, self._rules(frozenset()))]
        self._decided: dict[tuple[int, Request], bool] = {}
        self._producers = 0
        self._writers: dict[str, dict[str, float]] = {}

    # rights

    def _rules(self, acls: frozenset[Acl]) -> AuthorizerRules:
        return AuthorizerRules(acls, self.super_users, self.allow_everyone)

    @property
    def acls(self) -> frozenset[Acl]:
        """The ACLs as the controller has them."""
        return self._acls[-1][1].acls

    def acls_at(self, broker: int) -> frozenset[Acl]:
        """Return the ACLs as one broker has them by now."""
        return self._acls[self._version(broker)][1].acls

    def change_acls(
        self, add: Iterable[Acl] = (), remove: Iterable[Acl] = (), *, by: str = ""
    ) -> None:
        """Create and delete ACLs; brokers see it one after the other."""
        added, removed = tuple(add), tuple(remove)
        acls = (self.acls | frozenset(added)) - frozenset(removed)
        now = self.timeline.now
        for acl in added:
            if acl not in self.acls:
                self.note("acl", str(acl), by, (acl, "added"))
        for acl in removed:
            if acl in self.acls:
                self.note("acl", str(acl), by, (acl, "removed"))
        self._acls.append((now, self._rules(acls)))

    def forget_versions(self) -> None:
        """Let every broker have known the present ACLs for ever."""
        self._acls = [(-1e9, self._acls[-1][1])]
        self._decided.clear()

    def allows(self, principal: str, operation: str, kind: str, name: str, broker: int) -> bool:
        """Return what a broker's authorizer decides by what it has seen."""
        version = self._version(broker)
        request = Request(principal, ANYWHERE, operation, kind, name)
        known = self._decided.get((version, request))
        if known is None:
            known = self._acls[version][1].allows(request)
            self._decided[version, request] = known
        return known

    def require(self, principal: str, operation: str, kind: str, name: str, broker: int) -> None:
        """Raise the authorization error of the resource's kind, unless the broker allows the request."""
        if self.allows(principal, operation, kind, name, broker):
            return
        self.facts.denied.append((self.timeline.now, self.side, principal, operation, name))
        raise BrokerError(f"{kind}_AUTHORIZATION_FAILED", name)

    def _version(self, broker: int) -> int:
        limit = self.timeline.now - self.lag[broker]
        version = len(self._acls) - 1
        while version and self._acls[version][0] > limit:
            version -= 1
        return version

    # logins

    def logs_in(self, user: str, mechanism: str, password: str) -> bool:
        """Whether a login is accepted."""
        known = self.users.get((user, mechanism))
        return known is not None and known.password == password

    def set_user(
        self, user: str, mechanism: str, credential: Credential | None, *, by: str
    ) -> None:
        """Set or delete a credential."""
        if credential is None:
            self.users.pop((user, mechanism), None)
        else:
            self.users[user, mechanism] = credential
        self.note("user", f"{user} {mechanism}", by, ("set" if credential else "deleted",))

    # topics

    def topic(self, name: str) -> WorldTopic:
        """Return a topic; raise UNKNOWN_TOPIC_OR_PARTITION."""
        found = self.topics.get(name)
        if found is None:
            raise BrokerError("UNKNOWN_TOPIC_OR_PARTITION", name)
        return found

    def log(self, name: str, partition: int) -> Log:
        """Return a partition's log as it is by now."""
        logs = self.topic(name).logs
        if partition >= len(logs):
            raise BrokerError("UNKNOWN_TOPIC_OR_PARTITION", f"{name}-{partition}")
        log = logs[partition]
        log.settle(self.timeline.now)
        return log

    def create_topic(
        self, name: str, partitions: int, replicas: int, configs: Mapping[str, str], *, by: str
    ) -> WorldTopic:
        """Create a topic."""
        if self.topics.get(name) is not None:
            raise BrokerError("TOPIC_ALREADY_EXISTS", name)
        made = self.topics.create(name, partitions, replicas, configs, self.timeline.now)
        self.note("topic", name, by, ("created", made.id))
        self._reshape()
        return made

    def grow_topic(self, name: str, partitions: int, *, by: str) -> None:
        """Add partitions up to this number."""
        self.topic(name).grow(partitions, self.timeline.now)
        self.note("topic", name, by, ("grown", partitions))
        self._reshape()

    def delete_topic(self, name: str, *, by: str) -> None:
        """Delete a topic, its open transactions' part in it, and the groups' commits on it."""
        found = self.topic(name)
        self.topics.delete(name)
        self.groups.forget_topic(name)
        for transaction in self.transactions.values():
            for place in [p for p in transaction.first if p[0] == name]:
                del transaction.first[place]
        self.note("topic", name, by, ("deleted", found.id))
        self._reshape()

    def _reshape(self) -> None:
        for watcher in self.reshaped:
            watcher()

    # records

    def produce(
        self,
        principal: str,
        place: TopicPartition,
        contents: Iterable[Content],
        transaction: Transaction | None = None,
    ) -> list[int]:
        """Append records for a client, in order; return their offsets."""
        name, partition = place
        self.require(principal, "WRITE", "TOPIC", name, self.topics.leader(name, partition))
        log, topic = self.log(name, partition), self.topic(name)
        if transaction is not None and transaction.state != "open":
            raise BrokerError("INVALID_PRODUCER_EPOCH", transaction.producer)
        limit, now = int(topic.effective["max.message.bytes"]), self.timeline.now
        offsets = []
        for content in contents:
            if content.size * content.ratio > limit:
                raise BrokerError("MESSAGE_TOO_LARGE", name)
            offset = log.append(content, transaction, now)
            if transaction is not None:
                transaction.first.setdefault(place, offset)
            offsets.append(offset)
            self.facts.add(
                Written(
                    now, self.side, topic.id, place, offset, content, principal, transaction
                )
            )
        self._writers.setdefault(name, {})[principal] = now
        if transaction is None:
            self._arrived(place)
        return offsets

    def written_before(
        self,
        place: TopicPartition,
        content: Content,
        transaction: Transaction | None,
        principal: str,
    ) -> None:
        """Append a record as of its own time, before the world begins."""
        topic = self.topic(place[0])
        log = topic.logs[place[1]]
        log.settle(content.at)
        offset = log.append(content, transaction, content.at)
        if transaction is not None:
            transaction.first.setdefault(place, offset)
        self.facts.add(
            Written(
                content.at, self.side, topic.id, place, offset, content, principal, transaction
            )
        )

    def fetch(
        self, principal: str, place: TopicPartition, begin: int, limit: int, *, committed: bool
    ) -> tuple[list[Stored], int]:
        """Return up to `limit` records from an offset, and the offset to go on at; raise OFFSET_OUT_OF_RANGE."""
        name, partition = place
        self.require(principal, "READ", "TOPIC", name, self.topics.leader(name, partition))
        log = self.log(name, partition)
        found: list[Stored] = []
        try:
            for record in log.read(begin, log.end, committed=committed):
                if len(found) == limit:
                    return found, record.offset
                found.append(record)
        except OutOfRange:
            raise BrokerError("OFFSET_OUT_OF_RANGE", name) from None
        return found, max(begin, log.stable if committed else log.end)

    def writing(self, topic: str) -> set[str]:
        """Return the principals whose idempotent producers a topic's leaders remember: for a day."""
        since = self.timeline.now - 86_400.0
        return {who for who, at in self._writers.get(topic, {}).items() if at >= since}

    # transactions

    def begin(self, principal: str, producer: str, timeout: float) -> Transaction:
        """Begin a transaction; an open one of the same transactional id is aborted first (InitProducerId fences it)."""
        broker = self.topics.coordinator(producer)
        self.require(principal, "WRITE", "TRANSACTIONAL_ID", producer, broker)
        return self.begin_unasked(producer, timeout)

    def begin_unasked(self, producer: str, timeout: float) -> Transaction:
        """Begin a transaction of somebody whose right to it is no matter."""
        before = self.transactions.get(producer)
        if before is not None and before.state == "open":
            self.finish(before, "aborted")
        self._producers += 1
        epoch = before.epoch + 1 if before else 0
        made = Transaction(producer, self._producers, epoch, self.timeline.now, timeout)
        self.transactions[producer] = made
        self.timeline.after(timeout + 10.0, lambda: self._time_out(made))
        return made

    def finish(self, transaction: Transaction, state: str) -> None:
        """End a transaction; it needs only its transactional id, no right on any topic (EndTxn)."""
        if transaction.state != "open":
            raise BrokerError("INVALID_PRODUCER_EPOCH", transaction.producer)
        transaction.state = state
        for name, partition in transaction.first:
            self.log(name, partition).mark(transaction, self.timeline.now)
        if state == "committed":
            self.groups.settle(transaction)
        for place in transaction.first:
            self._arrived(place)

    def _time_out(self, transaction: Transaction) -> None:
        if transaction.state == "open":
            self.finish(transaction, "aborted")

    def _arrived(self, place: TopicPartition) -> None:
        for watcher in self.watchers:
            watcher(*place)

    # what is noted

    def note(self, what: str, name: str, by: str, detail: tuple[object, ...] = ()) -> None:
        """Note a change for the judges."""
        self.facts.changes.append(Change(self.timeline.now, self.side, what, name, by, detail))
