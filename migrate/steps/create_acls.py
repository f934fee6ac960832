"""Create a set of ACLs on one side; each set has one permission and one purpose."""

from collections.abc import Callable
from typing import ClassVar, Literal

from migrate.errors import Refused, Unsupported
from migrate.model.acl import Acl
from migrate.model.words import count
from migrate.ports import ClusterReader, Sites, SourceWriter
from migrate.steps.change import Change
from migrate.steps.settle import settle


class CreateAcls(Change):
    """Create these ACLs; `before` are those of them that existed already, which undo keeps."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["create_acls"] = "create_acls"
    part: str
    acls: tuple[Acl, ...]
    side: Literal["source", "target"] = "target"
    before: tuple[Acl, ...] | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"create_acls {self.part}"

    @property
    def made(self) -> tuple[Acl, ...]:
        """The ACLs that did not exist before."""
        return tuple(acl for acl in self.acls if acl not in (self.before or ()))

    def describe(self) -> str:
        """See `Change`."""
        where = " on source" if self.side == "source" else ""
        return f"create {count(len(self.acls), f'{self.part} ACL')}{where}"

    def outcome(self) -> str:
        """See `Change`."""
        return f"{count(len(self.acls), 'ACL')}, seen on every live broker"

    def aim(self, sites: Sites) -> "CreateAcls":
        """Note which of the ACLs any broker already shows."""
        existing = frozenset().union(*shown(reader(sites, self.side)))
        return self.model_copy(update={"before": tuple(a for a in self.acls if a in existing)})

    def extending(self, begun: "CreateAcls", sites: Sites) -> "CreateAcls | None":
        """Continue `begun` if this step has all of its ACLs; its `before` stays as it was noted."""
        if not set(begun.acls) <= set(self.acls):
            return None
        existing = frozenset().union(*shown(reader(sites, self.side)))
        added = tuple(a for a in self.acls if a not in begun.acls and a in existing)
        return self.model_copy(update={"before": (*(begun.before or ()), *added)})

    def present(self, sites: Sites) -> bool:
        """Whether every broker shows all of the ACLs: each broker decides by its own copy of the metadata."""
        wanted = set(self.acls)
        return everywhere(reader(sites, self.side), lambda acls: wanted <= acls)

    def apply(self, sites: Sites) -> "CreateAcls":
        """Create the ACLs that any broker lacks, and wait until every broker shows all of them."""
        complete = frozenset.intersection(*shown(reader(sites, self.side)))
        writer(sites, self.side).create_acls(a for a in self.acls if a not in complete)
        settle(sites.clock, f"{len(self.acls)} {self.part} ACLs", lambda: self.present(sites))
        return self

    def undo(self, sites: Sites) -> None:
        """Delete the ACLs that this step created, and wait until no broker shows them."""
        remove(sites, self.side, set(self.made), self.part)


def remove(sites: Sites, side: str, acls: set[Acl], part: str) -> None:
    """Delete ACLs by exact filter, and wait until no broker shows them."""
    existing = reader(sites, side).acls()
    writer(sites, side).delete_acls(a for a in sorted(acls, key=str) if a in existing)
    gone = lambda: everywhere(reader(sites, side), acls.isdisjoint)  # noqa: E731
    settle(sites.clock, f"{len(acls)} {part} ACLs deleted", gone)


def shown(side: ClusterReader) -> list[frozenset[Acl]]:
    """Return each broker's own list of ACLs.

    An ACL that one broker shows exists; one that any broker lacks is not in force. `Refused` if a broker has no
    authorizer: its ACLs protect nothing.
    """
    try:
        return [side.acls(broker.id) for broker in side.brokers()]
    except Unsupported as error:
        raise Refused(
            error.message,
            "enable the authorizer on these brokers (authorizer.class.name), then rerun the command",
        ) from error


def everywhere(side: ClusterReader, holds: Callable[[frozenset[Acl]], bool]) -> bool:
    """Return whether `holds` is true of each broker's own list of ACLs."""
    return all(map(holds, shown(side)))


def reader(sites: Sites, side: str) -> ClusterReader:
    """Return the reader of one side."""
    return sites.source.reader if side == "source" else sites.target.reader


def writer(sites: Sites, side: str) -> SourceWriter:
    """Return the writer of one side; for the source only commands that may fence it have one."""
    return sites.moving.fencing if side == "source" else sites.target.writer
