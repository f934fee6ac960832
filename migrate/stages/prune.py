"""What `kmig apply WAVE --prune` deletes: ACLs of the wave's principals on target that no wave's plan has.

Never those of `User:*`, which are everybody's, nor of a principal that this migration does not move.
"""

from collections.abc import Set as AbstractSet

from migrate.documents.digest import digest
from migrate.documents.plan import Plan, Wave
from migrate.errors import Refused
from migrate.model.acl import ANYONE, Acl, order
from migrate.steps import DeleteAcls


def extras(
    plan: Plan, wave: Wave, there: AbstractSet[Acl], gates: AbstractSet[Acl]
) -> tuple[Acl, ...]:
    """Those in scope that are there and were neither planned for preparation nor granted at a switch."""
    kept = {acl for one in plan.waves for acl in one.granted} | gates
    mine = set(wave.principals) - {ANYONE}
    return order(acl for acl in there if acl.principal in mine and acl not in kept)


def step(acls: tuple[Acl, ...], at_most: int) -> DeleteAcls:
    """One deletion by exact filter; refused where it is more than the operator expected."""
    if len(acls) > at_most:
        raise Refused(
            f"{len(acls)} ACLs would be deleted, and at most {at_most} may be",
            f"read the list; `--at-most {len(acls)}` lets all of them go",
        )
    part = f"extra {digest([str(acl) for acl in acls])[:12]}"
    return DeleteAcls(because="not in the plan", part=part, acls=acls)
