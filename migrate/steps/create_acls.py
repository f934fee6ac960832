"""Create a set of ACLs on one side: one permission, one purpose, one step."""

from collections.abc import Callable
from typing import ClassVar, Literal

from migrate.errors import Refused, Unsupported
from migrate.model.acl import Acl
from migrate.model.words import count
from migrate.ports import ClusterReader, Sites, SourceWriter
from migrate.steps.change import Change
from migrate.steps.settle import settle


class CreateAcls(Change):
    """These ACLs; `before` holds those of them that the side had already, which undo leaves alone."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["create_acls"] = "create_acls"
    part: str
    acls: tuple[Acl, ...]
    side: Literal["source", "target"] = "target"
    before: tuple[Acl, ...] | None = None

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"create_acls {self.part}"

    @property
    def made(self) -> tuple[Acl, ...]:
        """Those that the side did not have before."""
        return tuple(acl for acl in self.acls if acl not in (self.before or ()))

    def describe(self) -> str:
        """One line."""
        where = " on source" if self.side == "source" else ""
        return f"create {count(len(self.acls), f'{self.part} ACL')}{where}"

    def outcome(self) -> str:
        """How many, and that they were seen."""
        return f"{count(len(self.acls), 'ACL')}, seen on every live broker"

    def aim(self, sites: Sites) -> "CreateAcls":
        """Note which of them are there already."""
        there = frozenset().union(*shown(reader(sites, self.side)))
        return self.model_copy(update={"before": tuple(a for a in self.acls if a in there)})

    def extending(self, begun: "CreateAcls", sites: Sites) -> "CreateAcls | None":
        """This step as the continuation of a begun one, if it only adds to it: what was noted then stays noted."""
        if not set(begun.acls) <= set(self.acls):
            return None
        there = frozenset().union(*shown(reader(sites, self.side)))
        added = tuple(a for a in self.acls if a not in begun.acls and a in there)
        return self.model_copy(update={"before": (*(begun.before or ()), *added)})

    def present(self, sites: Sites) -> bool:
        """Whether every broker shows all of them: each answers from its own copy."""
        wanted = set(self.acls)
        return everywhere(reader(sites, self.side), lambda there: wanted <= there)

    def apply(self, sites: Sites) -> "CreateAcls":
        """Create those that are missing, then wait until every broker shows them."""
        there = frozenset.intersection(*shown(reader(sites, self.side)))
        writer(sites, self.side).create_acls(a for a in self.acls if a not in there)
        settle(sites.clock, f"{len(self.acls)} {self.part} ACLs", lambda: self.present(sites))
        return self

    def undo(self, sites: Sites) -> None:
        """Delete those that this step made, and see them gone on every broker."""
        remove(sites, self.side, set(self.made), self.part)


def remove(sites: Sites, side: str, acls: set[Acl], part: str) -> None:
    """Delete ACLs by exact filter, and see them gone on every broker."""
    there = reader(sites, side).acls()
    writer(sites, side).delete_acls(a for a in sorted(acls, key=str) if a in there)
    gone = lambda: everywhere(reader(sites, side), acls.isdisjoint)  # noqa: E731
    settle(sites.clock, f"{len(acls)} {part} ACLs gone", gone)


def shown(side: ClusterReader) -> list[frozenset[Acl]]:
    """Each broker's own list: what one shows was there before, what one lacks is missing.

    `Refused` where a broker has no authorizer: ACLs that nobody asks are no protection.
    """
    try:
        return [side.acls(broker.id) for broker in side.brokers()]
    except Unsupported as error:
        raise Refused(
            error.message, "switch the authorizer on there (authorizer.class.name), then go on"
        ) from error


def everywhere(side: ClusterReader, holds: Callable[[frozenset[Acl]], bool]) -> bool:
    """Whether each broker's own list of ACLs is so."""
    return all(map(holds, shown(side)))


def reader(sites: Sites, side: str) -> ClusterReader:
    """The reader of one side."""
    return sites.source.reader if side == "source" else sites.target.reader


def writer(sites: Sites, side: str) -> SourceWriter:
    """The writer of one side; the source's is there only for commands that may fence it."""
    return sites.moving.fencing if side == "source" else sites.target.writer
