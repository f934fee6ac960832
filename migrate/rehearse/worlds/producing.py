"""What a client program writes: in order, tried for two minutes, in transactions where it has any."""

from functools import partial

from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.history import ClientSpec
from migrate.rehearse.worlds.log import Content, Transaction
from migrate.rehearse.worlds.programs import (
    GIVE_UP_SECONDS,
    RETRY_SECONDS,
    TRANSACTION_SECONDS,
    Dropped,
    Program,
    Surroundings,
)


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
                    Dropped(now, self.spec.name, topic, self.side, code, self.stopping)
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
                self.principal, self.spec.transactional_id, TRANSACTION_SECONDS
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

    def content(self) -> Content:
        """Return the next record."""
        number = self.around.doings.next_number()
        key = number % self.spec.keys if self.spec.keys else number
        return Content(number, key, self.spec.size, self.spec.ratio, self.around.timeline.now)
