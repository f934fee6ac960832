"""ACLs in the words of AutoMQ BYOC, whose administrators grant groups of operations and hand out no rights.

`automq_kafka_acl` knows ALL, PRODUCE and CONSUME on topics, ALL on everything else, and no hosts. What a group
consists of is not written down where we looked; PRODUCE is taken for WRITE and CONSUME for READ, with the DESCRIBE
that they imply.
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
class Expressed:
    """The grants that stand for some ACLs, and the ACLs for which there are no words, or only wider ones."""

    grants: tuple[GroupGrant, ...]
    unexpressed: tuple[Unexpressed, ...]

    @property
    def borne(self) -> frozenset[Acl]:
        """DENYs without words: somebody bears each, or there is no plan."""
        return frozenset(u.acl for u in self.unexpressed if u.acl.permission == "DENY")


NOTHING = Expressed((), ())


def express(acls: Iterable[Acl]) -> Expressed:
    """ACLs as BYOC has them. A grant that would allow more than its ACL is among them, and is said to."""
    by_pattern: dict[tuple[object, ...], list[Acl]] = defaultdict(list)
    for acl in acls:
        by_pattern[acl.principal, acl.resource, acl.permission, acl.host].append(acl)
    grants: set[tuple[str, ...]] = set()
    lost: list[Unexpressed] = []
    for some in by_pattern.values():
        has = {acl.operation for acl in some}
        for acl in some:
            group, because = _word(acl, has)
            if group:
                kind, pattern, name = acl.resource
                grants.add((kind, name, pattern, acl.principal, group, acl.permission))
            if because:
                # a DENY that is not there allows more, like a group of operations that is wider than its ACL
                fate = "widened" if group or acl.permission == "DENY" else "lost"
                lost.append(Unexpressed(acl=acl, fate=fate, because=because))
    fields = tuple(GroupGrant.model_fields)
    return Expressed(
        grants=tuple(GroupGrant(**dict(zip(fields, row, strict=True))) for row in sorted(grants)),
        unexpressed=tuple(lost),
    )


def exports(granted: Iterable[tuple[int, tuple[Acl, ...], tuple[Acl, ...]]]) -> Iterator[Export]:
    """For each wave what is granted when it is prepared, and what at its switch."""
    for wave, prepared, switched in granted:
        yield Export(wave=wave, moment="prepare", grants=express(prepared).grants)
        yield Export(wave=wave, moment="switch", grants=express(switched).grants)


def refused(unexpressed: Iterable[Unexpressed], widen: Iterable[Widening]) -> Iterator[Blocker]:
    """Grants that would be wider than their ACLs, unless somebody acknowledged it in writing."""
    filters = [one.acl for one in widen]
    for one in unexpressed:
        if one.fate == "widened" and not any(matches(f, one.acl) for f in filters):
            yield rule.WOULD_WIDEN.found(f"{one.acl}: {one.because}")


def _word(acl: Acl, has: set[str]) -> tuple[str, str]:
    """The operation group, or none; and what is wrong with it, if anything is."""
    name = acl.principal.partition(":")[2]
    if acl.host != "*":
        return "", "BYOC knows no hosts"
    if len(name) not in _NAME:
        return "", "BYOC's user names have 4 to 64 characters"
    if acl.resource_type not in _TYPES:
        return "", f"BYOC knows no {acl.resource_type.lower()}"
    if acl.operation == "ALL":
        return "ALL", ""
    if acl.permission == "DENY":
        return "", "BYOC denies groups of operations only, not one"
    return _topic(acl, has) if acl.resource_type == "TOPIC" else _other(acl)


def _topic(acl: Acl, has: set[str]) -> tuple[str, str]:
    if acl.operation in _GROUPS:
        return _GROUPS[acl.operation], ""
    if acl.operation == "DESCRIBE" and has & _GROUPS.keys():
        return "", ""  # they imply it
    return "", f"BYOC has no word for {acl.operation} alone"


def _other(acl: Acl) -> tuple[str, str]:
    if (acl.resource_type, acl.operation) == ("GROUP", "READ"):
        return "ALL", "BYOC grants ALL on a group, which also allows DELETE"
    if (acl.resource_type, acl.operation) == ("TRANSACTIONAL_ID", "WRITE"):
        return "ALL", ""  # it is all there is, on a broker of Kafka 3.9
    if (acl.resource_type, acl.operation) == ("CLUSTER", "IDEMPOTENT_WRITE"):
        return "", ""  # WRITE on any topic is enough since Kafka 2.8 (KIP-679)
    return "", f"BYOC has no word for {acl.operation} on a {acl.resource_type.lower()} alone"
