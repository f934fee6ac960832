"""ACLs as AutoMQ BYOC expresses them: its administrators grant groups of operations, and kmig has no rights there.

`automq_kafka_acl` has ALL, PRODUCE and CONSUME on topics, ALL on everything else, and no hosts. AutoMQ's
documentation does not list the operations of a group: kmig takes PRODUCE for WRITE and CONSUME for READ, with the
DESCRIBE that they imply.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrate.documents.decisions import Widening
from migrate.documents.plan import Export, GroupGrant, Unexpressed
from migrate.model.acl import Acl
from migrate.plan import rule
from migrate.plan.accounting import matches
from migrate.plan.blocked import Blocker

_NAME = range(4, 65)
_TYPES = ("TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID")
_GROUPS = {"WRITE": "PRODUCE", "READ": "CONSUME"}


@dataclass(frozen=True)
class ByocGrants:
    """The grants that replace some ACLs, and the ACLs that BYOC cannot express, or only by a wider grant."""

    grants: tuple[GroupGrant, ...]
    unexpressed: tuple[Unexpressed, ...]

    @property
    def accepted_denies(self) -> frozenset[Acl]:
        """Return the DENYs that BYOC cannot express; unless `widen` accepts each, no plan is made."""
        return frozenset(u.acl for u in self.unexpressed if u.acl.permission == "DENY")


NOTHING = ByocGrants((), ())


def express(acls: Iterable[Acl]) -> ByocGrants:
    """Return the ACLs as BYOC grants. One that allows more than its ACL is included, and listed as `widened`."""
    by_pattern: dict[tuple[object, ...], list[Acl]] = defaultdict(list)
    for acl in acls:
        by_pattern[acl.principal, acl.resource, acl.permission, acl.host].append(acl)
    grants: set[tuple[str, ...]] = set()
    lost: list[Unexpressed] = []
    for some in by_pattern.values():
        operations = {acl.operation for acl in some}
        for acl in some:
            group, because = _group_of(acl, operations)
            if group:
                kind, pattern, name = acl.resource
                grants.add((kind, name, pattern, acl.principal, group, acl.permission))
            if because:
                # a missing DENY allows more, as a group of operations does that is wider than its ACL
                fate = "widened" if group or acl.permission == "DENY" else "lost"
                lost.append(Unexpressed(acl=acl, fate=fate, because=because))
    fields = tuple(GroupGrant.model_fields)
    return ByocGrants(
        grants=tuple(GroupGrant(**dict(zip(fields, row, strict=True))) for row in sorted(grants)),
        unexpressed=tuple(lost),
    )


def exports(granted: Iterable[tuple[int, tuple[Acl, ...], tuple[Acl, ...]]]) -> Iterator[Export]:
    """Yield what each wave grants when it is prepared, and at its switch."""
    for wave, prepared, switched in granted:
        yield Export(wave=wave, moment="prepare", grants=express(prepared).grants)
        yield Export(wave=wave, moment="switch", grants=express(switched).grants)


def refused(unexpressed: Iterable[Unexpressed], widen: Iterable[Widening]) -> Iterator[Blocker]:
    """Yield a blocker for each grant that is wider than its ACL and that `widen` does not accept."""
    filters = [one.acl for one in widen]
    for one in unexpressed:
        if one.fate == "widened" and not any(matches(f, one.acl) for f in filters):
            yield rule.WOULD_WIDEN.blocker(f"{one.acl}: {one.because}")


def _group_of(acl: Acl, operations: set[str]) -> tuple[str, str]:
    """Return the group of operations, empty if none fits, and why it does not fit exactly."""
    name = acl.principal.partition(":")[2]
    if acl.host != "*":
        return "", "BYOC cannot restrict a grant to a host"
    if len(name) not in _NAME:
        return "", "BYOC user names have 4 to 64 characters"
    if acl.resource_type not in _TYPES:
        return "", f"BYOC cannot grant on a {acl.resource_type.lower()}"
    if acl.operation == "ALL":
        return "ALL", ""
    if acl.permission == "DENY":
        return "", "BYOC cannot deny a single operation"
    return _topic(acl, operations) if acl.resource_type == "TOPIC" else _other(acl)


def _topic(acl: Acl, operations: set[str]) -> tuple[str, str]:
    if acl.operation in _GROUPS:
        return _GROUPS[acl.operation], ""
    if acl.operation == "DESCRIBE" and operations & _GROUPS.keys():
        return "", ""  # PRODUCE and CONSUME imply it
    return "", f"BYOC cannot grant {acl.operation} alone"


def _other(acl: Acl) -> tuple[str, str]:
    if (acl.resource_type, acl.operation) == ("GROUP", "READ"):
        return "ALL", "BYOC can only grant ALL on a group, which also allows DELETE"
    if (acl.resource_type, acl.operation) == ("TRANSACTIONAL_ID", "WRITE"):
        return "ALL", ""  # WRITE and DESCRIBE are all operations on it in Kafka 3.9
    if (acl.resource_type, acl.operation) == ("CLUSTER", "IDEMPOTENT_WRITE"):
        return "", ""  # WRITE on any topic is enough since Kafka 2.8 (KIP-679)
    return "", f"BYOC cannot grant {acl.operation} alone on a {acl.resource_type.lower()}"
