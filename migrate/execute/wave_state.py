"""The documents and the journal that a stage is built from, read once under the lock."""

from dataclasses import dataclass

from migrate.documents.config import Config
from migrate.documents.inventory import Inventory
from migrate.documents.plan import Plan, Wave
from migrate.documents.workloads import Workloads
from migrate.errors import Refused
from migrate.journal.copying import copy_connectors
from migrate.journal.positions import left_source, quiet_commits, settled
from migrate.journal.progress import Status, status_of
from migrate.journal.standing import Journal, fences
from migrate.model.acl import order
from migrate.model.rights import SourceView
from migrate.stages.close import waves_ended_by
from migrate.stages.move import Move
from migrate.steps.await_groups import committed


@dataclass(frozen=True)
class WaveState:
    """A wave of a current plan, with the authored files, the inventory and the journal."""

    config: Config
    people: Workloads
    plan: Plan
    wave: Wave
    inventory: Inventory
    journal: Journal

    def view(self) -> SourceView:
        """Return how the source's ACLs are compared: without this migration's own, under the plan's names."""
        own = {a.acl.principal for a in self.plan.accounts if a.acl and a.fate == "internal"}
        return SourceView(
            fences=order(fences(self.journal)),
            own=tuple(sorted(own)),
            names=dict(self.plan.principals),
        )

    def _reading(self) -> tuple[str, ...]:
        """Return the groups of the waves up to this one that are not closed; a close ends waves of consumers too."""
        waves = [w for w in self.plan.waves if w.number <= self.wave.number]
        closed = [w for w in waves if status_of(self.journal, w, "close") is Status.DONE]
        owns = {wave.number: bool(wave.owns_topics) for wave in waves}
        over = {n for w in closed for n in waves_ended_by(w.number, owns.__getitem__)}
        return tuple(sorted(g for w in waves if w.number not in over for g in w.groups))

    def move(self) -> Move:
        """Return the wave as its cutover sees it, with the copies as they were before the cutover began."""
        if self.config.replication is None:
            raise Refused(
                "kmig.yaml has no `replication`, so no topic can be copied",
                "add `replication` to kmig.yaml, with the Connect cluster that runs MirrorMaker 2",
            )
        names = {p.workload for p in self.wave.workloads}
        seen = committed(self.inventory.groups.found)
        return Move(
            wave=self.wave,
            workloads=tuple(w for w in self.people.workloads if w.name in names),
            policy=self.config.policy,
            # this migration's own principals are never fenced: a rollback commits offsets with them
            source_acls=tuple(
                a.acl for a in self.plan.accounts if a.acl is not None and a.fate != "internal"
            ),
            view=self.view(),
            copies=copy_connectors(self.journal, but_for=self.wave.number),
            copier=self.config.replication.principal,
            known={**seen, **quiet_commits(self.journal, self.wave.number)},
            reading=self._reading(),
            waivers=self.people.waive,
            moved=left_source(self.journal, self.plan),
            identical=self.config.copied_by == "identical",
            settled=settled(self.journal, self.wave.number),
            obeys=self.config.copier_obeys,
        )
