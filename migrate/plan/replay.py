"""ACLs of the source as they go to the target: DENY first, then ALLOW, and WRITE on topics only at the switch.

Only WRITE is split. Every other operation keeps its pattern; `ALL` on topics becomes its parts without WRITE. What is
withheld is kept whole, to be granted when the wave is cut over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.model.acl import TOPIC_OPERATIONS, Acl, order


@dataclass(frozen=True)
class Replay:
    """What is granted in `prepare`, and what waits for the switch."""

    allow: tuple[Acl, ...]
    withheld: tuple[Acl, ...]


def allows(acls: Iterable[Acl], names: Mapping[str, str]) -> Replay:
    """ALLOW ACLs under their names on the target, without WRITE on topics."""
    granted: list[Acl] = []
    withheld: list[Acl] = []
    for acl in renamed(acls, names):
        if acl.permission != "ALLOW":
            continue
        if acl.resource_type == "TOPIC" and acl.operation in ("WRITE", "ALL"):
            withheld.append(acl)
            granted += _without_write(acl)
        else:
            granted.append(acl)
    return Replay(order(granted), order(withheld))


def denies(acls: Iterable[Acl], names: Mapping[str, str]) -> tuple[Acl, ...]:
    """DENY ACLs under their names on the target."""
    return order(acl for acl in renamed(acls, names) if acl.permission == "DENY")


def renamed(acls: Iterable[Acl], names: Mapping[str, str]) -> list[Acl]:
    """The same ACLs for the principals' names on the target."""
    return [
        acl.model_copy(update={"principal": names.get(acl.principal, acl.principal)})
        for acl in acls
    ]


def _without_write(acl: Acl) -> list[Acl]:
    if acl.operation == "WRITE":
        return []
    parts = (operation for operation in TOPIC_OPERATIONS if operation != "WRITE")
    return [acl.model_copy(update={"operation": operation}) for operation in parts]
