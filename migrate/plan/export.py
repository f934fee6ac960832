"""What somebody else is to grant, and cannot be said in their words."""

from collections.abc import Iterable, Iterator

from migrate.documents.decisions import Widening
from migrate.model.acl import Acl
from migrate.plan.accounting import matches


def unsaid(unspoken: Iterable[tuple[Acl, str]], borne: Iterable[Widening]) -> Iterator[str]:
    """What nobody bears of what cannot be said."""
    filters = [one.acl for one in borne]
    for acl, why in unspoken:
        if not any(matches(f, acl) for f in filters):
            yield f"  {acl}: {why}"
