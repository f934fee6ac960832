"""Grant WRITE on the target to the principals that move: the point of no return."""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.acl import Acl
from migrate.model.record import Position
from migrate.model.rights import SourceView
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.create_acls import CreateAcls, shown
from migrate.steps.freeze_topics import positions
from migrate.steps.source_rights import refuse_denied

_HINT = (
    "restore the right on the source and run the same kmig cutover again, "
    "or run kmig rollback, kmig inventory, kmig plan, and read what changed"
)


class OpenWriteGate(Change):
    """What was withheld until now. From its first ACL on, records may be accepted that only the target has.

    `source` is how the source's ACLs are compared with them; None in journals of a version that did not.
    """

    # how it is asked is not what is made: a gate that was begun without it is the same gate
    NOTED: ClassVar[frozenset[str]] = frozenset({"before", "ends", "source"})
    KEY: ClassVar[str] = "open_write_gate"

    op: Literal["open_write_gate"] = "open_write_gate"
    topics: tuple[str, ...]
    acls: tuple[Acl, ...]
    before: tuple[Acl, ...] | None = None
    ends: tuple[Position, ...] = ()
    source: SourceView | None = None

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return self.KEY

    def describe(self) -> str:
        """One line."""
        return f"grant WRITE: {count(len(self.acls), 'ACL')}"

    def outcome(self) -> str:
        """That they were seen."""
        return self._grants.outcome()

    def guard(self, sites: Sites) -> None:
        """Refuse to grant what the source denies now; what is granted already is behind the wave."""
        if self.source is None:
            return
        granted = frozenset().union(*shown(sites.target.reader))
        refuse_denied(sites, self.source, (a for a in self.acls if a not in granted), _HINT)

    def aim(self, sites: Sites) -> "OpenWriteGate":
        """Note where the target's logs end; refused when somebody has granted one of them already."""
        before = self._grants.aim(sites).before
        if before:
            raise Refused(
                f"target grants it already, and not by this cutover: {before[0]}",
                "somebody may write there: take that ACL away, see that nobody wrote, then the same command again",
            )
        self.guard(sites)
        return self.model_copy(update={"before": before, "ends": self._ends(sites)})

    def present(self, sites: Sites) -> bool:
        """Whether every broker shows all of them."""
        return self._grants.present(sites)

    def apply(self, sites: Sites) -> "OpenWriteGate":
        """Create them and wait until every broker shows them; no producer is started before."""
        self._grants.apply(sites)
        return self

    def guard_undo(self, sites: Sites) -> None:
        """Refuse once any broker shows one of them, or a log has grown: the source may lack a record."""
        if self.ends and self._ends(sites) != self.ends:
            raise Refused(
                "target holds records that source lacks: the point of no return is behind this wave",
                "go forward: run the same kmig cutover again",
            )
        ours = set(self.acls) - set(self.before or ())
        for broker in sites.target.reader.brokers():
            if not ours.isdisjoint(sites.target.reader.acls(broker.id)):
                raise Refused(
                    "WRITE was granted on target: the point of no return is behind this wave",
                    "go forward: run the same kmig cutover again",
                )

    def undo(self, sites: Sites) -> None:
        """Nothing was granted, or it would have been refused."""

    def _ends(self, sites: Sites) -> tuple[Position, ...]:
        return positions(sites.target.reader.ends(self.topics))

    @property
    def _grants(self) -> CreateAcls:
        return CreateAcls(because=self.because, part="write", acls=self.acls, before=self.before)
