"""Gates on the copy: it keeps up before anything is stopped, it has passed every commit, it holds every record."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from migrate.errors import CannotTell, Refused
from migrate.logs.align import align
from migrate.logs.lag import copies, next_offsets, paces
from migrate.logs.reading import found_again, last_records
from migrate.model.record import Position, TopicPartition
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.settle import wait

_WINDOW_SECONDS = 2.0
_COMPARED = 200
"""Records at the end of each log that must be the same: a copier that keeps order has brought all before them."""


class AwaitPace(Gate):
    """The copy runs, is not slower than its producers, and not far behind. Refused otherwise: nothing is stopped."""

    op: Literal["await_pace"] = "await_pace"
    carried: dict[str, tuple[str, ...]]

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return "await_pace"

    def describe(self) -> str:
        """One line."""
        topics = sum(len(names) for names in self.carried.values())
        return f"check that the copy of {count(topics, 'topic')} keeps up"

    def apply(self, sites: Sites) -> "AwaitPace":
        """Two looks; the first fault is the refusal."""
        for copy in copies(sites, self.carried).values():
            if not copy.running:
                kind = Refused if copy.state else CannotTell
                raise kind(f"connector {copy.name} is {copy.shown}", "kmig replicate starts it")
        found = paces(sites, self.carried, _WINDOW_SECONDS)
        for one in found:
            if one.fault:
                raise Refused(
                    one.fault,
                    "wait for it (kmig replicate WAVE --status), or choose a quieter hour",
                )
        behind = sum(one.behind for one in found)
        return self.seeing(
            f"{count(len(self.carried), 'connector')} RUNNING",
            f"{count(len(found), 'topic')}, {behind:,} offsets behind after {_WINDOW_SECONDS:g} s",
        )


class AwaitPassed(Gate):
    """No visible record of the source lies between the copied position and a commit of the groups that move.

    Nor one of `noted`: commits that were seen before, and where groups without a commit begin.
    """

    op: Literal["await_passed"] = "await_passed"
    groups: tuple[str, ...]
    topics: tuple[str, ...]
    connectors: tuple[str, ...]
    seconds: float
    noted: tuple[Position, ...] = ()

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return "await_passed"

    def describe(self) -> str:
        """One line."""
        return f"wait for the copy to pass every commit of {listed(self.groups, 'group')}"

    def apply(self, sites: Sites) -> "AwaitPassed":
        """Wait for the copy; a commit beyond the log's end is refused."""
        highest: dict[TopicPartition, int] = {}
        commits: dict[str, int] = {}
        for p in self.noted:
            highest[p.place] = max(highest.get(p.place, 0), p.offset)
        for group in sites.source.reader.groups(self.groups):
            for commit in group.commits:
                place = (commit.topic, commit.partition)
                if commit.topic not in self.topics:
                    continue
                if commit.end is not None and commit.offset > commit.end:
                    raise Refused(
                        f"group {group.name} has committed {commit.offset} on {place[0]}-{place[1]}, "
                        f"whose log ends at {commit.end}",
                        "its records are lost on source already: reset the group, then go on",
                    )
                highest[place] = max(highest.get(place, 0), commit.offset)
                commits[group.name] = commits.get(group.name, 0) + 1

        wait(
            sites,
            "the copy to pass every commit",
            lambda: _uncopied(sites, self.connectors, highest),
            self.seconds,
        )
        passed = count(sum(commits.values()), "commit")
        bare = [name for name in self.groups if name not in commits]
        return self.seeing(
            f"{passed} of {count(len(commits), 'group')} passed",
            *([f"no commit on these topics: {', '.join(bare)}"] if bare else []),
        )


class AwaitDrained(Gate):
    """Every visible record up to the fence is on the target, seen by reading; no transaction is open there."""

    op: Literal["await_drained"] = "await_drained"
    topics: tuple[str, ...]
    ends: tuple[Position, ...]
    connectors: tuple[str, ...]
    seconds: float

    KEY: ClassVar[str] = "await_drained"

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return self.KEY

    def describe(self) -> str:
        """One line."""
        return f"drain {listed(self.topics, 'topic')}"

    def apply(self, sites: Sites) -> "AwaitDrained":
        """Wait until both logs end with the same records."""
        compared: dict[TopicPartition, int] = {}
        wait(sites, "the drain", lambda: self._left(sites, compared), self.seconds)
        partitions, records = count(len(compared), "partition"), sum(compared.values())
        return self.seeing(
            f"{partitions}: the last {count(records, 'record')} equal on both sides",
            "no record between the copied positions and the fence",
        )

    def _left(self, sites: Sites, compared: dict[TopicPartition, int]) -> str:
        """What is missing; `compared` is set to how many records of each partition were looked at."""
        copies(sites, self.connectors)  # one that failed says so, instead of a wait that cannot end
        uptos = {p.place: p.offset for p in self.ends}
        source = sites.source.reader.ends(self.topics)
        target = sites.target.reader.ends(self.topics)
        opened = [f"{t}-{p}" for (t, p), e in target.items() if e.stable != e.end]
        if opened:
            return f"a transaction of the copier on {opened[0]}"
        starts = {p: source[p].start for p in uptos}
        tails = {
            place: window.records[-_COMPARED:]
            for place, window in last_records(
                sites.source, dict.fromkeys(uptos, _COMPARED), starts, uptos
            ).items()
        }
        compared |= {place: len(tail) for place, tail in tails.items()}
        others = found_again(sites.target, tails, target, {})
        left = 0
        for place, tail in tails.items():
            other = others[place].records
            if not tail and other and not starts[place]:
                return f"records on target in {place[0]}-{place[1]} that the source does not have"
            if tail and (not other or other[-1].mark != tail[-1].mark):
                left += 1
            left += sum(one is None for one in align(tail, other).places)
        if left:
            return f"{left} or more records to copy"
        # equal ends may be equal by chance, as heartbeats are: the copier's own account must agree
        return _uncopied(sites, self.connectors, uptos)


def _uncopied(
    sites: Sites,
    connectors: tuple[str, ...],
    uptos: Mapping[TopicPartition, int],
) -> str:
    """Visible records of the source between the copied positions and these offsets; expired ones are no gap."""
    copied = next_offsets(sites, connectors)
    # asked each time, and last: records expire while the copy is waited for
    ends = sites.source.reader.ends({topic for topic, _ in uptos})
    begins = {p: ends[p].readable(copied.get(p, 0))[0] for p in uptos}
    gaps = {p: (begin, uptos[p]) for p, begin in begins.items() if begin < uptos[p]}
    left = sum(len(records) for records in sites.source.records.visible(gaps).values())
    return f"{count(left, 'record')} to copy" if left else ""
