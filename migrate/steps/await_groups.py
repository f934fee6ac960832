"""Gates on groups: nobody is left in them on source; somebody is in them, and moves, on target."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pydantic import Field

from migrate.logs.reading import first_records
from migrate.model.cluster import Group
from migrate.model.record import Position
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.settle import wait

_GONE = ("Empty", "Dead", "")
_LISTED_SECONDS = 30.0
"""A coordinator that moves to another broker lists none of its groups, without an error, until it has loaded them."""

VANISHED_HINT = (
    "not seen is not none: run the same command again; if it is gone for good, "
    "kmig rollback, kmig inventory and kmig plan, then cut over again"
)


class AwaitQuiet(Gate):
    """Groups are empty, and their commits do not change over a window.

    The second half finds consumers that assign partitions themselves: they are members of nothing, and commit.
    `commits` are those that must be seen, wherever they are by now; and then those that were seen.
    """

    op: Literal["await_quiet"] = "await_quiet"
    part: str
    side: Literal["source", "target"] = "source"
    groups: tuple[str, ...]
    window: float
    seconds: float
    commits: dict[str, tuple[Position, ...]] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"await_quiet {self.part}"

    def describe(self) -> str:
        """One line."""
        return f"wait for {listed(self.groups, 'group')} to be quiet on {self.side}"

    def apply(self, sites: Sites) -> "AwaitQuiet":
        """Wait, bounded, and name who is left."""
        reader = (sites.source if self.side == "source" else sites.target).reader
        still: object = None
        since = sites.clock.monotonic()
        changed = False
        found: tuple[Group, ...] = ()

        def busy() -> str:
            nonlocal still, since, changed, found
            found = reader.groups(self.groups)
            if unseen := members(found) or vanished(self.commits, found):
                return unseen
            commits = [(g.name, g.commits) for g in found]
            positions = [(n, c.topic, c.partition, c.offset) for n, cs in commits for c in cs]
            if positions != still:
                changed = still is not None
                still, since = positions, sites.clock.monotonic()
            quiet = sites.clock.monotonic() - since
            if quiet >= self.window > 0 or not self.window:
                return ""
            what = "commits that change, though the group has no members" if changed else "commits"
            return f"{what}: still for {quiet:.1f} of {self.window:g} s"

        wait(
            sites,
            "commits that were there before",
            lambda: vanished(self.commits, reader.groups(self.commits)),
            _LISTED_SECONDS,
            VANISHED_HINT,
        )
        hint = "its stop hook ended well, and its clients did not stop: see to them, then go on"
        wait(sites, "the groups to be quiet", busy, self.seconds + self.window, hint)
        seen = self.seeing(*(self._seen(name, found) for name in self.groups))
        return seen.model_copy(update={"commits": committed(found)})

    def _seen(self, name: str, found: tuple[Group, ...]) -> str:
        group = next((g for g in found if g.name == name), None)
        if group is None:
            return f"group {name}: not on {self.side}"
        if group.members is None:
            return f"group {name}: its members were not looked at: {group.error or 'no answer'}"
        commits = count(len(group.commits), "commit")
        still = f", {commits} unchanged for {self.window:g} s" if self.window else ""
        return f"group {name}: {group.state}, no member{still}"


class AwaitMembers(Gate):
    """Groups have members on the target, and move wherever something is unread; or the health hook says so.

    `workloads` are all that are looked at, each with its groups; `health` the hooks of some of them, which speak for
    their groups; `groups` those of the others. In journals of earlier versions, which have no `workloads`, `health`
    goes by the group. `uncommitted` are groups that had no commit on the source: whether they ever commit is not
    known, and members of them are enough. `reads` are the topics that a group's workload is declared to read: a
    commit elsewhere, left by an earlier version of it, moves no more.
    """

    op: Literal["await_members"] = "await_members"
    part: str
    groups: tuple[str, ...]
    health: dict[str, tuple[str, ...]]
    workloads: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    seconds: float
    uncommitted: tuple[str, ...] = ()
    reads: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"await_members {self.part}"

    def describe(self) -> str:
        """One line."""
        groups = [f"members of {listed(self.groups, 'group')}"] if self.groups else []
        hooks = [f"health hook of {listed(tuple(self.health), 'workload')}"] if self.health else []
        return f"look for clients on target: {'; '.join((*groups, *hooks))}"

    def apply(self, sites: Sites) -> "AwaitMembers":
        """Run the hooks, then wait for the groups, bounded."""
        asked = [said for workload in self.health for said in self._ask(sites, workload)]
        first: dict[tuple[str, str, int], int] | None = None
        seen: dict[str, str] = {}

        def missing() -> str:
            nonlocal first
            found = {g.name: g for g in sites.target.reader.groups(self.groups)}
            now = {
                (g.name, c.topic, c.partition): c.offset for g in found.values() for c in g.commits
            }
            if first is None:
                first = now
            for name in self.groups:
                group = found.get(name)
                if group is None or not group.members:
                    return f"no member in {name}"
                moved = {k: now[k] for k in now if k[0] == name and now[k] > first.get(k, -1)}
                if not moved and name in self.uncommitted:
                    seen[name] = (
                        f"{_present(group)}; it had no commit on source, and may commit none"
                    )
                    continue
                left = 0 if moved else _unread(sites, group, self.reads.get(name, ()))
                if left:
                    return f"{name} reads nothing, and {count(left, 'partition')} have records"
                seen[name] = f"{_present(group)}, {_read(group, first, moved)}"
            return ""

        wait(sites, "the groups on target", missing, self.seconds, self._hint())
        whose = {group: f"{name}: " for name, some in self.workloads.items() for group in some}
        return self.seeing(*asked, *(f"{whose.get(g, '')}{seen[g]}" for g in self.groups))

    def _ask(self, sites: Sites, workload: str) -> Iterator[str]:
        """Run a workload's health hook, for each of its groups or for itself; what it answered."""
        command = self.health[workload]
        for group in self.workloads[workload] or (workload,):
            facts = {"KMIG_SIDE": "target", "KMIG_GROUP": group}
            sites.moving.hooks.run(command, facts, self.seconds)
            not_seen = (
                f"group {group} not looked at itself"
                if self.workloads[workload]
                else "it has no group to look at"
            )
            yield f"{workload}: health hook `{' '.join(command)}` exited 0, {not_seen}"

    def _hint(self) -> str:
        back = "; kmig rollback takes them back to source" if self.part == "consumers" else ""
        return f"see the clients' own logs, then run the same command again{back}"


