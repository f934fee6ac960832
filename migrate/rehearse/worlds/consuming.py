"""What a client program reads: polls when something arrives, and its commits, of which people write three kinds."""

from collections.abc import Callable
from functools import partial

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.history import ClientSpec
from migrate.rehearse.worlds.log import Stored
from migrate.rehearse.worlds.producing import Producing
from migrate.rehearse.worlds.programs import (
    RETRY_SECONDS,
    TRANSACTION_SECONDS,
    Processed,
    Reset,
    Surroundings,
)

AUTO_COMMIT_SECONDS = 5.0
_POLL_SECONDS = 0.1


class Process(Producing):
    """A program that may read, and write."""

    def __init__(self, spec: ClientSpec, around: Surroundings, number: int) -> None:
        super().__init__(spec, around, number)
        self.positions: dict[TopicPartition, int] = {}
        self._dirty: set[TopicPartition] = set()
        self._behind: dict[TopicPartition, int] = {}
        self._seen: dict[TopicPartition, tuple[str, int]] = {}
        self._polling = self._committing = False
        self._turn = 0
        self._awake = self._asleep = False
        self._hook: Callable[[str, int], None] | None = None

    def join(self) -> None:
        """See `Program`."""
        self.positions, self._dirty, self._behind, self._seen = {}, set(), {}, {}
        if self.spec.group and not self.spec.assigns:
            self.cluster.groups.join(self.principal, self.spec.group, self.id, self.spec.kind)
        if self.spec.reads:
            self._find_positions()

    def begin(self) -> None:
        """See `Program`."""
        super().begin()
        if self.spec.reads:
            self._hook = self._arrived
            self.cluster.watchers.append(self._hook)
            self._soon()

    def finish(self) -> None:
        """See `Program`."""
        self._commit()
        super().finish()

    def forget(self) -> None:
        """See `Program`."""
        if self._hook is not None:
            self.cluster.watchers.remove(self._hook)
            self._hook = None

    def _places(self) -> list[TopicPartition]:
        known = self.cluster.topics.by_name
        return [
            (topic, index)
            for topic in self.spec.reads
            if topic in known
            for index in range(len(known[topic].logs))
        ]

    def _find_positions(self) -> list[TopicPartition]:
        """Return what there is to read, after its positions were looked up where they are not known."""
        group = self.cluster.groups.get(self.spec.group) if self.spec.group else None
        places = self._places()
        for place in places:
            if place not in self.positions:
                commit = group.commits.get(place) if group else None
                position = commit.offset if commit else self._reset(place)
                self.positions[place] = position
                if self.side == "source":
                    key = (self.spec.group or self.spec.name, place)
                    self.around.doings.began.setdefault(
                        key, (position, self.cluster.topic(place[0]).id)
                    )
        return places

    def _reset(self, place: TopicPartition) -> int:
        log = self.cluster.log(*place)
        return log.start if self.spec.reset == "earliest" else log.stable

    def _stand(self, place: TopicPartition) -> int:
        """Return where it reads on in a log that may have become another one.

        A consumer that polls finds a recreated topic empty, and its position beyond the end. One that sleeps finds
        it as long as before: it reads on where it stands, behind records that it has not seen. So it does in a log
        that was cut back and has grown again (`lost-tail` and `recreated-and-longer` in the table of histories).
        """
        topic, log = self.cluster.topic(place[0]), self.cluster.log(*place)
        (known, epoch), now = self._seen.get(place, (topic.id, log.epoch)), (topic.id, log.epoch)
        self._seen[place] = now
        position = self.positions[place]
        if known != topic.id and not (self._asleep and position <= log.end):
            self.positions[place] = self._reset(place)
            self._note_reset(place, log.start)
        elif (known, epoch) != now and position <= log.end:
            cut = log.start if known != topic.id else log.cut
            self._note_reset(place, min(cut, position))
        return self.positions[place]

    def _note_reset(self, place: TopicPartition, before: int) -> None:
        group = self.spec.group or self.spec.name
        reset = Reset(
            self.around.timeline.now, group, self.side, place, before, self.positions[place]
        )
        self.around.doings.resets.append(reset)

    def _arrived(self, topic: str, _: int) -> None:
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
        if not (self.alive and self.connected) or not self.still_authenticated():
            return
        try:
            more = self._read_once()
        except BrokerError as error:
            # a transaction that is aborted has read nothing: its program begins again at its commits
            in_vain = self.spec.commits == "transaction"
            if error.code == "UNKNOWN_TOPIC_OR_PARTITION" and not in_vain:
                self._soon(RETRY_SECONDS)
            else:
                self.again(error.code)
            return
        self._asleep = more and self._awake and self.spec.naps > 0
        if more:
            self._soon(max(self.spec.naps, _POLL_SECONDS) if self._awake else _POLL_SECONDS)

    def _read_once(self) -> bool:
        places, cluster, principal = self._find_positions(), self.cluster, self.principal
        limit, more = self.spec.takes or 500, False
        self._awake = False
        batch: list[tuple[TopicPartition, Stored]] = []
        for place in places:
            position = self._stand(place)
            try:
                found, upto = cluster.fetch(principal, place, position, limit, committed=True)
            except BrokerError as error:
                if error.code != "OFFSET_OUT_OF_RANGE":
                    raise
                self.positions[place] = self._reset(place)
                self._note_reset(place, position)
                more = True
                continue
            if found:
                batch += [(place, record) for record in found]
                self._behind[place] = found[-1].offset + 1
            if upto > position:
                self.positions[place] = upto
                self._dirty.add(place)
            more = more or len(found) == limit
        self._awake = bool(batch)
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
        now, side, spec = self.around.timeline.now, self.side, self.spec
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
        offsets = self._offsets()
        client = "" if self.spec.assigns else self.id
        try:
            self.cluster.groups.commit(self.principal, self.spec.group, offsets, client=client)
            self._dirty.clear()
        except BrokerError as error:
            now = self.around.timeline.now
            self.around.doings.refused.append((now, self.spec.name, self.side, error.code))

    def _offsets(self) -> dict[TopicPartition, tuple[int, str]]:
        """Return what is to be committed.

        Automatic commits hold the position of every partition, those that did not move too, as of Java's clients
        (SubscriptionState.allConsumed); others hold the offset behind a record.
        """
        if self.spec.commits == "auto":
            return {p: (position, "") for p, position in sorted(self.positions.items())}
        return {p: (self._behind.get(p, self.positions[p]), "") for p in sorted(self._dirty)}

    def _process_in_transaction(self, batch: list[tuple[TopicPartition, Stored]]) -> None:
        if not self._dirty:
            return
        spec, cluster = self.spec, self.cluster
        transaction = cluster.begin(
            self.principal, spec.transactional_id or spec.name, TRANSACTION_SECONDS
        )
        try:
            for topic in spec.writes:
                made = self._answers(batch)
                if made:
                    cluster.produce(self.principal, (topic, 0), made, transaction)
            offsets = self._offsets()
            cluster.groups.commit_in(self.principal, spec.group, offsets, transaction)
        except BrokerError:
            cluster.finish(transaction, "aborted")
            raise
        cluster.finish(transaction, "committed")
        self._note(batch)
        if spec.purges:
            for place in [p for p in self._dirty if p[0] in spec.writes]:
                cluster.delete_records(place, min(offsets[place][0], cluster.log(*place).end))
        self._dirty.clear()

    def _answers(self, batch: list[tuple[TopicPartition, Stored]]) -> list[Content]:
        """Return a record for each one that was read, but for those that go back to this program's own.

        Two programs that answered each other's answers would write for ever, as fast as they can.
        """
        answers, by = self.around.doings.answers, self.spec.name
        made = []
        for place, stored in batch:
            number = stored.content.number if stored.content is not None else 0
            before = answers.get(number, frozenset())
            if place[0] in self.spec.writes or by in before:
                continue
            made.append(self.content())
            answers[made[-1].number] = before | {by}
        return made
