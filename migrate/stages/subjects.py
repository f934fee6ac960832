"""The subjects of a wave's stages (topics, groups, workloads), from the plan and workloads.yaml alone."""

from dataclasses import dataclass

from migrate.documents.plan import Wave
from migrate.documents.workloads import Workload


@dataclass(frozen=True)
class Subjects:
    """A wave, its workloads, and what the lines of its outline are about.

    `passed` are topics that it reads and whose producers stay. `before` are the workloads of earlier waves, of
    consumers only, that its close ends too. `foreign` copies are not kmig's; an ACL stops a copier that `obeys`, and
    kmig has `granted` it WRITE. Each method returns the subjects of a line; one without any is left out.
    """

    wave: Wave
    workloads: tuple[Workload, ...]
    passed: tuple[str, ...]
    before: tuple[Workload, ...] = ()
    foreign: bool = False
    obeys: bool = True
    granted: bool = True

    def copies(self) -> tuple[str, ...]:
        """Return the topics whose copy starts."""
        return self.wave.copies

    def started(self) -> tuple[str, ...]:
        """Return the topics whose copy kmig starts."""
        return () if self.foreign else self.wave.copies

    def adopted(self) -> tuple[str, ...]:
        """Return the topics whose copy somebody else runs."""
        return self.wave.copies if self.foreign else ()

    def owned(self) -> tuple[str, ...]:
        """Return the topics whose producers move."""
        return self.wave.owns_topics

    def groups(self) -> tuple[str, ...]:
        """Return the groups that move."""
        return self.wave.groups

    def producers(self) -> tuple[str, ...]:
        """Return the workloads that write to a topic of this wave."""
        return self.wave.producers

    def consumers(self) -> tuple[str, ...]:
        """Return the other workloads."""
        return tuple(w.name for w in self.workloads if w.name not in self.wave.producers)

    def switched_consumers(self) -> tuple[str, ...]:
        """Return the consumers that hooks stop and start: no batch job."""
        return self._switched(self.consumers())

    def switched_producers(self) -> tuple[str, ...]:
        """Return the producers that hooks stop and start: no batch job."""
        return self._switched(self.producers())

    def consumer_groups(self) -> tuple[str, ...]:
        """Return the groups of consumers."""
        return self._groups_of(self.consumers())

    def producer_groups(self) -> tuple[str, ...]:
        """Return the groups of producers."""
        return self._groups_of(self.producers())

    def consumer_files(self) -> tuple[str, ...]:
        """Return the consumers that read the cluster's address from a file."""
        return self._with_file(self.consumers())

    def producer_files(self) -> tuple[str, ...]:
        """Return the producers that read the cluster's address from a file."""
        return self._with_file(self.producers())

    def forgotten_files(self) -> tuple[str, ...]:
        """Return the workloads whose previous files are no longer needed once the wave is closed."""
        ended = (*self.before, *self.workloads) if self.owned() else ()
        return tuple(sorted(w.name for w in ended if w.switch and w.switch.file))

    def observable_consumers(self) -> tuple[str, ...]:
        """Return the consumers whose clients a group or a health hook shows."""
        return self._observable(self.consumers())

    def observable_producers(self) -> tuple[str, ...]:
        """Return the producers whose clients a group or a health hook shows."""
        return self._observable(self.producers())

    def gated_owned(self) -> tuple[str, ...]:
        """Return the topics that must be unwritten since the fence when the write gate opens."""
        return self.owned() if self.gated() else ()

    def gated(self) -> tuple[str, ...]:
        """Return the principals that get WRITE at the write gate, or else the producers that wait for it."""
        granted = {acl.principal for acl in self.wave.grants}
        return tuple(sorted(granted)) or self.producers()

    def restored(self) -> tuple[str, ...]:
        """Return the topics whose configs are restored."""
        return self.wave.restored

    def retained(self) -> tuple[str, ...]:
        """Return the topics whose retention is restored."""
        return self.wave.retained

    def rotated(self) -> tuple[str, ...]:
        """Return the workloads whose credential is rotated."""
        return self.wave.rotates

    def restarted(self) -> tuple[str, ...]:
        """Return the workloads that log in with a rotated credential."""
        rotated = set(self.rotated())
        principals = {w.principal for w in self.workloads if w.name in rotated}
        return tuple(w.name for w in self.workloads if w.principal in principals)

    def rotated_groups(self) -> tuple[str, ...]:
        """Return the groups of the restarted workloads."""
        return self._groups_of(self.restarted())

    def _groups_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        mine, moving = set(names), set(self.groups())
        workloads = (w for w in self.workloads if w.name in mine)
        return tuple(sorted(g for w in workloads for g in w.every_group if g in moving))

    def _switched(self, names: tuple[str, ...]) -> tuple[str, ...]:
        batch = {w.name for w in self.workloads if w.is_batch}
        return tuple(name for name in names if name not in batch)

    def _with_file(self, names: tuple[str, ...]) -> tuple[str, ...]:
        mine = set(names)
        return tuple(
            w.name for w in self.workloads if w.name in mine and w.switch and w.switch.file
        )

    def _observable(self, names: tuple[str, ...]) -> tuple[str, ...]:
        groups, mine = set(self.groups()), set(names)
        return tuple(
            w.name
            for w in self.workloads
            if w.name in mine
            and not w.is_batch
            and (groups & set(w.every_group) or (w.switch and w.switch.health))
        )

    def bound(self) -> tuple[str, ...]:
        """Return the topics that move, where an ACL stops their copier."""
        return self.owned() if self.obeys else ()

    def unbound(self) -> tuple[str, ...]:
        """Return the topics that move, where no ACL stops their copier."""
        return () if self.obeys else self.owned()

    def unbound_granted(self) -> tuple[str, ...]:
        """Return those of them on which the copier has a right that kmig gave it."""
        return self.unbound() if self.granted else ()

    def bound_passing(self) -> tuple[str, ...]:
        """Return the topics that stay in copies which topics leave once the wave has moved."""
        return self.passing() if self.bound() else ()

    def unbound_passing(self) -> tuple[str, ...]:
        """Return the topics that stay in copies which topics leave before the write gate."""
        return self.passing() if self.unbound() else ()

    def passed_by_producers(self) -> tuple[str, ...]:
        """Return the topics that producers read in groups, and whose producers stay."""
        moving, mine = set(self.groups()), set(self.producers())
        grouped = [w for w in self.workloads if w.name in mine and moving & set(w.every_group)]
        return tuple(t for t in self.passed if any(s.selects(t) for w in grouped for s in w.reads))

    def passing(self) -> tuple[str, ...]:
        """Return the topics that the wave reads and whose producers stay."""
        return self.passed
