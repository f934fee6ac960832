"""A Connect cluster that runs MirrorMaker 2's source connectors, with their real manners.

Sources: MirrorSourceConnector and MirrorSourceTask of Kafka 3.9 and 4.3, KIP-618 (exactly once), KIP-875 (stop,
offsets), KIP-1089 (heartbeats). A task copies in transactions of its own; its positions are part of them. A killed
worker leaves one open, until its successor fences it. A task may be FAILED under a RUNNING connector.
"""

from collections.abc import Iterable, Mapping
from functools import partial

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds import mirrors
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.log import Stored, Transaction
from migrate.rehearse.worlds.mirrors import Task, WorldConnector, cause, renamed

START_SECONDS = 1.5
REFRESH_SECONDS = 60.0
METADATA_TIMEOUT = 60.0
"""What a producer waits for a topic's metadata (max.block.ms), before its task fails."""

_BATCH = 500
_PATIENCE, _LONGEST_PATIENCE = 1.0, 60.0
"""Seconds until a refused read is tried again; a real task does not wait."""

_TRANSACTION_SECONDS = 60.0


class Connect:
    """The Connect cluster whose own topics are on the target."""

    def __init__(self, source: Cluster, target: Cluster, principal: str, version: str) -> None:
        self.source, self.target = source, target
        self.principal, self.version = principal, version
        self.timeline = target.timeline
        self.exactly_once = True
        self.poll_seconds = 0.3
        self.up = True
        self.connectors: dict[str, WorldConnector] = {}
        self.positions: dict[str, dict[TopicPartition, int]] = {}
        self.unsettled_until = self.refuses_until = -1.0
        source.watchers.append(self._arrived)
        source.reshaped.append(self._reshaped)

    # what its REST interface does

    def put(self, name: str, config: Mapping[str, str], *, stopped: bool) -> None:
        """Create a connector or replace the config of an existing one: its tasks start anew."""
        there = self.connectors.get(name)
        if there is None:
            state = "STOPPED" if stopped else "RUNNING"
            there = self.connectors[name] = WorldConnector(name, dict(config), state)
            self.positions.setdefault(name, {})
        there.config = dict(config)
        if there.state == "RUNNING":
            self._restart(there)

    def stop(self, name: str) -> None:
        """End the tasks; the offsets stay."""
        connector = self._connector(name)
        connector.state, connector.since = "STOPPED", self.timeline.now
        connector.generation += 1
        self.timeline.after(self.poll_seconds, partial(self._end, connector, connector.generation))

    def resume(self, name: str) -> None:
        """Run again; failed tasks start anew."""
        connector = self._connector(name)
        if connector.state != "RUNNING" or any(t.state == "FAILED" for t in connector.tasks):
            connector.state = "RUNNING"
            self._restart(connector)

    def forget(self, name: str, topics: Iterable[str]) -> None:
        """Remove the offsets of topics; a connector that is not stopped refuses (KIP-875)."""
        connector, gone, known = self._connector(name), set(topics), self.positions[name]
        if connector.state != "STOPPED" or connector.tasks:
            raise BrokerError("400", name)
        self.positions[name] = {place: at for place, at in known.items() if place[0] not in gone}

    def delete(self, name: str) -> None:
        """Delete a connector; Connect keeps its offsets."""
        connector = self.connectors.pop(name, None)
        if connector is not None:
            connector.generation += 1
            self._end(connector, connector.generation)

    # what happens to it

    def kill(self) -> None:
        """Kill the worker: tasks die where they are, with their transactions open."""
        self.up = False
        for connector in self.connectors.values():
            connector.generation += 1
            if connector.tasks:
                self._die_in_transaction(connector)
            connector.tasks = []

    def start(self) -> None:
        """Start the worker: for some seconds it does not know its connectors."""
        self.up = True
        self.unsettled_until = self.timeline.now + 3.0
        for connector in self.connectors.values():
            if connector.state == "RUNNING":
                self._restart(connector)

    def fail_task(self, name: str, trace: str) -> None:
        """Let one task of a connector fail; the connector goes on RUNNING."""
        for task in self._connector(name).tasks[:1]:
            task.state, task.trace = "FAILED", trace

    def lose_positions(self, name: str) -> None:
        """Lose what Connect keeps: the connector starts from the beginning, once its tasks start again."""
        self.positions[name] = {}

    # how tasks come and go

    def _connector(self, name: str) -> WorldConnector:
        found = self.connectors.get(name)
        if found is None:
            raise BrokerError("404", name)
        return found

    def _restart(self, connector: WorldConnector) -> None:
        connector.generation += 1
        self._abort(connector)
        connector.tasks = []
        if self.up:
            begin = partial(self._begin, connector, connector.generation)
            self.timeline.after(START_SECONDS, begin)

    def _begin(self, connector: WorldConnector, generation: int) -> None:
        if connector.generation != generation:
            return
        self._abort(connector)
        connector.known = mirrors.matching(connector, self.source, self.version)
        mirrors.make_topics(self.source, self.target, self.principal, connector.known)
        count = min(int(connector.config.get("tasks.max", "1")), len(connector.known))
        connector.tasks = [Task(number, connector.known[number::count]) for number in range(count)]
        self._soon(connector)

    def _reshaped(self) -> None:
        """Look for new topics and partitions when it is time to (refresh.topics.interval.seconds)."""
        for connector in self.connectors.values():
            if connector.state == "RUNNING":
                refresh = partial(self._refresh, connector, connector.generation)
                seconds = connector.config.get("refresh.topics.interval.seconds", REFRESH_SECONDS)
                self.timeline.after(float(seconds), refresh)

    def _refresh(self, connector: WorldConnector, generation: int) -> None:
        now = mirrors.matching(connector, self.source, self.version)
        if connector.generation == generation and now != connector.known:
            self._restart(connector)

    def _end(self, connector: WorldConnector, generation: int) -> None:
        if connector.generation == generation:
            self._abort(connector)
            connector.tasks = []

    def _abort(self, connector: WorldConnector) -> None:
        """End what earlier tasks left open: the next producer of a transactional id fences the last one."""
        for number in range(int(connector.config.get("tasks.max", "1"))):
            left = self.target.transactions.get(f"{connector.name}-{number}")
            if left is not None:
                mirrors.abort(self.target, left)

    # how a task copies

    def _arrived(self, topic: str, partition: int) -> None:
        for connector in self.connectors.values():
            if connector.tasks and (topic, partition) in connector.known:
                self._soon(connector)

    def _soon(self, connector: WorldConnector) -> None:
        if not connector.waiting:
            connector.waiting = True
            self.timeline.after(self.poll_seconds, partial(self._copy, connector))

    def _copy(self, connector: WorldConnector) -> None:
        connector.waiting = False
        if not self.up or connector.state != "RUNNING":
            return
        # each of them copies, and not only the first that has more to do
        more = [self._copy_some(connector, task) for task in connector.tasks if task.copies]
        if any(more):
            self._soon(connector)

    def _copy_some(self, connector: WorldConnector, task: Task) -> bool:
        """Copy what a task finds, in one transaction; return whether it has more to do."""
        done = self.positions[connector.name]
        found: dict[TopicPartition, list[Stored]] = {}
        more = False
        try:
            for place in task.places:
                found[place], left = self._poll(task, place, done)
                more = more or left
            if any(found.values()):
                self._write(connector, task, found, done)
        except BrokerError as error:
            self._failed(connector, task, error)
            return False
        return more

    def _poll(
        self, task: Task, place: TopicPartition, done: dict[TopicPartition, int]
    ) -> tuple[list[Stored], bool]:
        """Read on where the task stands; a topic that is gone or may not be read fails no task."""
        try:
            log, topic = self.source.log(*place), self.source.topic(place[0]).id
            stands = mirrors.stand(task, place, done, topic, log, cut_back=self.version >= "4")
            found, upto = self._read(place, stands)
        except BrokerError as error:
            if error.code == "TOPIC_AUTHORIZATION_FAILED":
                task.patience = min(2 * task.patience, _LONGEST_PATIENCE)
                self.timeline.after(task.patience, partial(self._arrived, *place))
            elif error.code != "UNKNOWN_TOPIC_OR_PARTITION":
                raise
            return [], False
        task.at[place], task.patience = upto, _PATIENCE
        return found, len(found) == _BATCH

    def _read(self, place: TopicPartition, begin: int) -> tuple[list[Stored], int]:
        try:
            return self.source.fetch(self.principal, place, begin, _BATCH, committed=True)
        except BrokerError as error:
            if error.code != "OFFSET_OUT_OF_RANGE":
                raise
        # auto.offset.reset=earliest: what expired in between is a gap that nobody is told of
        start = self._log_start(place)
        return self.source.fetch(self.principal, place, start, _BATCH, committed=True)

    def _log_start(self, place: TopicPartition) -> int:
        return self.source.log(*place).start

    def _write(
        self,
        connector: WorldConnector,
        task: Task,
        found: dict[TopicPartition, list[Stored]],
        done: dict[TopicPartition, int],
    ) -> None:
        producer = f"{connector.name}-{task.number}"
        compressed = connector.config.get("producer.override.compression.type", "none") != "none"
        transaction = self._transaction(producer)
        task.open = transaction
        latest: dict[TopicPartition, int] = {}
        try:
            for place, records in found.items():
                if records:
                    contents = [
                        r.content.copied(r.at, compressed=compressed)
                        for r in records
                        if r.content is not None
                    ]
                    self.target.produce(self.principal, renamed(place), contents, transaction)
                    latest[place] = records[-1].offset
        except BrokerError:
            self.target.finish(transaction, "aborted")
            raise
        self.target.finish(transaction, "committed")
        task.open = None
        done.update(latest)

    def _transaction(self, producer: str) -> Transaction:
        # the worker's own principal holds the transactional ids, and is no subject of a world
        made = Transaction(producer, 0, 0, self.timeline.now, _TRANSACTION_SECONDS)
        self.target.transactions[producer] = made
        return made

    def _die_in_transaction(self, connector: WorldConnector) -> None:
        """Leave copies of what is still to be copied in a transaction that nobody ends, as a kill does."""
        task, done = connector.tasks[0], self.positions[connector.name]
        if task.state != "RUNNING":
            return
        for place in task.places:
            try:
                copied = done.get(place, self._log_start(place) - 1)
                again, _ = self._read(place, max(copied, self._log_start(place)))
                if again:
                    transaction = self._transaction(f"{connector.name}-{task.number}")
                    contents = [r.content for r in again if r.content is not None]
                    self.target.produce(self.principal, place, contents, transaction)
                    end = partial(mirrors.abort, self.target, transaction)
                    self.timeline.after(_TRANSACTION_SECONDS + 10.0, end)
                    return
            except BrokerError:
                continue

    def _failed(self, connector: WorldConnector, task: Task, error: BrokerError) -> None:
        fail = partial(self._fail, connector, connector.generation, task, cause(error))
        task.blocked = error.code == "UNKNOWN_TOPIC_OR_PARTITION"
        if task.blocked:
            self.timeline.after(METADATA_TIMEOUT, fail)
        else:
            fail()

    def _fail(self, connector: WorldConnector, generation: int, task: Task, cause: str) -> None:
        if connector.generation == generation:
            task.state, task.trace = "FAILED", cause
