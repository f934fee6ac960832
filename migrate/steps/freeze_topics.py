"""Gates on fenced topics: nothing is written to them any more, and nothing is half written."""

from collections.abc import Iterator
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
    """Every broker shows the fence, no transaction is open, and two readings of the ends agree; `ends` are those."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"ends"})

    op: Literal["freeze_topics"] = "freeze_topics"
    topics: tuple[str, ...]
    fence: tuple[Acl, ...]
    seconds: float
    ends: tuple[Position, ...] = ()

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return "freeze_topics"

    def describe(self) -> str:
        """One line."""
        return f"wait for the ends of {listed(self.topics, 'topic')} to stand still on source"

    def apply(self, sites: Sites) -> "FreezeTopics":
        """Wait for open transactions, then read the ends twice; an end that moved since is a stray write."""
        fence = set(self.fence)
        if not everywhere(sites.source.reader, fence.issubset):
            raise Refused(
                "the fence is not on every broker of source", "kmig rollback, then cut over anew"
            )
        wait(sites, "transactions on source to end", lambda: self._open(sites), self.seconds)
        ends = sites.source.reader.ends(self.topics)
        sites.clock.sleep(_APART_SECONDS)
        require_still(sites, self.topics, positions(ends))
        if self.ends:
            require_still(sites, self.topics, self.ends)
        made = self.model_copy(update={"ends": positions(ends)})
        shown = ", ".join(str(p) for p in made.ends[:2])
        more = f", {len(made.ends) - 2} more" if len(made.ends) > 2 else ""
        return made.seeing(
            "fence on every live broker",
            "no open transaction",
            f"ends unchanged for {_APART_SECONDS:g} s: {shown}{more}",
        )

    def _open(self, sites: Sites) -> str:
        opened = sites.source.reader.open_transactions(self.topics)
        if opened:
            more = f" and {len(opened) - 1} more" if len(opened) > 1 else ""
            return f"an open transaction: {opened[0]}{more}"
        ends = sites.source.reader.ends(self.topics)
        unstable = [f"{t}-{p}" for (t, p), e in sorted(ends.items()) if e.stable != e.end]
        return f"{unstable[0]} is not stable up to its end" if unstable else ""


class WatchSource(Gate):
    """The fenced topics still end where they were frozen, now and for a while: a super user passes any fence."""

    op: Literal["watch_source"] = "watch_source"
    part: str
    topics: tuple[str, ...]
    ends: tuple[Position, ...]
    seconds: float

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"watch_source {self.part}"

    def describe(self) -> str:
        """One line."""
        lasting = f" for {self.seconds:.0f} s" if self.seconds else ""
        return f"watch source for stray writes{lasting}"

    def apply(self, sites: Sites) -> "WatchSource":
        """Look until the time is over; a stray write ends it at once."""
        deadline = sites.clock.monotonic() + self.seconds
        while True:
            gone = require_still(sites, self.topics, self.ends)
            left = deadline - sites.clock.monotonic()
            if left <= 0:
                return self.seeing(*self._seen(gone))
            sites.tell(f"watching source for stray writes: {left:.0f} s left")
            sites.clock.sleep(min(1.0, left))

    def _seen(self, gone: tuple[str, ...]) -> Iterator[str]:
        if not self.ends:
            yield "nothing looked at: no frozen end is known"
            return
        looked = len(self.ends) - len(gone)
        where = "ends where it was" if looked == 1 else "end where they were"
        lasting = f", over {self.seconds:g} s" if self.seconds else ""
        yield f"{count(looked, 'partition')} {where} frozen{lasting}"
        if gone:
            yield f"not looked at, not on source any more: {', '.join(gone)}"


def positions(ends: dict[TopicPartition, Ends]) -> tuple[Position, ...]:
    """Ends as positions, in order."""
    return tuple(
        Position(topic=topic, partition=partition, offset=e.end)
        for (topic, partition), e in sorted(ends.items())
    )


def require_still(
    sites: Sites, topics: tuple[str, ...], frozen: tuple[Position, ...]
) -> tuple[str, ...]:
    """Raise, naming the records, when a topic does not end where it was frozen; return partitions that are gone."""
    now = sites.source.reader.ends(topics)
    strays = []
    for one in frozen:
        end = now[one.place].end if one.place in now else one.offset
        if end != one.offset:
            seen = sites.source.records.visible({one.place: (one.offset, now[one.place].stable)})
            records = count(len(seen[one.place]), "record")
            strays.append(
                f"{one.topic}-{one.partition} offsets {one.offset} to {end - 1} ({records})"
            )
    if strays:
        raise StepFailed(
            f"written to source after the fence: {'; '.join(strays)}",
            "a super user passes the fence: find the writer and stop it; these records are not on target",
        )
    return tuple(f"{one.topic}-{one.partition}" for one in frozen if one.place not in now)
