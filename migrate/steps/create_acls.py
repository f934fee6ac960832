"""Create a set of ACLs on the target: one permission, one purpose, one step."""

from collections.abc import Callable
from typing import Literal

from migrate.model.acl import Acl
from migrate.model.base import Model
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.settle import settle


class CreateAcls(Model):
    """These ACLs; `before` holds those of them that the target had already, which undo leaves alone."""

    op: Literal["create_acls"] = "create_acls"
    because: str
    part: str
    acls: tuple[Acl, ...]
    before: tuple[Acl, ...] | None = None

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"create_acls {self.part}"

    def describe(self) -> str:
        """One line."""
        return f"create {count(len(self.acls), f'{self.part} ACL')}"

    def guard(self, sites: Sites) -> None:
        """Nothing stands in the way of an ACL that is missing."""

    def aim(self, sites: Sites) -> "CreateAcls":
        """Note which of them are there already."""
        there = sites.target.reader.acls()
        return self.model_copy(update={"before": tuple(a for a in self.acls if a in there)})

    def extending(self, begun: "CreateAcls", sites: Sites) -> "CreateAcls | None":
        """This step as the continuation of a begun one, if it only adds to it: what was noted then stays noted."""
        if not set(begun.acls) <= set(self.acls):
            return None
        there = sites.target.reader.acls()
        added = tuple(a for a in self.acls if a not in begun.acls and a in there)
        return self.model_copy(update={"before": (*(begun.before or ()), *added)})

    def present(self, sites: Sites) -> bool:
        """Whether every broker shows all of them: each answers from its own copy."""
        wanted = set(self.acls)
        return _everywhere(sites, lambda there: wanted <= there)

    def apply(self, sites: Sites) -> "CreateAcls":
        """Create those that are missing, then wait until every broker shows them."""
        there = sites.target.reader.acls()
        sites.target.writer.create_acls(a for a in self.acls if a not in there)
        settle(sites.clock, f"{len(self.acls)} {self.part} ACLs", lambda: self.present(sites))
        return self

    def guard_undo(self, sites: Sites) -> None:
        """Nothing stands in the way of deleting ACLs that kmig created."""

    def undo(self, sites: Sites) -> None:
        """Delete those that were not there before, by exact filter, and see them gone on every broker."""
        ours = set(self.acls) - set(self.before or ())
        there = sites.target.reader.acls()
        sites.target.writer.delete_acls(a for a in self.acls if a in ours and a in there)
        gone = lambda: _everywhere(sites, ours.isdisjoint)  # noqa: E731
        settle(sites.clock, f"{len(ours)} {self.part} ACLs gone", gone)


def _everywhere(sites: Sites, holds: Callable[[frozenset[Acl]], bool]) -> bool:
    reader = sites.target.reader
    return all(holds(reader.acls(broker.id)) for broker in reader.brokers())
