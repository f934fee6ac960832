"""Delete ACLs that this migration created on the target for a time."""

from typing import ClassVar, Literal

from migrate.model.acl import Acl
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.create_acls import everywhere, remove
from migrate.steps.settle import settle


class DeleteAcls(Change):
    """Delete these ACLs; `before` are those of them that existed, which undo recreates."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["delete_acls"] = "delete_acls"
    part: str
    acls: tuple[Acl, ...]
    before: tuple[Acl, ...] | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"delete_acls {self.part}"

    def describe(self) -> str:
        """See `Change`."""
        return f"delete {count(len(self.acls), f'{self.part} ACL')}"

    def aim(self, sites: Sites) -> "DeleteAcls":
        """Note which of the ACLs exist."""
        existing = sites.target.reader.acls()
        return self.model_copy(update={"before": tuple(a for a in self.acls if a in existing)})

    def present(self, sites: Sites) -> bool:
        """Whether no broker shows any of the ACLs."""
        return everywhere(sites.target.reader, set(self.acls).isdisjoint)

    def apply(self, sites: Sites) -> "DeleteAcls":
        """Delete the ACLs, and wait until no broker shows them."""
        remove(sites, "target", set(self.acls), self.part)
        return self

    def undo(self, sites: Sites) -> None:
        """Recreate the ACLs that existed, and wait until every broker shows them."""
        wanted = frozenset(self.before or ())
        existing = sites.target.reader.acls()
        sites.target.writer.create_acls(a for a in self.before or () if a not in existing)
        back = lambda: everywhere(sites.target.reader, wanted.issubset)  # noqa: E731
        settle(sites.clock, f"{len(wanted)} {self.part} ACLs", back)
