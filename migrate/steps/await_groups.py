"""Gates on consumer groups: empty and without new commits on the source; with members that consume on the target."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pydantic import Field

from migrate.errors import StepFailed
from migrate.logs.reading import first_records
from migrate.model.cluster import Group
from migrate.model.record import Position
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.preflight.quiet import Stillness
from migrate.steps.change import Gate
from migrate.steps.settle import wait
from migrate.steps.take_back import bring_back

_EMPTY_STATES = ("Empty", "Dead", "")
_LISTED_SECONDS = 30.0
"""A coordinator that moves to another broker lists none of its groups, without an error, until it has loaded them."""

VANISHED_HINT = (
    "rerun the command: a coordinator that restarts may not list it yet. If the commit was deleted: "
    "kmig rollback, kmig inventory, kmig plan, then cut over again"
)
_MEMBERS_HINT = (
    "check the clients: the stop hook succeeded, and they did not stop. Then rerun the command"
)


class AwaitQuiet(Gate):
    """Wait until the groups are empty and their commits do not change over a window.

    The second condition finds consumers that assign partitions themselves: they commit, and are members of no group.
    `commits` are those that must exist, at whatever offset; once the gate has passed, those that it read. `windows`
    are the seconds of groups of which more is known than `window`: 0 where members were seen before they left.
    """

    op: Literal["await_quiet"] = "await_quiet"
    part: str
    side: Literal["source", "target"] = "source"
    groups: tuple[str, ...]
    window: float
    windows: dict[str, float] = Field(default_factory=dict)
    seconds: float
    commits: dict[str, tuple[Position, ...]] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"await_quiet {self.part}"

    def describe(self) -> str:
        """See `Change`."""
        return f"wait for {listed(self.groups, 'group')} to be quiet on {self.side}"

    def apply(self, sites: Sites) -> "AwaitQuiet":
        """Wait, and name who is left when the time is over."""
        reader = (sites.source if self.side == "source" else sites.target).reader
        groups: tuple[Group, ...] = ()
        stillness = Stillness()

        def busy() -> str:
            nonlocal groups
            groups = reader.groups(self.groups)
            if fault := members(groups) or vanished(self.commits, groups):
                return fault
            left = stillness.left(groups, self._window, sites.clock.monotonic())
            slowest = max(left, key=left.__getitem__, default="")
            if not slowest or left[slowest] <= 0:
                return ""
            what = (
                "a group without members still commits" if stillness.moved else "no member is left"
            )
            window = self._window(slowest)
            return f"{what}; commits unchanged for {window - left[slowest]:.1f} of {window:g} s"

        wait(
            sites,
            "commits seen earlier to be listed again",
            lambda: vanished(self.commits, reader.groups(self.commits)),
            _LISTED_SECONDS,
            VANISHED_HINT,
        )
        to_be_quiet = f"{listed(self.groups, 'group')} to be empty and unchanged on the {self.side}"
        try:
            longest = max(map(self._window, self.groups), default=0.0)
            wait(sites, to_be_quiet, busy, self.seconds + longest, _MEMBERS_HINT)
        except StepFailed as error:
            # the others are stopped already, and their commits may expire before the next attempt
            error.noted = self._having_seen(groups)
            raise
        passed = self.seeing(*(self._evidence(name, groups) for name in self.groups))
        return passed.model_copy(update={"commits": committed(groups)})

    def _window(self, group: str) -> float:
        return self.windows.get(group, self.window)

    def _having_seen(self, groups: tuple[Group, ...]) -> "AwaitQuiet":
        """Return the gate with the last commits that were seen of each partition."""
        seen = {
            name: {p.place: p for p in (*self.commits.get(name, ()), *now)}
            for name, now in committed(groups).items()
        }
        known = {name: tuple(own[place] for place in sorted(own)) for name, own in seen.items()}
        return self.model_copy(update={"commits": {**self.commits, **known}})

    @property
    def returns(self) -> bool:
        """See `Gate`: commits expire while their groups are stopped."""
        return self.side == "source" and bool(self.commits)

    def undo(self, sites: Sites) -> None:
        """Bring commits back that have expired on the source: its clients are about to start there."""
        bring_back(sites, self.commits)

    def _evidence(self, name: str, groups: tuple[Group, ...]) -> str:
        group = next((g for g in groups if g.name == name), None)
        if group is None:
            return f"group {name}: does not exist on the {self.side}"
        if group.members is None:
            return f"group {name}: members unknown: {group.error or 'no answer'}"
        commits = count(len(group.commits), "commit")
        window = self._window(name)
        unchanged = f", {commits} unchanged for {window:g} s" if window else ""
        return f"group {name}: {group.state}, no member{unchanged}"


class AwaitMembers(Gate):
    """Wait until groups have members on the target and consume whatever is unread, or their health hooks succeed.

    `workloads` are all workloads that are checked, each with its groups; `health` are the hooks of some of them,
    which stand for their groups; `groups` are those of the others. In journals of earlier versions, which have no
    `workloads`, `health` is by group. `uncommitted` are groups without a commit on the source: whether they ever
    commit is unknown, so a member is enough. `reads` are the topics that a group's workload declares: a commit on
    another topic, left by an earlier version of the application, never moves.
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
        """See `Change`."""
        return f"await_members {self.part}"

    def describe(self) -> str:
        """See `Change`."""
        groups = [f"members of {listed(self.groups, 'group')}"] if self.groups else []
        hooks = [f"health hook of {listed(tuple(self.health), 'workload')}"] if self.health else []
        return f"look for clients on target: {'; '.join((*groups, *hooks))}"

    def apply(self, sites: Sites) -> "AwaitMembers":
        """Run the hooks, then wait for the groups."""
        hooks = [line for workload in self.health for line in self._run_hook(sites, workload)]
        first: dict[tuple[str, str, int], int] | None = None
        evidence: dict[str, str] = {}

        def missing() -> str:
            nonlocal first
            groups = {g.name: g for g in sites.target.reader.groups(self.groups)}
            now = {
                (g.name, c.topic, c.partition): c.offset for g in groups.values() for c in g.commits
            }
            if first is None:
                first = now
            for name in self.groups:
                group = groups.get(name)
                if group is None or not group.members:
                    return f"group {name} has no member"
                moved = {k: now[k] for k in now if k[0] == name and now[k] > first.get(k, -1)}
                if not moved and name in self.uncommitted:
                    evidence[name] = (
                        f"{_present(group)}; no commit on the source, so it may never commit"
                    )
                    continue
                left = 0 if moved else _unread(sites, group, self.reads.get(name, ()))
                if left:
                    return (
                        f"group {name} commits nothing, and has unread records "
                        f"in {count(left, 'partition')}"
                    )
                evidence[name] = f"{_present(group)}, {_progress(group, first, moved)}"
            return ""

        wait(sites, "clients to consume on the target", missing, self.seconds, self._hint())
        owners = {group: f"{name}: " for name, some in self.workloads.items() for group in some}
        return self.seeing(*hooks, *(f"{owners.get(g, '')}{evidence[g]}" for g in self.groups))

    def _run_hook(self, sites: Sites, workload: str) -> Iterator[str]:
        """Run a workload's health hook, for each of its groups or once for itself, and yield the evidence."""
        command = self.health[workload]
        for group in self.workloads[workload] or (workload,):
            facts = {"KMIG_SIDE": "target", "KMIG_GROUP": group}
            sites.moving.hooks.run(command, facts, self.seconds)
            unchecked = (
                f"group {group} itself not checked"
                if self.workloads[workload]
                else "it has no group to check"
            )
            yield f"{workload}: health hook `{' '.join(command)}` exited 0, {unchecked}"

    def _hint(self) -> str:
        back = "; `kmig rollback` takes them back to the source" if self.part == "consumers" else ""
        return f"read the logs of the clients, then rerun the command{back}"


