"""Client programs as people write them: started and stopped by hooks, cut off by brokers, restarted by supervisors."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.history import ClientSpec
from migrate.rehearse.worlds.log import Content, Stored, Transaction
from migrate.rehearse.worlds.timeline import Timeline

AUTO_COMMIT_SECONDS = 5.0
SESSION_SECONDS = 45.0
RETRY_SECONDS = 5.0
GIVE_UP_SECONDS = 120.0
"""What a producer tries for, before it drops a record (delivery.timeout.ms)."""

RESTART_SECONDS = 30.0
_POLL_SECONDS = 0.1
_TRANSACTION_SECONDS = 60.0


class Processed(NamedTuple):
    """A record that a consumer processed: when, in which group, on which side, and where it stood there."""

    at: float
    client: str
    group: str
    side: str
    place: TopicPartition
    offset: int
    number: int


class Dropped(NamedTuple):
    """A record that a producer could not write for two minutes, and gave up; with the last refusal."""

    at: float
    client: str
    topic: str
    side: str
    code: str


class Login(NamedTuple):
    """What a client's files say: the side, and how it logs in there."""

    side: str
    mechanism: str
    password: str


@dataclass
class Doings:
    """What all clients did: what judges go by."""

    processed: list[Processed] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    refused: list[tuple[float, str, str, str]] = field(default_factory=list)
    began: dict[tuple[str, TopicPartition], int] = field(default_factory=dict)
    numbers: int = 0

    def next_number(self) -> int:
        """Return the identity of the next record."""
        self.numbers += 1
        return self.numbers


@dataclass
class Surroundings:
    """What a client sees of the world."""

    timeline: Timeline
    clusters: dict[str, Cluster]
    login: Callable[[ClientSpec], Login | None]
    typing: Callable[[], bool]
    doings: Doings


