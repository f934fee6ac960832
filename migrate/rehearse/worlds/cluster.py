"""One simulated Kafka cluster: what brokers do for clients, with rights, logins and transactions.

Clients get `BrokerError` with Kafka's name of the error. Every fact that a judge may ask for is noted in `facts`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.broker_rights import Rights
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.facts import Facts, Written
from migrate.rehearse.worlds.groups import Groups
from migrate.rehearse.worlds.history import ClusterSpec
from migrate.rehearse.worlds.log import Log, OutOfRange, Stored, Transaction
from migrate.rehearse.worlds.timeline import Timeline
from migrate.rehearse.worlds.topics import Topics, WorldTopic


@dataclass
class Credential:
    """A SCRAM credential: its password and its iterations."""

    password: str
    iterations: int


class Cluster(Rights):
    """Brokers, topics, rights, users, groups and transactions of one side."""

    def __init__(
        self,
        side: str,
        timeline: Timeline,
        facts: Facts,
        spec: ClusterSpec,
    ) -> None:
        super().__init__(side, timeline, facts, spec)
        self.id = f"{side}-cluster-id"
        self.version, self.lifetime = spec.version, spec.lifetime
        self.broker_defaults = dict(spec.defaults)
        self.topics = Topics(f"{side}-topic", self.broker_defaults, spec.brokers)
        self.groups = Groups(self)
        self.users: dict[tuple[str, str], Credential] = {}
        self.quotas: dict[tuple[tuple[str, str | None], ...], dict[str, float]] = {}
        self.transactions: dict[str, Transaction] = {}
        self.silent: dict[int, float] = {}
        self.moving_until = -1.0
        self.authorizer = True
        self.reconciles_after = 0.0
        self.watchers: list[Callable[[str, int], None]] = []
        self.reshaped: list[Callable[[], None]] = []
        self._producers = 0
        self._writers: dict[str, dict[str, float]] = {}

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
        if credential is not None and by == "User:kmig" and self.reconciles_after:
            self.timeline.after(
                self.reconciles_after, lambda: self._reconcile(user, mechanism, credential)
            )

    def _reconcile(self, user: str, mechanism: str, credential: Credential) -> None:
        if self.users.get((user, mechanism)) is credential:
            self.set_user(user, mechanism, None, by="User:operator")

    # topics

    def topic(self, name: str) -> WorldTopic:
        """Return a topic; raise UNKNOWN_TOPIC_OR_PARTITION."""
        found = self.topics.get(name)
        if found is None:
            raise BrokerError("UNKNOWN_TOPIC_OR_PARTITION", name)
        return found

    def log(self, name: str, partition: int) -> Log:
        """Return a partition's log as it is by now."""
        topic = self.topics.by_name.get(name)
        if topic is None:
            raise BrokerError("UNKNOWN_TOPIC_OR_PARTITION", name)
        logs = topic.logs
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
        log, topic = self.log(name, partition), self.topics.by_name[name]
        if transaction is not None and transaction.state != "open":
            raise BrokerError("INVALID_PRODUCER_EPOCH", transaction.producer)
        limit, now = topic.effective.largest, self.timeline.now
        offsets = []
        for content in contents:
            if content.size * content.ratio > limit:
                raise BrokerError("MESSAGE_TOO_LARGE", name)
            offset = log.append(content, transaction, now)
            if transaction is not None:
                transaction.first.setdefault(place, offset)
            offsets.append(offset)
            self.facts.add(
                Written(now, self.side, topic.id, place, offset, content, principal, transaction)
            )
        self._writers.setdefault(name, {})[principal] = now
        if transaction is None:
            self._arrived(place)
        return offsets

    def delete_records(self, place: TopicPartition, offset: int) -> None:
        """Move a log's start on purpose (DeleteRecords)."""
        log, now = self.log(*place), self.timeline.now
        numbers = [r.content.number for r in log.read(log.start, min(offset, log.end)) if r.content]
        log.delete_before(offset, now)
        for watcher in self.facts.deletions:
            watcher(place, numbers, now)

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
            Written(content.at, self.side, topic.id, place, offset, content, principal, transaction)
        )

    def fetch(
        self, principal: str, place: TopicPartition, begin: int, limit: int, *, committed: bool
    ) -> tuple[list[Stored], int]:
        """Return up to `limit` records from an offset, and the offset to go on at; raise OFFSET_OUT_OF_RANGE."""
        name, partition = place
        self.require(principal, "READ", "TOPIC", name, self.topics.leader(name, partition))
        log = self.log(name, partition)
        if begin == log.end:
            return [], begin
        try:
            found = list(islice(log.read(begin, log.end, committed=committed), limit + 1))
        except OutOfRange:
            raise BrokerError("OFFSET_OUT_OF_RANGE", name) from None
        if len(found) > limit:
            return found[:limit], found[limit].offset
        return found, max(begin, log.stable if committed else log.end)

    def lose_tail(self, place: TopicPartition, end: int) -> None:
        """Lose what came after `end` in an unclean election; whoever reads the partition meets it at once."""
        self.log(*place).truncate(end, self.timeline.now)
        self._arrived(place)

    def writing(self, topic: str) -> set[str]:
        """Return the principals whose idempotent producers a topic's leaders remember: for a day."""
        since = self.timeline.now - 86_400.0
        return {who for who, at in self._writers.get(topic, {}).items() if at >= since}

    # transactions

    def begin(self, principal: str, producer: str, timeout: float) -> Transaction:
        """Begin a transaction; an open one of the same transactional id is aborted first (InitProducerId)."""
        broker = self.topics.coordinator(producer)
        self.require(principal, "WRITE", "TRANSACTIONAL_ID", producer, broker)
        return self.begin_unasked(producer, timeout)

    def begin_unasked(self, producer: str, timeout: float) -> Transaction:
        """Begin a transaction of somebody whose right to it is no matter."""
        longest = int(self.broker_defaults.get("transaction.max.timeout.ms", "900000")) / 1000
        if timeout > longest:
            raise BrokerError("INVALID_TRANSACTION_TIMEOUT", producer)
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
            raise BrokerError("PRODUCER_FENCED", transaction.producer)
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
