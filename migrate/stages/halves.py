"""The two halves of a wave's clients, and what a cutover does with each: stop, place its groups, start.

Consumers move first, while everybody still writes: what their groups had committed has a place on the target as soon
as the copy has passed it, and keeps it. Producers move second, and their half of the cutover is the pause of writes.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.documents.workloads import Workload
from migrate.model.acl import Acl
from migrate.model.record import Position
from migrate.stages import fences
from migrate.stages.move import Move, switched
from migrate.stages.stage import Stage, Together, all_of, of_kind, together
from migrate.stages.switching import at_once
from migrate.steps import (
    AwaitPassed,
    AwaitQuiet,
    CommitOffsets,
    CreateAcls,
    PointClients,
    ProveOffsets,
    ReadPositions,
    Step,
    SwitchClients,
)
from migrate.steps.switch_clients import Side, Verb


@dataclass(frozen=True)
class Half:
    """The consumers of a wave, or its producers, with their groups."""

    move: Move
    role: Literal["consumers", "producers"]

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Return its workloads."""
        return self.move.consumers if self.role == "consumers" else self.move.producers

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the groups that move with it."""
        return self.move.groups(self.workloads)

    @property
    def committed(self) -> str:
        """Return the key of the step after which its groups have their places on the target."""
        return f"commit_offsets {self.groups[-1]}"

    @property
    def fence(self) -> tuple[Acl, ...]:
        """Return what keeps its clients from continuing in their groups on the source."""
        return fences.group_fence(self.move, self.workloads)

    def reads(self, positions: ReadPositions, topics: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the topics that its groups read, or have a commit on."""
        committed = {p.topic for commits in positions.commits.values() for p in commits}
        declared = {topic for group in self.groups for topic in self.move.reads(group)}
        return tuple(topic for topic in topics if topic in committed | declared)

    @property
    def first_start(self) -> str:
        """Return the key of the first step after which its clients may run on the target; batch jobs start alone."""
        first = self.workloads[0]
        return f"{'point' if first.is_batch else 'start'}_clients {first.name}"


def stop(
    half: Half, windows: Mapping[str, float]
) -> Generator[Step | Together, Step | Together, ReadPositions | None]:
    """Stop the clients, and fence their groups; return the groups' commits, if it has groups."""
    move, groups = half.move, half.groups
    hooked = [w for w in half.workloads if not w.is_batch]
    for turn in at_once(move, hooked):
        yield from together(_switch(half, workload, "stop") for workload in turn)
    if not groups:
        return None
    quiet = yield AwaitQuiet(
        because="an offset can be translated only when it no longer changes",
        until=half.committed,
        repeats=tuple(f"stop_clients {w.name}" for w in hooked if move.groups([w])),
        part=half.role,
        groups=groups,
        window=move.policy.quiet_seconds,
        windows={group: windows[group] for group in groups if group in windows},
        seconds=move.policy.stop_seconds,
        commits=move.expected(groups),
    )
    last = of_kind(AwaitQuiet, quiet).commits
    positions = yield ReadPositions(
        because="a commit may disappear later, and a group without one starts where the topics end now",
        part=half.role,
        groups=groups,
        topics=move.copied,
        fence=half.fence,
        commits={g: kept for g, commits in last.items() if (kept := move.on_copies(commits))},
    )
    if half.fence:
        yield CreateAcls(
            because="no client may continue on the source",
            part=f"{half.role.removesuffix('s')} group fence",
            acls=half.fence,
            side="source",
        )
    return of_kind(ReadPositions, positions)


def passed(
    half: Half, positions: ReadPositions, topics: tuple[str, ...]
) -> Generator[Step, Step, tuple[Position, ...]]:
    """Wait for the copies of these topics to pass the groups' commits; return how far each partition is copied."""
    move = half.move
    latest = any(move.uncommitted(group) == "latest" for group in half.groups)
    gate = yield AwaitPassed(
        because="a record between copy and commit would be read twice",
        until=half.committed,
        part=half.role,
        groups=half.groups,
        topics=topics,
        connectors=move.connectors,
        seconds=move.policy.drain_seconds,
        noted=tuple(p for p in positions.begins(latest=latest) if p.topic in topics),
    )
    return of_kind(AwaitPassed, gate).copied


def place(
    half: Half,
    positions: ReadPositions,
    uptos: tuple[Position, ...],
    copying: tuple[str, ...],
) -> Generator[Step | Together, Step | Together, tuple[str, ...]]:
    """Commit the groups and prove them, all together; return those without any commit. `copying` go on copying."""
    move = half.move
    commits = tuple(
        CommitOffsets(
            because="the group continues where it stopped",
            group=group,
            uptos=uptos,
            connectors=copying,
            reads=move.reads(group),
            uncommitted=move.uncommitted(group),
            waivers=move.waivers,
            seen=positions.commits.get(group, ()),
            ends=positions.ends_for(group, move.reads(group)),
        )
        for group in half.groups
    )
    committed = all_of(CommitOffsets, (yield Together(commits)))
    proofs = (
        ProveOffsets(
            because="no consumer starts at an unproven offset",
            until=half.first_start,
            group=one.group,
            translations=one.translations,
            uptos=one.uptos,
        )
        for one in committed
    )
    yield Together(tuple(proofs))
    return tuple(one.group for one in committed if all(t.commit is None for t in one.translations))


def start(half: Half, uncommitted: tuple[str, ...], until: str = "") -> Stage:
    """Start the clients on the target, and wait for those that can be observed; `until` as of `Move.members`."""
    move, workloads = half.move, half.workloads
    observable = move.observable(workloads)
    names, starts = {w.name for w in observable}, []
    for turn in at_once(move, workloads):
        pointed = [one for workload in turn for one in _point(workload)]
        for step in pointed:  # noqa: UP028  (a list takes nothing back)
            yield step
        started = [_switch(half, workload, "start") for workload in turn if not workload.is_batch]
        yield from together(started)
        starts += [one.key for one in pointed if one.workload in names]
        starts += [one.key for one in started if one.workload in names]
    if observable:
        gate = move.members(
            observable,
            "consumers" if half.role == "consumers" else "services",
            starts,
            because="a client that does not start must be noticed",
            until=until,
        )
        without_commit = tuple(group for group in gate.groups if group in uncommitted)
        declared = {group: move.reads(group) for group in gate.groups}
        yield gate.model_copy(update={"uncommitted": without_commit, "reads": declared})


def _point(workload: Workload) -> Iterator[PointClients]:
    """Yield the step that replaces the file of a workload's clients while they are stopped, if they have one."""
    if workload.file:
        yield PointClients(
            because="its clients read the address of the target there",
            workload=workload.name,
            path=workload.file.path,
            by=workload.file.target,
        )


def _switch(half: Half, workload: Workload, verb: Verb) -> SwitchClients:
    """Return the step that stops clients on the source or starts them on the target; undo does the opposite."""
    side: Side = "source" if verb == "stop" else "target"
    because = "its clients move to the target"
    return switched(half.move, workload, verb, side, because=because, role=half.role)