class Process:
    """One running program. It ends for good when it is stopped; a crash is followed by its restart."""

    def __init__(self, spec: ClientSpec, around: Surroundings, number: int) -> None:
        self.spec, self.around = spec, around
        self.id = f"{spec.name}-{number}"
        self.alive, self.connected, self.stopping = True, False, False
        self.login: Login | None = None
        self.positions: dict[TopicPartition, int] = {}
        self._dirty: set[TopicPartition] = set()
        self._since = 0.0
        self._polling = self._committing = False
        self._pending: list[tuple[float, str, Content]] = []
        self._tick = 0
        self._turn = 0
        self._hook: Callable[[str, int], None] | None = None

    @property
    def cluster(self) -> Cluster:
        """The cluster that its files name."""
        assert self.login is not None
        return self.around.clusters[self.login.side]

    @property
    def principal(self) -> str:
        """Whom brokers know it as."""
        return f"User:{self.user}"

    @property
    def user(self) -> str:
        """Whom it logs in as."""
        return self.spec.user or self.spec.name

    # its life

    def start(self) -> None:
        """Read the files, log in, and begin; a supervisor tries again where that fails."""
        if not self.alive:
            return
        self.login = self.around.login(self.spec)
        if self.login is None or not self._logs_in():
            self._again("SASL_AUTHENTICATION_FAILED")
            return
        self._since = self.around.timeline.now
        self.positions, self._dirty = {}, set()
        try:
            if self.spec.group and not self.spec.assigns:
                self.cluster.groups.join(
                    self.principal, self.spec.group, self.id, self.spec.kind
                )
            if self.spec.reads:
                self._find_positions()
        except BrokerError as error:
            self._again(error.code)
            return
        self.connected = True
        if self.spec.reads:
            self._hook = self._arrived
            self.cluster.watchers.append(self._hook)
            self._soon()
        if self.spec.writes and self.spec.commits != "transaction":
            self.wake()

    def stop(self, *, clean: bool) -> None:
        """End for good: a clean stop commits and leaves, a kill does neither."""
        if not self.alive:
            return
        if clean and self.connected:
            self._commit()
            self._send()
        self.alive = False
        self._disconnect(at_once=clean)

    def _again(self, code: str) -> None:
        now = self.around.timeline.now
        self.around.doings.refused.append((now, self.spec.name, self._side(), code))
        self._disconnect(at_once=True)
        self.around.timeline.after(RESTART_SECONDS, self.start)

    def _side(self) -> str:
        return self.login.side if self.login else ""

    def _disconnect(self, *, at_once: bool) -> None:
        self.connected = False
        if self.login is None:
            return
        if self._hook is not None:
            self.cluster.watchers.remove(self._hook)
            self._hook = None
        if self.spec.group:
            leave = partial(self.cluster.groups.leave, self.spec.group, self.id)
            if at_once:
                leave()
            else:
                self.around.timeline.after(SESSION_SECONDS, leave)

    def _logs_in(self) -> bool:
        login = self.login
        assert login is not None
        return self.cluster.logs_in(self.user, login.mechanism, login.password)

    def _still_authenticated(self) -> bool:
        """Log in again when the session's lifetime is over, with what was read at the start (KIP-368)."""
        lifetime, now = self.cluster.lifetime, self.around.timeline.now
        if lifetime and now - self._since > lifetime:
            if not self._logs_in():
                self._again("SASL_AUTHENTICATION_FAILED")
                return False
            self._since = now
        return True

    # reading

    def _places(self) -> list[TopicPartition]:
        return [
            (topic, index)
            for topic in self.spec.reads
            if (found := self.cluster.topics.get(topic)) is not None
            for index in range(len(found.logs))
        ]

    def _find_positions(self) -> None:
        group = self.cluster.groups.get(self.spec.group) if self.spec.group else None
        for place in self._places():
            if place not in self.positions:
                commit = group.commits.get(place) if group else None
                position = commit.offset if commit else self._reset(place)
                self.positions[place] = position
                if self._side() == "source":
                    key = (self.spec.group or self.spec.name, place)
                    self.around.doings.began.setdefault(key, position)

    def _reset(self, place: TopicPartition) -> int:
        log = self.cluster.log(*place)
        return log.start if self.spec.reset == "earliest" else log.stable

    def _arrived(self, topic: str, partition: int) -> None:
        if topic in self.spec.reads:
            self._soon()

    def _soon(self, seconds: float = _POLL_SECONDS) -> None:
        if not self._polling:
            self._polling = True
            self._turn += 1
            self.around.timeline.after(seconds, partial(self._poll, self._turn))

    def _poll(self, turn: int) -> None:
        if turn != self._turn:
            return
        self._polling = False
        if not (self.alive and self.connected) or not self._still_authenticated():
            return
        try:
            more = self._read_once()
        except BrokerError as error:
            if error.code == "UNKNOWN_TOPIC_OR_PARTITION":
                self._soon(RETRY_SECONDS)
            else:
                self._again(error.code)
            return
        if more:
            self._soon(max(self.spec.naps, _POLL_SECONDS))

    def _read_once(self) -> bool:
        self._find_positions()
        limit, more = self.spec.takes or 500, False
        batch: list[tuple[TopicPartition, Stored]] = []
        for place in self._places():
            position = self.positions[place]
            try:
                found, upto = self.cluster.fetch(
                    self.principal, place, position, limit, committed=True
                )
            except BrokerError as error:
                if error.code != "OFFSET_OUT_OF_RANGE":
                    raise
                self.positions[place] = self._reset(place)
                more = True
                continue
            batch += [(place, record) for record in found]
            if upto > position:
                self.positions[place] = upto
                self._dirty.add(place)
            more = more or len(found) == limit
        self._process(batch)
        return more

    def _process(self, batch: list[tuple[TopicPartition, Stored]]) -> None:
        if self.spec.commits == "transaction":
            self._process_in_transaction(batch)
            return
        self._note(batch)
        if self.spec.commits == "each":
            self._commit()
        elif self._dirty and not self._committing:
            self._committing = True
            self.around.timeline.after(AUTO_COMMIT_SECONDS, self._auto_commit)

    def _note(self, batch: list[tuple[TopicPartition, Stored]]) -> None:
        now, side, spec = self.around.timeline.now, self._side(), self.spec
        group = spec.group or spec.name
        self.around.doings.processed += [
            Processed(now, self.id, group, side, place, r.offset, r.content.number)
            for place, r in batch
            if r.content is not None
        ]

    def _auto_commit(self) -> None:
        self._committing = False
        if self.alive and self.connected:
            self._commit()

    def _commit(self) -> None:
        if not self.spec.group or not self._dirty:
            return
        offsets = {place: (self.positions[place], "") for place in sorted(self._dirty)}
        client = "" if self.spec.assigns else self.id
        try:
            self.cluster.groups.commit(self.principal, self.spec.group, offsets, client=client)
            self._dirty.clear()
        except BrokerError as error:
            now = self.around.timeline.now
            self.around.doings.refused.append((now, self.spec.name, self._side(), error.code))

    def _process_in_transaction(self, batch: list[tuple[TopicPartition, Stored]]) -> None:
        if not self._dirty:
            return
        spec, cluster = self.spec, self.cluster
        transaction = cluster.begin(
            self.principal, spec.transactional_id or spec.name, _TRANSACTION_SECONDS
        )
        try:
            for topic in spec.writes:
                made = [self._content() for _ in batch]
                if made:
                    cluster.produce(self.principal, (topic, 0), made, transaction)
            offsets = {place: (self.positions[place], "") for place in sorted(self._dirty)}
            cluster.groups.commit_in(self.principal, spec.group, offsets, transaction)
        except BrokerError:
            cluster.finish(transaction, "aborted")
            raise
        cluster.finish(transaction, "committed")
        self._note(batch)
        if spec.purges:
            for place in self._dirty:
                cluster.log(*place).delete_before(
                    min(self.positions[place], cluster.log(*place).end), self.around.timeline.now
                )
        self._dirty.clear()

    # writing

    def wake(self) -> None:
        """Write soon: somebody began to work on the migration, or the program has just started."""
        if self.spec.writes and self.spec.commits != "transaction" and self.alive:
            self._tick += 1
            self.around.timeline.after(self.spec.busy, partial(self._write, self._tick))

    def _write(self, tick: int) -> None:
        if tick != self._tick or not self.alive or not self.connected:
            return
        now = self.around.timeline.now
        for topic in self.spec.writes:
            self._pending.append((now, topic, self._content()))
        if self._still_authenticated():
            self._send()
        if self.alive and self.connected:
            wait = self.spec.busy if self.around.typing() else self.spec.idle
            wait = min(wait, RETRY_SECONDS) if self._pending else wait
            self.around.timeline.after(wait, partial(self._write, tick))

    def _send(self) -> None:
        """Send what waits, in order; what waits for longer than two minutes is dropped."""
        now, waiting, blocked = self.around.timeline.now, self._pending, {""}
        self._pending = []
        transaction = self._transaction() if waiting else None
        for since, topic, content in waiting:
            code = "" if topic not in blocked else "BEHIND"
            if not code:
                code = self._send_one(topic, content, transaction)
            if not code:
                continue
            blocked.add(topic)
            if now - since > GIVE_UP_SECONDS:
                self.around.doings.dropped.append(
                    Dropped(now, self.spec.name, topic, self._side(), code)
                )
            else:
                self._pending.append((since, topic, content))
        if transaction is not None and transaction.state == "open":
            self.cluster.finish(transaction, "committed")

    def _transaction(self) -> Transaction | None:
        if not self.spec.transactional_id:
            return None
        try:
            return self.cluster.begin(
                self.principal, self.spec.transactional_id, _TRANSACTION_SECONDS
            )
        except BrokerError:
            return None

    def _send_one(self, topic: str, content: Content, transaction: Transaction | None) -> str:
        if self.spec.transactional_id and transaction is None:
            return "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"
        try:
            partitions = len(self.cluster.topic(topic).logs)
            place = (topic, content.number % partitions)
            self.cluster.produce(self.principal, place, [content], transaction)
        except BrokerError as error:
            return error.code
        return ""

    def _content(self) -> Content:
        number = self.around.doings.next_number()
        key = number % self.spec.keys if self.spec.keys else number
        return Content(number, key, self.spec.size, self.spec.ratio, self.around.timeline.now)


