"""What a cutover, a rotation and a close are made from: a wave, its people's words, the copies under way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migrate.documents.config import Policy
from migrate.documents.plan import Wave
from migrate.documents.workloads import Workload
from migrate.errors import Refused
from migrate.journal.copying import Carried
from migrate.model.acl import Acl
from migrate.model.record import Position
from migrate.model.rights import SourceView
from migrate.steps.await_groups import AwaitMembers
from migrate.steps.switch_clients import Role, Side, SwitchClients, Verb


@dataclass(frozen=True)
class Move:
    """What a cutover is made from: the wave, its people's words, the source's ACLs, and the copies under way.

    `view` is how the source's ACLs are compared when they are asked for again.
    `known` are commits that were seen earlier, by group: one that is not seen again is not none.
    """

    wave: Wave
    workloads: tuple[Workload, ...]
    policy: Policy
    source_acls: tuple[Acl, ...]
    view: SourceView
    copies: dict[str, Carried]
    copier: str
    known: dict[str, tuple[Position, ...]] = field(default_factory=dict)

    @property
    def owned(self) -> tuple[str, ...]:
        """Topics whose producers move."""
        return self.wave.owns_topics

    @property
    def producers(self) -> tuple[Workload, ...]:
        """Workloads that write to a topic of this wave: they start only when WRITE is granted."""
        return tuple(w for w in self.workloads if w.name in self.wave.producers)

    @property
    def consumers(self) -> tuple[Workload, ...]:
        """All others."""
        return tuple(w for w in self.workloads if w.name not in self.wave.producers)

    @property
    def connectors(self) -> tuple[str, ...]:
        """Copies that this wave's topics are part of, whether they stay or move."""
        mine = set(self.owned) | {t for w in self.workloads for t in self._read(w)}
        return tuple(n for n, one in sorted(self.copies.items()) if mine & set(one.topics))

    @property
    def staying(self) -> tuple[str, ...]:
        """Topics of those copies whose producers stay."""
        topics = (t for name in self.connectors for t in self.copies[name].topics)
        return tuple(sorted(t for t in topics if t not in self.owned))

    @property
    def copied(self) -> tuple[str, ...]:
        """Both: what may be committed on."""
        return (*self.owned, *self.staying)

    def on_copies(self, positions: Iterable[Position]) -> tuple[Position, ...]:
        """Those on copied topics: of others nothing is asked."""
        topics = set(self.copied)
        return tuple(p for p in positions if p.topic in topics)

    def expected(self, groups: Iterable[str]) -> dict[str, tuple[Position, ...]]:
        """Commits that these groups are known to have on copied topics."""
        return {g: there for g in groups if (there := self.on_copies(self.known.get(g, ())))}

    def groups(self, workloads: Iterable[Workload]) -> tuple[str, ...]:
        """Groups of some workloads, as far as they move with this wave."""
        mine = (g for w in workloads for g in w.every_group if g in self.wave.groups)
        return tuple(sorted(mine))

    def seen(self, workloads: Iterable[Workload]) -> tuple[Workload, ...]:
        """Those of them whose clients can be looked at: in a group, or by a health hook."""
        return tuple(w for w in workloads if self.groups([w]) or _health(w))

    def members(
        self,
        workloads: Iterable[Workload],
        part: str,
        starts: Iterable[str],
        *,
        because: str,
        until: str = "",
    ) -> AwaitMembers:
        """The gate that looks at their clients on the target; a health hook speaks for its workload's groups.

        `starts` are the keys of the steps that started them. Without `until` it is asked until it was answered.
        """
        seen = self.seen(workloads)
        health = {w.name: _health(w) for w in seen if _health(w)}
        return AwaitMembers(
            because=because,
            until=until or f"await_members {part}",
            repeats=tuple(starts),
            part=part,
            groups=self.groups(w for w in seen if w.name not in health),
            health=health,
            workloads={w.name: self.groups([w]) for w in seen},
            seconds=self.policy.start_seconds,
        )

    def reads(self, group: str) -> tuple[str, ...]:
        """The topics of the copies that the group's workload reads."""
        found = {t for w in self.workloads if group in w.every_group for t in self._read(w)}
        return tuple(sorted(found))

    def rest(self, connector: str) -> tuple[str, ...]:
        """What is left of a connector's topics."""
        return tuple(t for t in self.copies[connector].topics if t not in self.owned)

    def _read(self, workload: Workload) -> Iterator[str]:
        for one in self.copies.values():
            yield from (t for t in one.topics if any(s.selects(t) for s in workload.reads))


def require_switches(move: Move) -> None:
    """Refuse a wave whose clients nobody can stop."""
    for workload in move.workloads:
        if workload.switch is None:
            raise Refused(
                f"workload {workload.name} has no `switch`: its clients cannot be stopped and started",
                "say in workloads.yaml how they are switched, then plan again",
            )


def _health(workload: Workload) -> tuple[str, ...]:
    return workload.switch.command.health if workload.switch else ()


def switched(
    move: Move,
    workload: Workload,
    verb: Verb,
    side: Side,
    *,
    because: str,
    role: Role = "consumers",
) -> SwitchClients:
    """A workload's hook, and its opposite for undo."""
    assert workload.switch is not None
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
    )
