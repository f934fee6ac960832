"""Stage `cutover`: stop, fence, drain, translate, commit, prove, start; then the point of no return.

Consumers stop before producers, which keeps the pause of writes short. Topics whose producers stay are never paused:
their copy only has to pass every commit and to stop for a moment. Topics whose producers move are fenced, drained by
reading, and leave the copy before anything is committed.
"""

from collections.abc import Generator, Iterator, Mapping

from migrate.documents.workloads import Workload
from migrate.model.acl import Acl, order
from migrate.model.mirrormaker import topic_patterns
from migrate.model.record import Position, behind
from migrate.model.rights import SourceView
from migrate.model.settings import RETENTION
from migrate.stages import fences
from migrate.stages.committing import commit
from migrate.stages.move import Move, switched
from migrate.stages.preflight import preflight
from migrate.stages.replicate import copier_acls
from migrate.stages.retention import returned
from migrate.stages.stage import Stage, Together, of_kind, together
from migrate.stages.switching import at_once
from migrate.steps import (
    AlterTopic,
    AwaitDrained,
    AwaitPassed,
    AwaitQuiet,
    DeleteAcls,
    EndCopy,
    FreezeTopics,
    OpenWriteGate,
    PauseCopy,
    PointClients,
    ReadPositions,
    ResumeCopy,
    Step,
    SwitchClients,
    WatchSource,
)
from migrate.steps.switch_clients import Role, Side, Verb

_GATE = OpenWriteGate.KEY


def cutover(move: Move) -> Stage:
    """Yield the steps in order; each is made from the results of those before it."""
    windows = yield from preflight(move)
    positions = yield from _stop(move, windows)
    yield from fences.fence_groups(move)
    fence = yield from fences.fence_topics(move)
    ends = yield from _drain(move, positions)
    uptos = yield from _quiet(move, ends)
    uncommitted: tuple[str, ...] = ()
    if move.wave.groups:
        committed = yield from commit(move, positions, uptos)
        uncommitted = tuple(
            one.group for one in committed if all(t.commit is None for t in one.translations)
        )
    yield from _start(move, move.consumers, "consumers", uncommitted)
    yield from _open(move, ends, fence, uncommitted)
    yield from _after(move, ends)


def _stop(
    move: Move, windows: Mapping[str, float]
) -> Generator[Step | Together, Step | Together, ReadPositions | None]:
    """Stop the wave's clients; return the commits of its groups and the ends of their topics, if it has groups."""
    last: dict[str, tuple[Position, ...]] = {}
    for part, workloads in (("consumers", move.consumers), ("producers", move.producers)):
        hooked = [w for w in workloads if not w.is_batch]
        stops = [f"stop_clients {w.name}" for w in hooked if move.groups([w])]
        for turn in at_once(move, hooked):
            yield from together(_switch(move, workload, "stop") for workload in turn)
        groups = move.groups(workloads)
        if groups:
            quiet = yield AwaitQuiet(
                because="an offset can be translated only when it no longer changes",
                until=f"commit_offsets {move.wave.groups[-1]}",
                repeats=tuple(stops),
                part=part,
                groups=groups,
                window=move.policy.quiet_seconds,
                windows={group: windows[group] for group in groups if group in windows},
                seconds=move.policy.stop_seconds,
                commits=move.expected(groups),
            )
            last |= of_kind(AwaitQuiet, quiet).commits
    if not move.wave.groups:
        return None
    positions = yield ReadPositions(
        because="a commit may disappear later, and a group without one starts where the topics end now",
        groups=move.wave.groups,
        topics=move.copied,
        fence=fences.group_fence(move),
        commits={g: kept for g, commits in last.items() if (kept := move.on_copies(commits))},
    )
    return of_kind(ReadPositions, positions)


def _drain(
    move: Move, positions: ReadPositions | None
) -> Generator[Step, Step, tuple[Position, ...]]:
    """Wait until nothing is missing on the target; return the ends of the fenced topics."""
    ends: tuple[Position, ...] = ()
    if move.owned:
        frozen = yield FreezeTopics(
            because="a topic that grows cannot be drained",
            until=_GATE,
            topics=move.owned,
            fence=fences.topic_fence(move.owned),
            seconds=move.policy.transaction_seconds,
        )
        ends = of_kind(FreezeTopics, frozen).ends
    latest = any(move.uncommitted(group) == "latest" for group in move.wave.groups)
    begins = positions.begins(latest=latest) if positions else ()
    if move.staying and move.wave.groups:
        yield AwaitPassed(
            because="a record between copy and commit would be read twice",
            until="pause_copy",
            groups=move.wave.groups,
            topics=move.staying,
            connectors=move.connectors,
            seconds=move.policy.drain_seconds,
            noted=tuple(p for p in begins if p.topic in move.staying),
        )
    if move.owned:
        yield AwaitDrained(
            because="no record may be missing on the target",
            until="pause_copy",
            topics=move.owned,
            ends=ends,
            connectors=move.connectors,
            seconds=move.policy.drain_seconds,
            readers=move.readers,
        )
    return ends


