"""Gates on fenced topics: they do not grow, and no transaction on them is open."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from migrate.errors import Refused, StepFailed, Unsupported
from migrate.model.acl import Acl
from migrate.model.record import Position, Tip, TopicPartition, positions
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.create_acls import everywhere
from migrate.steps.settle import wait

STRAY = "records were written to the source after the fence"
_LAG_SECONDS = 30.0
"""`replica.lag.time.max.ms`: for so long a replica may lag, and count as in sync."""


class FreezeTopics(Gate):
    """Wait until every broker shows the fence, no transaction is open, and the logs end for good at `ends`."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"ends"})

    op: Literal["freeze_topics"] = "freeze_topics"
    topics: tuple[str, ...]
    fence: tuple[Acl, ...]
    seconds: float
    ends: tuple[Position, ...] = ()

    @property
    def key(self) -> str:
        """See `Change`."""
        return "freeze_topics"

    def describe(self) -> str:
        """See `Change`."""
        return f"wait for the ends of {listed(self.topics, 'topic')} to stand still on source"

    def apply(self, sites: Sites) -> "FreezeTopics":
        """Wait for open transactions, then for the ends; one that has moved since an earlier run is a stray write."""
        fence = set(self.fence)
        if not everywhere(sites.source.reader, fence.issubset):
            raise Refused(
                "not every broker of the source shows the fence (the DENY ACLs of this wave)",
                "run `kmig rollback`, then `kmig cutover` again",
            )
        wait(
            sites,
            "transactions on the source to end",
            lambda: self._open(sites),
            self.seconds,
            "abort the transaction (kafka-transactions.sh abort), or wait for its timeout; then rerun the command",
        )
        ends, how = self._frozen(sites)
        if self.ends:
            require_still(sites, self.topics, self.ends)
        frozen = self.model_copy(update={"ends": ends})
        shown = ", ".join(str(p) for p in frozen.ends[:2])
        more = f", {len(frozen.ends) - 2} more" if len(frozen.ends) > 2 else ""
        return frozen.seeing(
            "fence on every live broker",
            "no open transaction",
            f"{how}: {shown}{more}",
        )

    def _frozen(self, sites: Sites) -> tuple[tuple[Position, ...], str]:
        """Return the ends for good, and in words how that is known.

        A record that a leader has appended, and not every replica in sync, is behind what clients are shown: it may
        yet appear. So the leader's own end counts. Where a platform does not tell it, the ends must not move for as
        long as a replica may lag and count as in sync.
        """
        reader = sites.source.reader
        before: dict[TopicPartition, Tip] = {}
        try:
            before = reader.tips(self.topics)
        except Unsupported:
            ends = positions(reader.ends(self.topics))
            sites.clock.sleep(_LAG_SECONDS)
            require_still(sites, self.topics, ends)
            return ends, f"ends unchanged for {_LAG_SECONDS:g} s"

        def moving() -> str:
            nonlocal before
            last, before = before, reader.tips(self.topics)
            left = [p for p, tip in before.items() if last.get(p) != tip or not tip.still]
            if not left:
                return ""
            tip = before[left[0]]
            at = f"log end {tip.end}, high watermark {tip.shown}, last stable offset {tip.stable}"
            return f"{left[0][0]}-{left[0][1]}: {at}"

        wait(
            sites,
            "the leaders' logs to end where clients see them end",
            moving,
            self.seconds,
            "a replica in sync is slow: look at the brokers' replication, then rerun the command",
        )
        ends = tuple(
            Position(topic=topic, partition=partition, offset=tip.end)
            for (topic, partition), tip in sorted(before.items())
        )
        return ends, "each leader's log ends where clients see it end, in two readings"

    def _open(self, sites: Sites) -> str:
        opened = [p for p in sites.source.reader.producers(self.topics) if p.open]
        if opened:
            more = f" and {len(opened) - 1:,} more" if len(opened) > 1 else ""
            return f"{opened[0]}{more}"
        ends = sites.source.reader.ends(self.topics)
        unstable = [f"{t}-{p}" for (t, p), e in sorted(ends.items()) if e.stable != e.end]
        return f"{unstable[0]}: last stable offset is before its end" if unstable else ""


