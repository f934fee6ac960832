"""What `kmig apply WAVE --prune` deletes: ACLs of the wave's principals on the target that no wave has planned.

ACLs of `User:*`, and of principals that this migration does not move, are never deleted.
"""

from collections.abc import Set as AbstractSet

from migrate.documents.digest import digest
from migrate.documents.plan import Plan, Wave
from migrate.errors import Refused
from migrate.model.acl import ANYONE, Acl, order
from migrate.steps import DeleteAcls


def extras(
    plan: Plan, wave: Wave, existing: AbstractSet[Acl], granted: AbstractSet[Acl]
) -> tuple[Acl, ...]:
    """Return the wave's existing ACLs that no preparation plans and no write gate `granted`."""
    planned = {acl for other in plan.waves for acl in other.granted} | granted
    principals = set(wave.principals) - {ANYONE}
    return order(acl for acl in existing if acl.principal in principals and acl not in planned)


def step(acls: tuple[Acl, ...], at_most: int) -> DeleteAcls:
    """Return one deletion by exact filters; refuse it where it has more ACLs than the operator allows."""
    if len(acls) > at_most:
        raise Refused(
            f"{len(acls)} ACLs would be deleted, but at most {at_most} are allowed",
            f"rerun with --at-most {len(acls)}: it lists the ACLs before it asks",
        )
    part = f"extra {digest([str(acl) for acl in acls])[:12]}"
    return DeleteAcls(because="they are not in the plan", part=part, acls=acls)
