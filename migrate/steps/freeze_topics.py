"""Gates on fenced topics: they do not grow, and no transaction on them is open."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from migrate.errors import Refused, StepFailed
from migrate.model.acl import Acl
from migrate.model.record import Ends, Position, TopicPartition
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.create_acls import everywhere
from migrate.steps.settle import wait

_APART_SECONDS = 0.5


class FreezeTopics(Gate):
    """Wait until every broker shows the fence, no transaction is open, and two readings of the `ends` agree."""

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
        """Wait for open transactions, then read the ends twice; an end that moved is a stray write."""
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
        ends = sites.source.reader.ends(self.topics)
        sites.clock.sleep(_APART_SECONDS)
        require_still(sites, self.topics, positions(ends))
        if self.ends:
            require_still(sites, self.topics, self.ends)
        frozen = self.model_copy(update={"ends": positions(ends)})
        shown = ", ".join(str(p) for p in frozen.ends[:2])
        more = f", {len(frozen.ends) - 2} more" if len(frozen.ends) > 2 else ""
        return frozen.seeing(
            "fence on every live broker",
            "no open transaction",
            f"ends unchanged for {_APART_SECONDS:g} s: {shown}{more}",
        )

    def _open(self, sites: Sites) -> str:
        opened = [p for p in sites.source.reader.producers(self.topics) if p.open]
        if opened:
            more = f" and {len(opened) - 1:,} more" if len(opened) > 1 else ""
            return f"{opened[0]}{more}"
        ends = sites.source.reader.ends(self.topics)
        unstable = [f"{t}-{p}" for (t, p), e in sorted(ends.items()) if e.stable != e.end]
        return f"{unstable[0]}: last stable offset is before its end" if unstable else ""


class WatchSource(Gate):
    """Check for some time that the fenced topics end where they were frozen: no ACL stops a super user."""

    BEFORE: ClassVar[str] = "before the gate"

    op: Literal["watch_source"] = "watch_source"
    part: str
    topics: tuple[str, ...]
    ends: tuple[Position, ...]
    seconds: float

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
        deadline = sites.clock.monotonic() + self.seconds
        while True:
            gone = require_still(sites, self.topics, self.ends, settled=self.part != self.BEFORE)
            left = deadline - sites.clock.monotonic()
            if left <= 0:
                return self.seeing(*self._evidence(gone))
            sites.tell(f"watching the source for stray writes: {left:.0f} s left")
            sites.clock.sleep(min(1.0, left))

    def _evidence(self, gone: tuple[str, ...]) -> Iterator[str]:
        if not self.ends:
            yield "nothing checked: no frozen end is known"
            return
        checked = len(self.ends) - len(gone)
        where = "ends where it was" if checked == 1 else "end where they were"
        lasting = f", over {self.seconds:g} s" if self.seconds else ""
        yield f"{count(checked, 'partition')} {where} frozen{lasting}"
        if gone:
            yield f"not checked, gone on the source: {', '.join(gone)}"


def positions(ends: dict[TopicPartition, Ends]) -> tuple[Position, ...]:
    """Return the ends as positions, sorted."""
    return tuple(
        Position(topic=topic, partition=partition, offset=e.end)
        for (topic, partition), e in sorted(ends.items())
    )


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