class Client:
    """A workload's program: what its hooks start and stop. An old process may outlive its stop hook."""

    def __init__(self, spec: ClientSpec, around: Surroundings) -> None:
        self.spec, self._around = spec, around
        self.processes: list[Process] = []
        self._started = 0

    @property
    def process(self) -> Process | None:
        """The process that the last start hook began, while it was not stopped."""
        newest = self.processes[-1] if self.processes else None
        return newest if newest is not None and newest.alive and not newest.stopping else None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process is not None:
            return
        self._started += 1
        made = Process(self.spec, self._around, self._started)
        self.processes.append(made)
        wait = {"late": 8.0, "fails once": RESTART_SECONDS}.get(self.spec.start, 0.0)
        if wait and self._started > 1:
            self._around.timeline.after(wait, made.start)
        else:
            made.start()

    def stop(self) -> None:
        """Do what its stop hook really does."""
        running = self.process
        if running is None:
            return
        running.stopping = True
        if self.spec.stop == "late":
            self._around.timeline.after(20.0, partial(running.stop, clean=True))
        elif self.spec.stop != "ignored":
            running.stop(clean=self.spec.stop == "clean")

    @property
    def healthy(self) -> bool:
        """Whether its process works."""
        return self.process is not None and self.process.connected

    def wake(self) -> None:
        """Let its processes write more often while somebody works on the migration."""
        for process in self.processes:
            if process.alive and process.connected:
                process.wake()
