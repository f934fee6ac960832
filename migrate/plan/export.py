"""What somebody else is to grant for a wave, and what of it cannot be said in their words."""

from collections.abc import Iterable, Iterator

from migrate.documents.decisions import Widening
from migrate.documents.plan import Wave
from migrate.model.acl import Acl
from migrate.plan.accounting import matches
from migrate.steps import CreateAcls


def granted(wave: Wave, *, gate: bool) -> tuple[Acl, ...]:
    """What the wave grants when it is prepared, or at its write gate; DENY first."""
    if gate:
        return wave.grants
    steps = (step for step in wave.prepare if isinstance(step, CreateAcls))
    return tuple(acl for step in steps for acl in step.acls)


def unsaid(unspoken: Iterable[tuple[Acl, str]], borne: Iterable[Widening]) -> Iterator[str]:
    """What nobody bears of what cannot be said."""
    filters = [one.acl for one in borne]
    for acl, why in unspoken:
        if not any(matches(f, acl) for f in filters):
            yield f"  {acl}: {why}"
