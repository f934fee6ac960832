"""What a stage is built from, read once under the lock."""

from dataclasses import dataclass

from migrate.documents.config import Config
from migrate.documents.inventory import Inventory
from migrate.documents.plan import Plan, Wave
from migrate.documents.workloads import Workloads
from migrate.errors import Refused
from migrate.journal.copying import carried
from migrate.journal.standing import Journal, fences, quiet_commits
from migrate.model.acl import order
from migrate.model.rights import SourceView
from migrate.stages.move import Move
from migrate.steps.await_groups import committed


@dataclass(frozen=True)
class WaveState:
    """A wave of a plan that is still true, with what people wrote and what was done so far."""

    config: Config
    people: Workloads
    plan: Plan
    wave: Wave
    inventory: Inventory
    journal: Journal

    def view(self) -> SourceView:
        """How the source's ACLs are compared: without what is this migration's own, under the plan's names."""
        own = {a.acl.principal for a in self.plan.accounts if a.acl and a.fate == "internal"}
        return SourceView(
            fences=order(fences(self.journal)),
            own=tuple(sorted(own)),
            names=dict(self.plan.principals),
        )

    def move(self) -> Move:
        """The wave as its cutover sees it: copies as they were before that began."""
        if self.config.replication is None:
            raise Refused(
                "kmig.yaml has no `replication`", "say which Connect cluster runs MirrorMaker 2"
            )
        names = {p.workload for p in self.wave.workloads}
        seen = committed(self.inventory.groups.found)
        return Move(
            wave=self.wave,
            workloads=tuple(w for w in self.people.workloads if w.name in names),
            policy=self.config.policy,
            # the migration's own principals are never fenced: a rollback commits through them
            source_acls=tuple(
                a.acl for a in self.plan.accounts if a.acl is not None and a.fate != "internal"
            ),
            view=self.view(),
            copies=carried(self.journal, but_for=self.wave.number),
            copier=self.config.replication.principal,
            known={**seen, **quiet_commits(self.journal, self.wave.number)},
        )