class WatchSource(Gate):
    """Check for some time that the fenced topics end where they were frozen: no ACL stops a super user.

    On the target they must end `there`, where the last record was compared; unless it is empty.
    """

    BEFORE: ClassVar[str] = "before the gate"

    op: Literal["watch_source"] = "watch_source"
    part: str
    topics: tuple[str, ...]
    ends: tuple[Position, ...]
    seconds: float
    there: tuple[Position, ...] = ()

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"watch_source {self.part}"

    def describe(self) -> str:
        """See `Change`."""
        lasting = f" for {self.seconds:.0f} s" if self.seconds else ""
        return f"watch source for stray writes{lasting}"

    def apply(self, sites: Sites) -> "WatchSource":
        """Check until the time is over; the first stray write fails the gate."""
        self._require_there(sites)
        deadline = sites.clock.monotonic() + self.seconds
        while True:
            gone = require_still(sites, self.topics, self.ends, settled=self.part != self.BEFORE)
            left = deadline - sites.clock.monotonic()
            if left <= 0:
                return self.seeing(*self._evidence(gone))
            sites.tell(f"watching the source for stray writes: {left:.0f} s left")
            sites.clock.sleep(min(1.0, left))

    def _require_there(self, sites: Sites) -> None:
        """Raise if the target has got or lost records since it was compared."""
        if not self.there:
            return
        now = {p.place: p.offset for p in positions(sites.target.reader.ends(self.topics))}
        for p in self.there:
            if now.get(p.place) != p.offset:
                raise StepFailed(
                    f"{p.topic}-{p.partition} of the target ended at {p.offset} when its last record was compared, "
                    f"and ends at {now.get(p.place, 'no partition')} now",
                    "find out who writes there; go back with `kmig rollback`, and cut over again",
                )

    def _evidence(self, gone: tuple[str, ...]) -> Iterator[str]:
        if self.there:
            yield f"{count(len(self.there), 'partition')} of the target end where they were compared"
        if not self.ends:
            yield "nothing checked: no frozen end is known"
            return
        checked = len(self.ends) - len(gone)
        where = "ends where it was" if checked == 1 else "end where they were"
        lasting = f", over {self.seconds:g} s" if self.seconds else ""
        yield f"{count(checked, 'partition')} {where} frozen{lasting}"
        if gone:
            yield f"not checked, gone on the source: {', '.join(gone)}"


def require_still(
    sites: Sites, topics: tuple[str, ...], frozen: tuple[Position, ...], *, settled: bool = False
) -> tuple[str, ...]:
    """Raise `StepFailed` naming the records written since the freeze; return the partitions that do not exist now.

    Behind the write gate they must be `settled`; what the source has lost there is no harm any more.
    """
    written, gone, short = strays(sites, topics, frozen)
    if short and not settled:
        raise StepFailed(
            f"the source has lost records after the fence: {'; '.join(short)}",
            "an unclean election, or the topic was made anew: go back with `kmig rollback`",
        )
    if written:
        raise StepFailed(
            f"records were written to the source after the fence: {'; '.join(written)}",
            "find the writer and stop it; only a super user passes the fence. These records are not on the target"
            + (
                ": write them there, or give them up, and say so with `kmig settle`"
                if settled
                else ""
            ),
        )
    return (*gone, *short)


def strays(
    sites: Sites, topics: Iterable[str], frozen: Iterable[Position]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return in words what was written since the freeze, the partitions that are gone, and those that end earlier."""
    now = sites.source.reader.ends(topics)
    found, gone, short = [], [], []
    for position in frozen:
        place = position.place
        if place not in now:
            gone.append(f"{place[0]}-{place[1]}")
        elif (end := now[place].end) < position.offset:
            short.append(f"{place[0]}-{place[1]} ended at {position.offset}, and ends at {end}")
        elif end != position.offset:
            written = sites.source.records.visible({place: (position.offset, now[place].stable)})
            records = count(len(written[place]), "record")
            found.append(
                f"{place[0]}-{place[1]} offsets {position.offset} to {end - 1} ({records})"
            )
    return tuple(found), tuple(gone), tuple(short)
