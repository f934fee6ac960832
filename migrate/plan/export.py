"""What somebody else is to grant, and cannot be said in their words."""

from collections.abc import Iterable, Iterator

from migrate.documents.decisions import Widening
from migrate.documents.plan import Unexpressed, Wave
from migrate.model.acl import Acl
from migrate.plan.accounting import matches


def unspoken_of(wave: Wave, unexpressed: Iterable[Unexpressed]) -> list[tuple[Acl, str]]:
    """What a wave's export has no words for; not the parts of an ALL, which its write gate gives as a whole."""
    whole = {(a.principal, a.resource, a.host) for a in wave.withheld if a.operation == "ALL"}
    return [
        (one.acl, one.because)
        for one in unexpressed
        if one.acl.permission == "DENY"
        or (one.acl.principal, one.acl.resource, one.acl.host) not in whole
    ]


def unsaid(unspoken: Iterable[tuple[Acl, str]], borne: Iterable[Widening]) -> Iterator[str]:
    """What nobody bears of what cannot be said."""
    filters = [one.acl for one in borne]
    for acl, why in unspoken:
        if not any(matches(f, acl) for f in filters):
            yield f"  {acl}: {why}"