def _quiet(move: Move, ends: tuple[Position, ...]) -> Generator[Step, Step, tuple[Position, ...]]:
    """Pause the copies and take the moving topics out of them; return how far each partition is copied."""
    if not move.connectors:
        return ends
    paused = of_kind(
        PauseCopy,
        (
            yield PauseCopy(
                because="offsets cannot be matched while the copy goes on",
                connectors=move.connectors,
                topics=move.staying,
                configs={name: move.copies[name].config for name in move.connectors},
            )
        ),
    )
    for name in move.connectors:
        moving = tuple(t for t in move.copies[name].topics if t in move.owned)
        if moving:
            yield EndCopy(
                because="their producers write on the target from now on",
                connector=name,
                topics=moving,
                rest=_without(move, name) if move.rest(name) else None,
            )
    if move.owned and move.copier:
        yield DeleteAcls(
            because="the copier no longer writes to these topics",
            part="copier",
            acls=copier_acls(move.copier, move.owned),
        )
    copied = tuple(
        p.model_copy(update={"offset": p.offset + 1})
        for p in paused.positions
        if p.topic in move.staying
    )
    return (*ends, *copied)


def _without(move: Move, connector: str) -> dict[str, str]:
    """Return a connector's config without the topics that move."""
    return {**move.copies[connector].config, "topics": topic_patterns(move.rest(connector))}


def _start(
    move: Move, workloads: tuple[Workload, ...], part: str, uncommitted: tuple[str, ...] = ()
) -> Stage:
    """Start the clients on the target, and wait until those that can be observed are running."""
    observable = move.observable(workloads)
    starts: list[str] = []
    for turn in at_once(move, workloads):
        pointed = [one for workload in turn for one in _point(workload)]
        for step in pointed:  # noqa: UP028  (a list takes nothing back)
            yield step
        started = [_switch(move, workload, "start") for workload in turn if not workload.is_batch]
        yield from together(started)
        names = {w.name for w in observable}
        starts += [one.key for one in pointed if one.workload in names]
        starts += [one.key for one in started if one.workload in names]
    gated = move.wave.grants or move.producers
    if observable:
        gate = move.members(
            observable,
            part,
            starts,
            because="a client that does not start must be noticed",
            until=_GATE if part == "consumers" and gated else "",
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


def _open(
    move: Move, ends: tuple[Position, ...], fence: tuple[Acl, ...], uncommitted: tuple[str, ...]
) -> Stage:
    """Open the write gate, the point of no return, and start the producers."""
    if move.wave.grants or move.producers:
        if move.owned:
            yield WatchSource(
                because="a record written after the fence would be lost",
                until=_GATE,
                part=WatchSource.BEFORE,
                topics=move.owned,
                ends=ends,
                seconds=0,
            )
        yield OpenWriteGate(
            because="the source is fenced, the copy has ended, and the consumers run",
            topics=move.owned,
            acls=move.wave.grants,
            source=_view(move, fence),
            groups=move.wave.groups,
        )
    yield from _start(move, move.producers, "services", uncommitted)


def _view(move: Move, fence: tuple[Acl, ...]) -> SourceView:
    """Return how the gate compares the source's ACLs: with topic fences only, because WRITE is about topics."""
    ours = (acl for acl in (*move.view.fences, *fence) if acl.resource_type == "TOPIC")
    return move.view.model_copy(update={"fences": order(ours)})


def _after(move: Move, ends: tuple[Position, ...]) -> Stage:
    """Restore topic configs, resume the copies that stay, watch the source, and return what retention may delete."""
    restored = {topic: one for one in move.wave.restores for topic in one.topics}
    for topic in move.wave.restored:
        own = {k: v for k, v in restored[topic].configs.items() if k not in RETENTION}
        brokers = {k: v for k, v in restored[topic].inherited.items() if k not in RETENTION}
        if own or brokers:
            yield AlterTopic(
                because="its copy has ended", name=topic, configs=own, inherited=brokers
            )
    staying = tuple(n for n in move.connectors if move.rest(n))
    if staying:
        yield ResumeCopy(
            because="the producers of these topics stay on the source",
            connectors=staying,
            configs={name: _without(move, name) for name in staying},
        )
    if move.owned:
        yield WatchSource(
            because="super users are not stopped by a fence",
            until="",
            part="after the switch",
            topics=move.owned,
            ends=behind(ends, move.settled),
            seconds=move.policy.watch_seconds,
        )
    yield from returned(move)


def _switch(move: Move, workload: Workload, verb: Verb) -> SwitchClients:
    """Return the step that stops clients on the source or starts them on the target; undo does the opposite."""
    role: Role = "producers" if workload in move.producers else "consumers"
    side: Side = "source" if verb == "stop" else "target"
    return switched(move, workload, verb, side, because="its clients move to the target", role=role)
