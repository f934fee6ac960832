"""The facts from which a cutover, a rotation and a close are made: the wave, workloads.yaml, the running copies."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from migrate.documents.config import Policy
from migrate.documents.plan import Wave
from migrate.documents.workloads import Workload
from migrate.errors import Refused
from migrate.journal.copying import CopyConnector
from migrate.model.acl import Acl
from migrate.model.record import Position, TopicPartition
from migrate.model.rights import SourceView
from migrate.model.waiver import Readers, Uncommitted, Waiver
from migrate.preflight.facts import Ahead
from migrate.steps.await_groups import AwaitMembers
from migrate.steps.switch_clients import Role, Side, SwitchClients, Verb


@dataclass(frozen=True)
class Move:
    """The facts from which the steps of a wave's move are made.

    `view` says how the source's ACLs are compared when they are read again. `copies` are the running copies by their
    connector. `known` are commits that were read earlier, by group: one that disappeared must be noticed. `reading`
    are the groups of this and earlier waves that are not closed. `waivers` are what people accept. `identical` copies
    keep the offsets. `moved` is where groups stood on the source that have moved. `ahead` is what preflight asks
    about. `settled` is up to where stray writes on the source are settled. An ACL stops a copier that `obeys`.
    """

    wave: Wave
    workloads: tuple[Workload, ...]
    policy: Policy
    source_acls: tuple[Acl, ...]
    view: SourceView
    copies: dict[str, CopyConnector]
    copier: str
    known: dict[str, tuple[Position, ...]] = field(default_factory=dict)
    reading: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    identical: bool = False
    moved: dict[str, tuple[Position, ...]] = field(default_factory=dict)
    ahead: Ahead | None = None
    settled: Mapping[TopicPartition, int] = field(default_factory=dict)
    obeys: bool = True

    @property
    def readers(self) -> Readers:
        """Return who reads the copied topics, and on which side: the groups of earlier waves have moved."""
        moved = {g: stood for g, stood in self.moved.items() if g not in self.wave.groups}
        return Readers(
            here=self.wave.groups, across=tuple(sorted(moved)), waivers=self.waivers, moved=moved
        )

    @property
    def owned(self) -> tuple[str, ...]:
        """Return the topics whose producers move."""
        return self.wave.owns_topics

    @property
    def producers(self) -> tuple[Workload, ...]:
        """Return the workloads that write to a topic of this wave: they start only when WRITE is granted."""
        return tuple(w for w in self.workloads if w.name in self.wave.producers)

    @property
    def consumers(self) -> tuple[Workload, ...]:
        """Return all other workloads."""
        return tuple(w for w in self.workloads if w.name not in self.wave.producers)

    @property
    def gated(self) -> bool:
        """Whether anybody waits for the write gate."""
        return bool(self.wave.grants or self.producers)

    @property
    def fences_copier(self) -> bool:
        """Whether the copier can be denied WRITE; where it cannot, its copies end before the write gate."""
        return self.obeys and bool(self.copier and self.connectors)

    @property
    def connectors(self) -> tuple[str, ...]:
        """Return the copy connectors that have a topic of this wave, whether the topic stays or moves."""
        topics = set(self.owned) | {t for w in self.workloads for t in self._read(w)}
        return tuple(n for n, copy in sorted(self.copies.items()) if topics & set(copy.topics))

    @property
    def staying(self) -> tuple[str, ...]:
        """Return the topics of these connectors whose producers stay."""
        topics = (t for name in self.connectors for t in self.copies[name].topics)
        return tuple(sorted(t for t in topics if t not in self.owned))

    @property
    def copied(self) -> tuple[str, ...]:
        """Return the topics on which offsets may be committed: those that move and those that stay."""
        return (*self.owned, *self.staying)

    def on_copies(self, positions: Iterable[Position]) -> tuple[Position, ...]:
        """Return the positions on copied topics."""
        topics = set(self.copied)
        return tuple(p for p in positions if p.topic in topics)

    def expected(self, groups: Iterable[str]) -> dict[str, tuple[Position, ...]]:
        """Return the commits on copied topics that these groups are known to have."""
        return {g: known for g in groups if (known := self.on_copies(self.known.get(g, ())))}

    def groups(self, workloads: Iterable[Workload]) -> tuple[str, ...]:
        """Return the groups of these workloads that move with this wave."""
        moving = (g for w in workloads for g in w.every_group if g in self.wave.groups)
        return tuple(sorted(moving))

    def observable(self, workloads: Iterable[Workload]) -> tuple[Workload, ...]:
        """Return the workloads whose clients can be observed, in a group or by a health hook; no batch job."""
        return tuple(w for w in workloads if not w.is_batch and (self.groups([w]) or _health(w)))

    def members(
        self,
        workloads: Iterable[Workload],
        part: str,
        starts: Iterable[str],
        *,
        because: str,
        until: str = "",
    ) -> AwaitMembers:
        """Return the gate that waits for their clients on the target; a health hook replaces the look at the groups.

        `starts` are the keys of the steps that started them. Without `until` the gate holds once it has passed.
        """
        observable = self.observable(workloads)
        health = {w.name: _health(w) for w in observable if _health(w)}
        return AwaitMembers(
            because=because,
            until=until or f"await_members {part}",
            repeats=tuple(starts),
            part=part,
            groups=self.groups(w for w in observable if w.name not in health),
            health=health,
            workloads={w.name: self.groups([w]) for w in observable},
            seconds=self.policy.start_seconds,
        )

    @property
    def first_stop(self) -> str:
        """Return the key of the first step that stops clients, or of the gate before it where hooks stop none."""
        hooked = (w for w in (*self.consumers, *self.producers) if not w.is_batch)
        return next((f"stop_clients {w.name}" for w in hooked), "await_pace")

    def reads(self, group: str) -> tuple[str, ...]:
        """Return the copied topics that the group's workload reads."""
        topics = {t for w in self.workloads if group in w.every_group for t in self._read(w)}
        return tuple(sorted(topics))

    def uncommitted(self, group: str) -> Uncommitted:
        """Return where the group begins on partitions without a commit."""
        own = (w.uncommitted.get(group) for w in self.workloads if group in w.every_group)
        return next((one for one in own if one), self.policy.uncommitted)

    def rest(self, connector: str) -> tuple[str, ...]:
        """Return the topics that stay in a copy connector."""
        return tuple(t for t in self.copies[connector].topics if t not in self.owned)

    def _read(self, workload: Workload) -> Iterator[str]:
        for copy in self.copies.values():
            yield from (t for t in copy.topics if any(s.selects(t) for s in workload.reads))