def _present(group: Group) -> str:
    return f"{count(len(group.members or ()), 'member')} of group {group.name} on the target"


def _progress(
    group: Group, first: dict[tuple[str, str, int], int], moved: dict[tuple[str, str, int], int]
) -> str:
    """Return in words how far a group's commits moved during the wait."""
    if not moved:
        known = [c for c in group.commits if c.lag is not None]
        what = f"{count(len(known), 'commit')}, nothing unread" if known else "no commit yet"
        return f"{what}: whether it consumes is unknown"
    (place, now), *others = sorted(moved.items())
    change = f"moved from {first[place]} to {now}" if place in first else f"made at {now}"
    more = f", {len(others)} more moved" if others else ""
    return f"commit on {place[1]}-{place[2]} {change}{more}"


def _unread(sites: Sites, group: Group, topics: tuple[str, ...]) -> int:
    """Return how many partitions of these topics, or of all, hold a visible record after the group's commit.

    A lag may consist of transaction markers only, which no consumer ever gets.
    """
    lagging = (c for c in group.commits if c.lag and (not topics or c.topic in topics))
    commits = {(c.topic, c.partition): c.offset for c in lagging}
    ends = sites.target.reader.ends({t for t, _ in commits})
    left = {p: ends[p].readable(offset) for p, offset in commits.items()}
    return len(first_records(sites.target, left))


def committed(found: Iterable[Group]) -> dict[str, tuple[Position, ...]]:
    """Return the commits by group; groups without a commit are left out."""
    return {
        g.name: tuple(
            Position(topic=c.topic, partition=c.partition, offset=c.offset) for c in g.commits
        )
        for g in found
        if g.commits
    }


def vanished(before: Mapping[str, tuple[Position, ...]], groups: Iterable[Group]) -> str:
    """Return in words the first commit of `before` that does not exist any more, at any offset; or nothing."""
    now = {(g.name, c.topic, c.partition) for g in groups for c in g.commits}
    gone = [
        (name, commit)
        for name, commits in before.items()
        for commit in commits
        if (name, *commit.place) not in now
    ]
    if not gone:
        return ""
    group, lost = gone[0]
    more = f" (and {len(gone) - 1:,} more)" if len(gone) > 1 else ""
    return (
        f"group {group} had committed {lost.offset} on {lost.topic}-{lost.partition}, "
        f"and the commit does not exist now{more}"
    )


def unanswered(groups: Iterable[Group]) -> str:
    """Return the first group whose coordinator gave no answer, with its error, or nothing."""
    return next((f"group {g.name}: {g.error}" for g in groups if g.error), "")


def members(groups: tuple[Group, ...]) -> str:
    """Return in words the members of the first of these groups that is not empty, or nothing."""
    for group in groups:
        if group.members:
            who = ", ".join(sorted({f"{m.client_id} on {m.host}" for m in group.members})[:3])
            return f"{count(len(group.members), 'member')} in group {group.name} ({who})"
        if group.state not in _EMPTY_STATES:
            return f"group {group.name} is {group.state}"
    return ""
