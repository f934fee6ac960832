"""Stage `cutover`: consumers move while everybody writes; then producers, as fast as can be proven.

Consumers stop, their groups are placed on the target as soon as the copy has passed their commits, and they start
there: nobody waits for them. Then the pause of writes begins. Producers stop, their topics are fenced and drained by
reading, and the copier is denied WRITE; nothing else lies before the write gate, the point of no return. Behind it
their topics leave the copies.
"""

from collections.abc import Generator, Mapping

from migrate.model.acl import Acl, no_writes, order
from migrate.model.mirrormaker import topic_patterns
from migrate.model.record import Position, behind
from migrate.model.rights import SourceView
from migrate.model.settings import RETENTION
from migrate.stages import fences, halves
from migrate.stages.halves import Half
from migrate.stages.move import Move
from migrate.stages.preflight import preflight
from migrate.stages.replicate import copier_acls
from migrate.stages.retention import returned
from migrate.stages.stage import Stage, Together, of_kind
from migrate.steps import (
    AlterTopic,
    AwaitDrained,
    DeleteAcls,
    EndCopy,
    FenceCopier,
    FreezeTopics,
    OpenWriteGate,
    PauseCopy,
    ResumeCopy,
    Step,
    WatchSource,
)

_GATE = OpenWriteGate.KEY


def cutover(move: Move) -> Stage:
    """Yield the steps in order; each is made from the results of those before it."""
    windows = yield from preflight(move)
    yield from _consumers(move, windows)
    ends: tuple[Position, ...] = ()
    if move.owned or move.gated:
        ends = yield from _producers(move, windows)
    yield from _after(move, ends)


def _consumers(move: Move, windows: Mapping[str, float]) -> Stage:
    """Move the consumers: what they read is still written on the source, and copied."""
    half = Half(move, "consumers")
    positions = yield from halves.stop(half, windows)
    uncommitted: tuple[str, ...] = ()
    if positions:
        uptos = yield from halves.passed(half, positions, half.reads(positions, move.copied))
        uncommitted = yield from halves.place(half, positions, uptos, move.connectors)
    yield from halves.start(half, uncommitted, until=_GATE if move.gated else "")


def _producers(
    move: Move, windows: Mapping[str, float]
) -> Generator[Step | Together, Step | Together, tuple[Position, ...]]:
    """Move the producers: from their stop to their start nobody writes to their topics; return the source's ends."""
    half = Half(move, "producers")
    positions = yield from halves.stop(half, windows)
    fence = yield from fences.fence_topics(move)
    uptos: tuple[Position, ...] = ()
    ends = yield from _freeze(move)
    if positions and (read := half.reads(positions, move.staying)):
        uptos = yield from halves.passed(half, positions, read)
    drained = yield from _drain(move, ends)
    copying = move.connectors
    if move.owned and not move.fences_copier:
        yield from _end_copies(move)
        copying = tuple(name for name in move.connectors if move.rest(name))
    uncommitted: tuple[str, ...] = ()
    if positions:
        uncommitted = yield from halves.place(half, positions, (*ends, *uptos), copying)
    if move.owned and move.fences_copier:
        yield FenceCopier(
            because="from now on these topics are written to by their producers alone",
            acls=_copier_fence(move),
            connectors=move.connectors,
        )
    if move.gated:
        yield from _open(move, ends, drained, fence)
    yield from halves.start(half, uncommitted)
    return ends


def _freeze(move: Move) -> Generator[Step, Step, tuple[Position, ...]]:
    """Return where the fenced topics end, once that is for good."""
    if not move.owned:
        return ()
    frozen = yield FreezeTopics(
        because="a topic that grows cannot be drained",
        until=_GATE,
        topics=move.owned,
        fence=fences.topic_fence(move.owned),
        seconds=move.policy.transaction_seconds,
    )
    return of_kind(FreezeTopics, frozen).ends


def _drain(move: Move, ends: tuple[Position, ...]) -> Generator[Step, Step, tuple[Position, ...]]:
    """Wait until nothing is missing on the target; return where the topics end there."""
    if not move.owned:
        return ()
    drained = yield AwaitDrained(
        because="no record may be missing on the target",
        until=FenceCopier.KEY if move.fences_copier else PauseCopy.KEY,
        topics=move.owned,
        ends=ends,
        connectors=move.connectors,
        seconds=move.policy.drain_seconds,
        readers=move.readers,
    )
    return of_kind(AwaitDrained, drained).there


def _copier_fence(move: Move) -> tuple[Acl, ...]:
    return order(no_writes(topic, move.copier) for topic in move.owned)


def _end_copies(move: Move) -> Generator[Step, Step, None]:
    """Take the topics that move out of their copies; the copier no longer needs a right on them."""
    if not move.connectors:
        return
    yield PauseCopy(
        because="its topics are about to change",
        connectors=move.connectors,
        topics=move.staying,
        configs={name: move.copies[name].config for name in move.connectors},
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
    if move.copier:
        fence = _copier_fence(move) if move.fences_copier else ()
        yield DeleteAcls(
            because="the copier no longer writes to these topics",
            part="copier",
            acls=(*copier_acls(move.copier, move.owned), *fence),
        )
    staying = tuple(n for n in move.connectors if move.rest(n))
    if staying:
        yield ResumeCopy(
            because="the producers of these topics stay on the source",
            connectors=staying,
            configs={name: _without(move, name) for name in staying},
        )


def _without(move: Move, connector: str) -> dict[str, str]:
    """Return a connector's config without the topics that move."""
    return {**move.copies[connector].config, "topics": topic_patterns(move.rest(connector))}


def _open(
    move: Move, ends: tuple[Position, ...], drained: tuple[Position, ...], fence: tuple[Acl, ...]
) -> Generator[Step, Step, None]:
    """Open the write gate, the point of no return."""
    if move.owned:
        yield WatchSource(
            because="a record written after the fence would be lost",
            until=_GATE,
            part=WatchSource.BEFORE,
            topics=move.owned,
            ends=ends,
            there=drained,
            seconds=0,
        )
    yield OpenWriteGate(
        because="the source is fenced, the copier can write no more, and the consumers run",
        topics=move.owned,
        acls=move.wave.grants,
        source=_view(move, fence),
        groups=move.wave.groups,
    )


def _view(move: Move, fence: tuple[Acl, ...]) -> SourceView:
    """Return how the gate compares the source's ACLs: with topic fences only, because WRITE is about topics."""
    ours = (acl for acl in (*move.view.fences, *fence) if acl.resource_type == "TOPIC")
    return move.view.model_copy(update={"fences": order(ours)})


def _after(move: Move, ends: tuple[Position, ...]) -> Stage:
    """End what is no longer copied, restore topic configs, watch the source, and return what retention may delete."""
    if move.owned and move.fences_copier:
        yield from _end_copies(move)
    restored = {topic: one for one in move.wave.restores for topic in one.topics}
    for topic in move.wave.restored:
        own = {k: v for k, v in restored[topic].configs.items() if k not in RETENTION}
        brokers = {k: v for k, v in restored[topic].inherited.items() if k not in RETENTION}
        if own or brokers:
            yield AlterTopic(
                because="its copy has ended", name=topic, configs=own, inherited=brokers
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
