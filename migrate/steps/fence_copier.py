"""Deny the copier WRITE on topics whose producers move: it goes on with all others, and these are theirs alone."""

from typing import ClassVar, Literal

from migrate.model.acl import Acl
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.connectors import wait_running
from migrate.steps.create_acls import CreateAcls


class FenceCopier(Change):
    """Create DENY WRITE for the copier; `before` are those that existed already.

    It keeps DESCRIBE, which ALLOW WRITE implies and DENY WRITE does not take: with it its tasks survive a restart.
    They have nothing left to copy of these topics; one that tries all the same fails, and is started again by undo.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})
    KEY: ClassVar[str] = "fence_copier"

    op: Literal["fence_copier"] = "fence_copier"
    acls: tuple[Acl, ...]
    connectors: tuple[str, ...]
    before: tuple[Acl, ...] | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return self.KEY

    def describe(self) -> str:
        """See `Change`."""
        return f"deny the copier WRITE: {count(len(self.acls), 'ACL')}"

    def outcome(self) -> str:
        """See `Change`."""
        return self._denials.outcome()

    def aim(self, sites: Sites) -> "FenceCopier":
        """Note which of the ACLs exist."""
        return self.model_copy(update={"before": self._denials.aim(sites).before})

    def present(self, sites: Sites) -> bool:
        """Whether every broker shows all of the ACLs."""
        return self._denials.present(sites)

    def apply(self, sites: Sites) -> "FenceCopier":
        """Create the ACLs, and wait until every broker shows them."""
        self._denials.apply(sites)
        return self

    def undo(self, sites: Sites) -> None:
        """Let the copier write again, and start the tasks again that have failed without."""
        self._denials.undo(sites)
        for name in self.connectors:
            copier = sites.moving.copy.copy(name)
            if copier is not None and copier.failure:
                sites.moving.copy.resume(name)
                wait_running(sites, name)

    @property
    def _denials(self) -> CreateAcls:
        return CreateAcls(
            because=self.because, part="copier fence", acls=self.acls, before=self.before
        )
