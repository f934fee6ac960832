"""What a client program writes: in order, in transactions where it has any, as its library lets it."""

from dataclasses import dataclass
from functools import partial

from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.history import ClientSpec
from migrate.rehearse.worlds.log import Transaction
from migrate.rehearse.worlds.programs import (
    GIVE_UP_SECONDS,
    RETRY_SECONDS,
    TRANSACTION_SECONDS,
    Dropped,
    Program,
    Surroundings,
)

FOR_GOOD = frozenset({"TOPIC_AUTHORIZATION_FAILED", "MESSAGE_TOO_LARGE"})
"""What a producer is told of at once: its library tries again only what passes by itself."""


@dataclass
class Writer:
    """A producer's library. In a transaction a refused record forbids the commit."""

    cluster: Cluster
    principal: str
    transactional_id: str = ""
    transaction: Transaction | None = None
    refused: str = ""

    def begin(self) -> None:
        """Begin a transaction."""
        self.refused = ""
        self.transaction = self.cluster.begin(
            self.principal, self.transactional_id, TRANSACTION_SECONDS
        )

    def send(self, topic: str, content: Content) -> int:
        """Write a record; return its offset."""
        try:
            place = (topic, content.number % len(self.cluster.topic(topic).logs))
            return self.cluster.produce(self.principal, place, [content], self.transaction)[0]
        except BrokerError as error:
            self.refused = error.code
            raise

    def end(self) -> None:
        """Commit the transaction."""
        if self.refused:
            raise BrokerError(self.refused, self.transactional_id)
        self._finish("committed")

    def abort(self) -> None:
        """Abort the transaction, if it is still open."""
        if self.transaction is not None and self.transaction.state == "open":
            self._finish("aborted")

    def _finish(self, state: str) -> None:
        assert self.transaction is not None
        self.cluster.finish(self.transaction, state)
        self.transaction = None


class Producing(Program):
    """A program that may write."""

    def __init__(self, spec: ClientSpec, around: Surroundings, number: int) -> None:
        super().__init__(spec, around, number)
        self._pending: list[tuple[float, str, Content]] = []
        self._tick = 0
        self._retrying = False

    def begin(self) -> None:
        """See `Program`."""
        self.wake()

    def finish(self) -> None:
        """See `Program`."""
        self.send()

    def wake(self) -> None:
        """Write soon: somebody began to work on the migration, or the program has just started."""
        if self.spec.writes and self.spec.commits != "transaction" and self.alive:
            self._tick += 1
            self.around.timeline.after(self.spec.busy, partial(self._write, self._tick))

    def _write(self, tick: int) -> None:
        if tick != self._tick or not self.working:
            return
        now = self.around.timeline.now
        for topic in self.spec.writes:
            self._pending.append((now, topic, self.content()))
        if self.still_authenticated():
            self.send()
        if self.working:
            wait = self.spec.busy if self.around.typing() else self.spec.idle
            self.around.timeline.after(wait, partial(self._write, tick))
            self._retry_later()

    def _retry_later(self) -> None:
        if self._pending and not self._retrying:
            self._retrying = True
            self.around.timeline.after(RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        self._retrying = False
        if self.working and self.still_authenticated():
            self.send()
            self._retry_later()

    def send(self) -> None:
        """Send what waits, in order. What is refused for good is lost at once, what waits for two minutes then."""
        waiting, self._pending = self._pending, []
        if waiting and self.spec.transactional_id:
            self._send_together(waiting)
            return
        writer, blocked = Writer(self.cluster, self.principal), dict[str, str]()
        for since, topic, content in waiting:
            if topic in blocked:
                self._keep(since, topic, content, blocked[topic])
                continue
            try:
                writer.send(topic, content)
            except BrokerError as error:
                if error.code in FOR_GOOD:
                    self._drop(topic, error.code)
                    continue
                blocked[topic] = error.code
                self._keep(since, topic, content, error.code)

    def _send_together(self, waiting: list[tuple[float, str, Content]]) -> None:
        """Send all of it in one transaction, or none of it: then the program makes these records anew."""
        writer = Writer(self.cluster, self.principal, self.spec.transactional_id)
        try:
            writer.begin()
            for _, topic, content in waiting:
                writer.send(topic, content)
            writer.end()
        except BrokerError as error:
            writer.abort()
            for since, topic, _ in waiting:
                self._keep(since, topic, self.content(), error.code)

    def _keep(self, since: float, topic: str, content: Content, code: str) -> None:
        if self.around.timeline.now - since > GIVE_UP_SECONDS:
            self._drop(topic, code)
        else:
            self._pending.append((since, topic, content))

    def _drop(self, topic: str, code: str) -> None:
        now, doings = self.around.timeline.now, self.around.doings
        doings.dropped.append(
            Dropped(now, self.spec.name, topic, self.side, code, self.stopping, self.id)
        )

    def content(self) -> Content:
        """Return the next record."""
        number = self.around.doings.next_number()
        key = number % self.spec.keys if self.spec.keys else number
        return Content(number, key, self.spec.size, self.spec.ratio, self.around.timeline.now)
