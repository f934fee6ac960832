"""Gates on groups: nobody is left in them on source; somebody is in them, and moves, on target."""

from typing import Literal

from pydantic import Field

from migrate.logs.reading import first_records
from migrate.model.cluster import Group
from migrate.model.words import count, listed
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.settle import wait

_GONE = ("Empty", "Dead", "")


class AwaitQuiet(Gate):
    """Groups are empty, and their commits do not change over a window.

    The second half finds consumers that assign partitions themselves: they are members of nothing, and commit.
    """

    op: Literal["await_quiet"] = "await_quiet"
    part: str
    side: Literal["source", "target"] = "source"
    groups: tuple[str, ...]
    window: float
    seconds: float

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"await_quiet {self.part}"

    def describe(self) -> str:
        """One line."""
        return f"see {listed(self.groups, 'group')} quiet on {self.side}"

    def outcome(self) -> str:
        """What was seen."""
        still = f", commits still for {self.window:g} s" if self.window else ""
        return f"groups empty{still}"

    def apply(self, sites: Sites) -> "AwaitQuiet":
        """Wait, bounded, and name who is left."""
        reader = (sites.source if self.side == "source" else sites.target).reader
        still: object = None
        since = sites.clock.monotonic()
        changed = False

        def busy() -> str:
            nonlocal still, since, changed
            found = reader.groups(self.groups)
            if alive := members(found):
                return alive
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

        hint = "its stop hook ended well, and its clients did not stop: see to them, then go on"
        wait(sites, "the groups to be quiet", busy, self.seconds + self.window, hint)
        return self


class AwaitMembers(Gate):
    """Groups have members on the target, and move wherever something is unread; or the health hook says so.

    `workloads` are all that are looked at, each with its groups; `health` the hooks of some of them, which speak for
    their groups; `groups` those of the others. In journals of earlier versions, which have no `workloads`, `health`
    goes by the group.
    """

    op: Literal["await_members"] = "await_members"
    part: str
    groups: tuple[str, ...]
    health: dict[str, tuple[str, ...]]
    workloads: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    seconds: float

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"await_members {self.part}"

    def describe(self) -> str:
        """One line."""
        return f"see {listed(self.groups, 'group')} at work on target"

    def outcome(self) -> str:
        """What was seen."""
        return "members seen on target, reading"

    def apply(self, sites: Sites) -> "AwaitMembers":
        """Wait, bounded."""
        for workload, command in self.health.items():
            for group in self.workloads[workload] or (workload,):
                sites.hands.hooks.run(
                    command, {"KMIG_SIDE": "target", "KMIG_GROUP": group}, self.seconds
                )
        first: dict[tuple[str, str, int], int] | None = None

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
                moved = any(now[k] > first.get(k, -1) for k in now if k[0] == name)
                if not moved and (left := _unread(sites, group)):
                    return f"{name} reads nothing, and {count(left, 'partition')} have records"
            return ""

        hint = "see the clients' own logs; kmig rollback takes them back to source"
        wait(sites, "the groups on target", missing, self.seconds, hint)
        return self


def _unread(sites: Sites, group: Group) -> int:
    """Partitions with a visible record behind the commit; markers are no records."""
    commits = {(c.topic, c.partition): c.offset for c in group.commits if c.lag}
    ends = sites.target.reader.ends({t for t, _ in commits})
    left = {p: ends[p].readable(offset) for p, offset in commits.items()}
    return len(first_records(sites.target, left))


def members(found: tuple[Group, ...]) -> str:
    """Who is in any of these groups, or nothing."""
    for group in found:
        if group.members:
            who = ", ".join(sorted({f"{m.client_id} on {m.host}" for m in group.members})[:3])
            return f"{count(len(group.members), 'member')} in {group.name} ({who})"
        if group.state not in _GONE:
            return f"{group.name} is {group.state}"
    return ""
