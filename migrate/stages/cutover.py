"""Stage `cutover`: stop, fence, drain, translate, commit, prove, start; then the point of no return.

Consumers stop before producers, so that writes pause for as short as can be. Topics whose producers stay are never
paused: their copy only has to pass every commit and be quiet for a moment. Topics whose producers move are fenced,
drained by reading, and leave the copy before anything is committed.
"""

from collections.abc import Generator, Iterator

from migrate.documents.workloads import Workload
from migrate.model.acl import Acl, order
from migrate.model.record import Position
from migrate.model.rights import SourceView
from migrate.stages import fences
from migrate.stages.move import Move, switched
from migrate.stages.replicate import copier_acls, topic_patterns
from migrate.stages.stage import Stage, of_kind
from migrate.steps import (
    AlterTopic,
    AwaitDrained,
    AwaitPace,
    AwaitPassed,
    AwaitQuiet,
    CommitOffsets,
    DeleteAcls,
    EndCopy,
    FreezeTopics,
    OpenWriteGate,
    PauseCopy,
    PointClients,
    ProveOffsets,
    ReadPositions,
    ResumeCopy,
    Step,
    SwitchClients,
    WatchSource,
)
from migrate.steps.switch_clients import Role, Side, Verb

_GATE = OpenWriteGate.KEY


def cutover(move: Move) -> Stage:
    """The steps in order; each is made from how those before it turned out."""
    yield AwaitPace(
        because="a copy that is slower than its producers never drains",
        until=_first(move, "stop"),
        carried={name: move.copies[name].topics for name in move.connectors},
    )
    noted = yield from _stop(move)
    yield from fences.fence_groups(move)
    fence = yield from fences.fence_topics(move)
    ends = yield from _drain(move, noted)
    uptos = yield from _quiet(move, ends)
    bare: tuple[str, ...] = ()
    for group in move.wave.groups:
        committed = of_kind(
            CommitOffsets,
            (
                yield CommitOffsets(
                    because="it goes on where it stopped",
                    group=group,
                    uptos=uptos,
                    connectors=tuple(n for n in move.connectors if move.rest(n)),
                    reads=move.reads(group),
                    uncommitted=move.policy.uncommitted,
                    seen=noted.commits.get(group, ()) if noted else (),
                    ends=noted.ends_for(group, move.reads(group)) if noted else (),
                )
            ),
        )
        yield ProveOffsets(
            because="an offset is committed only with its proof",
            until=_first(move, "start"),
            group=group,
            translations=committed.translations,
            uptos=uptos,
        )
        if all(t.commit is None for t in committed.translations):
            bare = (*bare, group)
    yield from _start(move, move.consumers, "consumers", bare)
    yield from _open(move, ends, fence, bare)
    yield from _after(move, ends)


def _stop(move: Move) -> Generator[Step, Step, ReadPositions | None]:
    """Nobody reads or writes any more; returns where the groups stand and their topics end, if there are groups."""
    seen: dict[str, tuple[Position, ...]] = {}
    for part, workloads in (("consumers", move.consumers), ("producers", move.producers)):
        stops: list[str] = []
        for workload in workloads:
            step = _switch(move, workload, "stop")
            stops += [step.key] if move.groups([workload]) else []
            yield step
        groups = move.groups(workloads)
        if groups:
            still = yield AwaitQuiet(
                because="an offset may be translated only when it moves no more",
                until=f"commit_offsets {move.wave.groups[-1]}",
                repeats=tuple(stops),
                part=part,
                groups=groups,
                window=move.policy.quiet_seconds,
                seconds=move.policy.stop_seconds,
                commits=move.expected(groups),
            )
            seen |= of_kind(AwaitQuiet, still).commits
    if not move.wave.groups:
        return None
    noted = yield ReadPositions(
        because="a commit may go missing later, and who has none begins where the topics end now",
        groups=move.wave.groups,
        topics=move.copied,
        fence=fences.group_fence(move),
        commits={g: kept for g, there in seen.items() if (kept := move.on_copies(there))},
    )
    return of_kind(ReadPositions, noted)


def _drain(move: Move, noted: ReadPositions | None) -> Generator[Step, Step, tuple[Position, ...]]:
    """Nothing is missing on the target; returns where fenced topics end."""
    ends: tuple[Position, ...] = ()
    if move.owned:
        frozen = yield FreezeTopics(
            because="what is drained must not grow",
            until=_GATE,
            topics=move.owned,
            fence=fences.topic_fence(move.owned),
            seconds=move.policy.transaction_seconds,
        )
        ends = of_kind(FreezeTopics, frozen).ends
    begins = noted.begins(move.policy.uncommitted) if noted else ()
    if move.staying and move.wave.groups:
        yield AwaitPassed(
            because="a record between the copy and a commit would be read twice",
            until="pause_copy",
            groups=move.wave.groups,
            topics=move.staying,
            connectors=move.connectors,
            seconds=move.policy.drain_seconds,
            noted=tuple(p for p in begins if p.topic in move.staying),
        )
    if move.owned:
        yield AwaitDrained(
            because="no record is left behind",
            until="pause_copy",
            topics=move.owned,
            ends=ends,
            connectors=move.connectors,
            seconds=move.policy.drain_seconds,
        )
    return ends