def require_switches(move: Move) -> None:
    """Refuse a wave with a workload that kmig cannot stop and start."""
    for workload in move.workloads:
        if workload.switch is None:
            raise Refused(
                f"workload {workload.name} has no `switch`: its clients cannot be stopped and started",
                "add `switch` to the workload in workloads.yaml, then run kmig plan",
            )


def _health(workload: Workload) -> tuple[str, ...]:
    return workload.switch.health if workload.switch else ()


def switched(
    move: Move,
    workload: Workload,
    verb: Verb,
    side: Side,
    *,
    because: str,
    role: Role = "consumers",
) -> SwitchClients:
    """Return the step that runs a workload's stop or start hook, with the opposite hook for undo."""
    assert workload.switch is not None
    assert workload.switch.command is not None
    unseen = "" if move.groups([workload]) else "no group"
    if verb == "start" and unseen:
        unseen = "" if _health(workload) else "no group, no health hook"
    command = workload.switch.command
    hooks = {"stop": command.stop, "start": command.start}
    return SwitchClients(
        because=because,
        workload=workload.name,
        role=role,
        verb=verb,
        side=side,
        command=hooks[verb],
        opposite=hooks["start" if verb == "stop" else "stop"],
        seconds=workload.switch.seconds,
        unseen=unseen,
        at_once=move.policy.hooks_at_once,
        says=WIPED
        if (verb, side) == ("stop", "source") and keeps_state(workload, move.copied)
        else "",
    )


WIPED = "state: wiped"
"""What a stop hook prints once it has deleted its clients' local state."""


def keeps_state(workload: Workload, topics: Collection[str]) -> bool:
    """Whether its clients keep state on their hosts that goes by a changelog's offsets, which the target counts anew.

    Source: Kafka Streams names changelogs `application.id-STORE-changelog`, and its group is its application.id.
    """
    return workload.kind == "streams" and any(
        topic.startswith(f"{group}-") and topic.endswith("-changelog")
        for group in workload.every_group
        for topic in topics
    )
