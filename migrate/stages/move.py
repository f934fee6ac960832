"""What a cutover, a rotation and a close are made from: a wave, its people's words, the copies under way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrate.documents.config import Policy
from migrate.documents.plan import Wave
from migrate.documents.workloads import Workload
from migrate.errors import Refused
from migrate.journal.copying import Carried
from migrate.model.acl import Acl
from migrate.steps.switch_clients import Role, Side, SwitchClients, Verb


@dataclass(frozen=True)
class Move:
    """What a cutover is made from: the wave, its people's words, the source's ACLs, and the copies under way."""

    wave: Wave
    workloads: tuple[Workload, ...]
    policy: Policy
    source_acls: tuple[Acl, ...]
    copies: dict[str, Carried]
    copier: str

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

    def groups(self, workloads: Iterable[Workload]) -> tuple[str, ...]:
        """Groups of some workloads, as far as they move with this wave."""
        mine = (g for w in workloads for g in w.every_group if g in self.wave.groups)
        return tuple(sorted(mine))

    def sights(
        self, workloads: Iterable[Workload]
    ) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
        """What shows that clients are at work: their groups, or the health hooks that speak for them.

        A workload that has a hook and no group goes by its own name.
        """
        seen: dict[str, tuple[str, ...]] = {}
        for workload in workloads:
            health = workload.switch.command.health if workload.switch else ()
            for name in self.groups([workload]) or ((workload.name,) if health else ()):
                seen[name] = tuple(health)
        return tuple(sorted(seen)), {name: hook for name, hook in seen.items() if hook}

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


def switched(
    workload: Workload, verb: Verb, side: Side, *, because: str, role: Role = "consumers"
) -> SwitchClients:
    """A workload's hook, and its opposite for undo."""
    assert workload.switch is not None
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
    )