def _quiet(move: Move, ends: tuple[Position, ...]) -> Generator[Step, Step, tuple[Position, ...]]:
    """The copy stands still, and has let go of the topics that move; returns how far each partition is copied."""
    if not move.connectors:
        return ends
    paused = of_kind(
        PauseCopy,
        (
            yield PauseCopy(
                because="a moving end cannot be matched",
                connectors=move.connectors,
                topics=move.staying,
            )
        ),
    )
    for name in move.connectors:
        leaving = tuple(t for t in move.copies[name].topics if t in move.owned)
        rest = move.rest(name)
        config = {**move.copies[name].config, "topics": topic_patterns(rest)}
        if leaving:
            yield EndCopy(
                because="they are written on target from now on",
                connector=name,
                topics=leaving,
                rest=config if rest else None,
            )
    if move.owned:
        yield DeleteAcls(
            because="the copier writes to them no more",
            part="copier",
            acls=copier_acls(move.copier, move.owned),
        )
    copied = tuple(
        p.model_copy(update={"offset": p.offset + 1})
        for p in paused.positions
        if p.topic in move.staying
    )
    return (*ends, *copied)


def _start(
    move: Move, workloads: tuple[Workload, ...], part: str, bare: tuple[str, ...] = ()
) -> Stage:
    seen = move.seen(workloads)
    starts: list[str] = []
    for workload in workloads:
        for step in _begin(move, workload):
            starts += [step.key] if workload in seen else []
            yield step
    gated = move.wave.grants or move.producers
    if seen:
        gate = move.members(
            seen,
            part,
            starts,
            because="a client that does not come back must be noticed",
            until=_GATE if part == "consumers" and gated else "",
        )
        silent = tuple(group for group in gate.groups if group in bare)
        declared = {group: move.reads(group) for group in gate.groups}
        yield gate.model_copy(update={"uncommitted": silent, "reads": declared})


def _begin(move: Move, workload: Workload) -> Iterator[Step]:
    """A workload's clients on the target: their file is put in place while they are stopped."""
    if workload.switch and workload.switch.file:
        yield PointClients(
            because="its clients find target there",
            workload=workload.name,
            path=workload.switch.file.path,
            by=workload.switch.file.target,
        )
    yield _switch(move, workload, "start")


def _open(
    move: Move, ends: tuple[Position, ...], fence: tuple[Acl, ...], bare: tuple[str, ...]
) -> Stage:
    if move.wave.grants or move.producers:
        if move.owned:
            yield WatchSource(
                because="what was written after the fence would be lost with the switch",
                until=_GATE,
                part="before the gate",
                topics=move.owned,
                ends=ends,
                seconds=0,
            )
        yield OpenWriteGate(
            because="source is fenced, the copy has ended, the consumers are proven",
            topics=move.owned,
            acls=move.wave.grants,
            source=_view(move, fence),
        )
    yield from _start(move, move.producers, "services", bare)


def _view(move: Move, fence: tuple[Acl, ...]) -> SourceView:
    """How the gate compares the source's ACLs: of fences, those on topics, which are all that WRITE is about."""
    ours = (acl for acl in (*move.view.fences, *fence) if acl.resource_type == "TOPIC")
    return move.view.model_copy(update={"fences": order(ours)})


def _after(move: Move, ends: tuple[Position, ...]) -> Stage:
    configs = {topic: one.configs for one in move.wave.restores for topic in one.topics}
    for topic in move.wave.restored:
        yield AlterTopic(
            because="its copy has ended, and its own configs return",
            name=topic,
            configs=configs[topic],
        )
    going_on = tuple(n for n in move.connectors if move.rest(n))
    if going_on:
        yield ResumeCopy(because="the producers of its topics stay", connectors=going_on)
    if move.owned:
        yield WatchSource(
            because="a super user passes every fence",
            until="",
            part="after the switch",
            topics=move.owned,
            ends=ends,
            seconds=move.policy.watch_seconds,
        )


def _switch(move: Move, workload: Workload, verb: Verb) -> SwitchClients:
    """Stopped on the source, started on the target; undo does the opposite there."""
    role: Role = "producers" if workload in move.producers else "consumers"
    side: Side = "source" if verb == "stop" else "target"
    return switched(move, workload, verb, side, because="its clients change sides", role=role)


def _first(move: Move, verb: Verb) -> str:
    """The key of the first switch of clients."""
    return f"{verb}_clients {(*move.consumers, *move.producers)[0].name}"
