"""What the stages of a wave are about, by the plan and workloads.yaml alone."""

from dataclasses import dataclass

from migrate.documents.plan import Wave
from migrate.documents.workloads import Workload


@dataclass(frozen=True)
class Subjects:
    """A wave and its workloads; `passed` are topics it reads whose producers stay.

    `before` are the workloads of the waves of consumers only that its close ends too.

    Each method is what some line is about; a line about nothing is left out.
    """

    wave: Wave
    workloads: tuple[Workload, ...]
    passed: tuple[str, ...]
    before: tuple[Workload, ...] = ()

    def copies(self) -> tuple[str, ...]:
        """Topics whose copy starts."""
        return self.wave.copies

    def owned(self) -> tuple[str, ...]:
        """Topics whose producers move."""
        return self.wave.owns_topics

    def groups(self) -> tuple[str, ...]:
        """Groups that move."""
        return self.wave.groups

    def producers(self) -> tuple[str, ...]:
        """Workloads that write to a topic of this wave."""
        return self.wave.producers

    def consumers(self) -> tuple[str, ...]:
        """All others."""
        return tuple(w.name for w in self.workloads if w.name not in self.wave.producers)

    def consumer_groups(self) -> tuple[str, ...]:
        """Groups of consumers."""
        return self._groups_of(self.consumers())

    def producer_groups(self) -> tuple[str, ...]:
        """Groups of producers."""
        return self._groups_of(self.producers())

    def consumer_files(self) -> tuple[str, ...]:
        """Consumers that find their side in a file."""
        return self._with_file(self.consumers())

    def producer_files(self) -> tuple[str, ...]:
        """Producers that do."""
        return self._with_file(self.producers())

    def forgotten_files(self) -> tuple[str, ...]:
        """Workloads whose files need not be restored any more once the wave is closed."""
        ended = (*self.before, *self.workloads) if self.owned() else ()
        return tuple(sorted(w.name for w in ended if w.switch and w.switch.file))

    def seen_consumers(self) -> tuple[str, ...]:
        """Consumers that a group or a health hook shows at work."""
        return self._seen(self.consumers())

    def seen_producers(self) -> tuple[str, ...]:
        """Producers that one does."""
        return self._seen(self.producers())

    def gated_owned(self) -> tuple[str, ...]:
        """Topics that must not have been written when the gate opens."""
        return self.owned() if self.gated() else ()

    def gated(self) -> tuple[str, ...]:
        """Principals to which the point of no return gives WRITE, or producers that wait for it."""
        granted = {acl.principal for acl in self.wave.grants}
        return tuple(sorted(granted)) or self.producers()

    def restored(self) -> tuple[str, ...]:
        """Topics that get configs back."""
        return self.wave.restored

    def rotated(self) -> tuple[str, ...]:
        """Workloads whose credential is exchanged."""
        return self.wave.rotates

    def restarted(self) -> tuple[str, ...]:
        """Workloads that log in with one of those credentials."""
        rotated = set(self.rotated())
        changed = {w.principal for w in self.workloads if w.name in rotated}
        return tuple(w.name for w in self.workloads if w.principal in changed)

    def rotated_groups(self) -> tuple[str, ...]:
        """Their groups."""
        return self._groups_of(self.restarted())

    def _groups_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        mine, moving = set(names), set(self.groups())
        workloads = (w for w in self.workloads if w.name in mine)
        return tuple(sorted(g for w in workloads for g in w.every_group if g in moving))

    def _with_file(self, names: tuple[str, ...]) -> tuple[str, ...]:
        mine = set(names)
        return tuple(
            w.name for w in self.workloads if w.name in mine and w.switch and w.switch.file
        )

    def _seen(self, names: tuple[str, ...]) -> tuple[str, ...]:
        groups, mine = set(self.groups()), set(names)
        return tuple(
            w.name
            for w in self.workloads
            if w.name in mine
            and (groups & set(w.every_group) or (w.switch and w.switch.command.health))
        )

    def passing(self) -> tuple[str, ...]:
        """Topics that it reads and whose producers stay."""
        return self.passed
