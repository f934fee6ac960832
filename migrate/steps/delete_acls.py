"""Delete ACLs that this migration made for a time on the target."""

from typing import ClassVar, Literal

from migrate.model.acl import Acl
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.create_acls import everywhere, remove
from migrate.steps.settle import settle


class DeleteAcls(Change):
    """These ACLs; `before` holds those that were there, which undo brings back."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["delete_acls"] = "delete_acls"
    part: str
    acls: tuple[Acl, ...]
    before: tuple[Acl, ...] | None = None

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"delete_acls {self.part}"

    def describe(self) -> str:
        """One line."""
        return f"delete {count(len(self.acls), f'{self.part} ACL')}"

    def aim(self, sites: Sites) -> "DeleteAcls":
        """Note which of them are there."""
        there = sites.target.reader.acls()
        return self.model_copy(update={"before": tuple(a for a in self.acls if a in there)})

    def present(self, sites: Sites) -> bool:
        """Whether no broker shows any of them."""
        return everywhere(sites.target.reader, set(self.acls).isdisjoint)

    def apply(self, sites: Sites) -> "DeleteAcls":
        """Delete them, and see them gone on every broker."""
        remove(sites, "target", set(self.acls), self.part)
        return self

    def undo(self, sites: Sites) -> None:
        """Bring back those that were there."""
        wanted = frozenset(self.before or ())
        there = sites.target.reader.acls()
        sites.target.writer.create_acls(a for a in self.before or () if a not in there)
        back = lambda: everywhere(sites.target.reader, wanted.issubset)  # noqa: E731
        settle(sites.clock, f"{len(wanted)} {self.part} ACLs", back)
