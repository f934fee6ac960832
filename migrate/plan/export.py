"""ACLs of a wave that an export for another tool cannot express, and which of them `widen` accepts."""

from collections.abc import Iterable, Iterator

from migrate.documents.decisions import Widening
from migrate.documents.plan import Unexpressed, Wave
from migrate.model.acl import Acl
from migrate.plan.accounting import matches


def inexpressible_acls(wave: Wave, unexpressed: Iterable[Unexpressed]) -> list[tuple[Acl, str]]:
    """Return the wave's ACLs that cannot be exported, with the reason, without the parts of an ALL.

    The write gate grants that ALL as a whole.
    """
    whole = {(a.principal, a.resource, a.host) for a in wave.withheld if a.operation == "ALL"}
    return [
        (one.acl, one.because)
        for one in unexpressed
        if one.acl.permission == "DENY"
        or (one.acl.principal, one.acl.resource, one.acl.host) not in whole
    ]


def not_accepted(
    inexpressible: Iterable[tuple[Acl, str]], accepted: Iterable[Widening]
) -> Iterator[str]:
    """Yield a line for each ACL that cannot be exported and that `widen` does not accept."""
    filters = [one.acl for one in accepted]
    for acl, why in inexpressible:
        if not any(matches(f, acl) for f in filters):
            yield f"  {acl}: {why}"