def _present(group: Group) -> str:
    return f"{count(len(group.members or ()), 'member')} of group {group.name} on target"


def _read(
    group: Group, first: dict[tuple[str, str, int], int], moved: dict[tuple[str, str, int], int]
) -> str:
    """How far a group came while it was looked at."""
    if not moved:
        known = [c for c in group.commits if c.lag is not None]
        what = f"{count(len(known), 'commit')}, nothing unread" if known else "no commit yet"
        return f"{what}: whether it reads was not seen"
    (place, now), *others = sorted(moved.items())
    came = f"moved from {first[place]} to {now}" if place in first else f"made at {now}"
    more = f", {len(others)} more moved" if others else ""
    return f"commit on {place[1]}-{place[2]} {came}{more}"


def _unread(sites: Sites, group: Group, topics: tuple[str, ...]) -> int:
    """Partitions of these topics, or of all, with a visible record behind the commit; markers are no records."""
    behind = (c for c in group.commits if c.lag and (not topics or c.topic in topics))
    commits = {(c.topic, c.partition): c.offset for c in behind}
    ends = sites.target.reader.ends({t for t, _ in commits})
    left = {p: ends[p].readable(offset) for p, offset in commits.items()}
    return len(first_records(sites.target, left))


def committed(found: Iterable[Group]) -> dict[str, tuple[Position, ...]]:
    """Commits by group; groups without any are left out."""
    return {
        g.name: tuple(
            Position(topic=c.topic, partition=c.partition, offset=c.offset) for c in g.commits
        )
        for g in found
        if g.commits
    }


def vanished(before: Mapping[str, tuple[Position, ...]], found: Iterable[Group]) -> str:
    """Which commit was there before, and is not there now; or nothing. Wherever it has moved to, it is there."""
    now = {(g.name, c.topic, c.partition) for g in found for c in g.commits}
    gone = [(g, p) for g, there in before.items() for p in there if (g, *p.place) not in now]
    if not gone:
        return ""
    group, one = gone[0]
    more = f", and {len(gone) - 1} more" if len(gone) > 1 else ""
    return f"group {group} had the commit {one.offset} on {one.topic}-{one.partition}, and it is gone{more}"


def unanswered(found: Iterable[Group]) -> str:
    """Which group its coordinator has no answer about, or nothing: no commits of it are not none."""
    return next((f"group {g.name}: {g.error}" for g in found if g.error), "")


def members(found: tuple[Group, ...]) -> str:
    """Who is in any of these groups, or nothing."""
    for group in found:
        if group.members:
            who = ", ".join(sorted({f"{m.client_id} on {m.host}" for m in group.members})[:3])
            return f"{count(len(group.members), 'member')} in {group.name} ({who})"
        if group.state not in _GONE:
            return f"{group.name} is {group.state}"
    return ""
