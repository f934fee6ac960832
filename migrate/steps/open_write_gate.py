"""Grant WRITE on the target to the principals that move: the point of no return.

From the first granted ACL on a producer may write a record that only the target has, and no rollback could keep it.
"""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.acl import Acl
from migrate.model.record import Position, positions
from migrate.model.rights import SourceView
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.create_acls import CreateAcls, shown
from migrate.steps.source_rights import refuse_denied

_HINT = (
    "restore the right on the source and rerun kmig cutover; "
    "or run kmig rollback, kmig inventory and kmig plan, and read what changed"
)
_FORWARD = "go forward: rerun kmig cutover"


class OpenWriteGate(Change):
    """Create the ACLs that were withheld until now.

    `before` are those that existed already, and `ends` where the target's logs ended, both noted just before.
    `source` is how the source's ACLs are compared with them; None in journals of versions that did not compare.
    `groups` are those that moved: none may have its place outside one of these logs.
    """

    # `source` and `groups` are how questions are put, not what is created: a gate begun without them is the same step
    NOTED: ClassVar[frozenset[str]] = frozenset({"before", "ends", "source", "groups"})
    KEY: ClassVar[str] = "open_write_gate"

    op: Literal["open_write_gate"] = "open_write_gate"
    topics: tuple[str, ...]
    acls: tuple[Acl, ...]
    before: tuple[Acl, ...] | None = None
    ends: tuple[Position, ...] = ()
    source: SourceView | None = None
    groups: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """See `Change`."""
        return self.KEY

    def describe(self) -> str:
        """See `Change`."""
        return f"grant WRITE: {count(len(self.acls), 'ACL')}"

    def outcome(self) -> str:
        """See `Change`."""
        return self._grants.outcome()

    def guard(self, sites: Sites) -> None:
        """Refuse to grant what the source denies now, apart from ACLs that the target already has."""
        if self.source is None:
            return
        granted = frozenset().union(*shown(sites.target.reader))
        refuse_denied(sites, self.source, (a for a in self.acls if a not in granted), _HINT)

    def aim(self, sites: Sites) -> "OpenWriteGate":
        """Note where the target's logs end; refuse if one of the ACLs exists, or if unread records are deleted."""
        before = self._grants.aim(sites).before
        if before:
            raise Refused(
                "an ACL of the write gate already exists on the target, and this cutover did not create it: "
                f"{before[0]}",
                "delete that ACL, check that nothing was written, then rerun the command",
            )
        self.guard(sites)
        self._require_kept(sites)
        return self.model_copy(update={"before": before, "ends": self._ends(sites)})

    def present(self, sites: Sites) -> bool:
        """Whether every broker shows all of the ACLs."""
        return self._grants.present(sites)

    def apply(self, sites: Sites) -> "OpenWriteGate":
        """Create the ACLs and wait until every broker shows them; no producer is started before."""
        self._grants.apply(sites)
        return self

    def guard_undo(self, sites: Sites) -> None:
        """Refuse once any broker shows one of the ACLs, or a log has grown: the source may lack a record."""
        if self.ends and self._ends(sites) != self.ends:
            raise Refused(
                "no rollback: the target holds records that the source lacks; the point of no return is passed",
                _FORWARD,
            )
        ours = set(self.acls) - set(self.before or ())
        for broker in sites.target.reader.brokers():
            if not ours.isdisjoint(sites.target.reader.acls(broker.id)):
                raise Refused(
                    "no rollback: WRITE was granted on the target; the point of no return is passed",
                    _FORWARD,
                )

    def undo(self, sites: Sites) -> None:
        """Do nothing: `guard_undo` has seen that nothing was granted."""

    def _require_kept(self, sites: Sites) -> None:
        """Refuse while it can still be taken back: the source may hold what the target has deleted."""
        groups = sites.target.reader.groups(self.groups) if self.groups else ()
        logs = sites.target.reader.ends(self.topics) if groups else {}
        for group, commit in ((g, c) for g in groups for c in g.commits):
            log = logs.get((commit.topic, commit.partition))
            if log and (why := log.outside(commit.offset)):
                raise Refused(
                    f"group {group.name} on {commit.topic}-{commit.partition} of the target: {why}",
                    "find out what deletes there; go back with kmig rollback, and cut over again",
                )

    def _ends(self, sites: Sites) -> tuple[Position, ...]:
        return positions(sites.target.reader.ends(self.topics))

    @property
    def _grants(self) -> CreateAcls:
        return CreateAcls(because=self.because, part="write", acls=self.acls, before=self.before)
