"""ACLs of the source as they go to the target: DENY first, then ALLOW, and WRITE on topics only at the switch.

Only WRITE is split. Every other operation keeps its pattern; `ALL` on topics becomes its parts without WRITE. What is
withheld is kept whole, to be granted when the wave is cut over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.model.acl import TOPIC_OPERATIONS, Acl, order
from migrate.model.authorizer import covers


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


def switched(
    withheld: Iterable[tuple[int, Acl]], topics: Mapping[str, int], wave: int
) -> tuple[Acl, ...]:
    """What the switch of `wave` grants of ACLs that each wave up to it withheld; `topics` says whose wave each is.

    A pattern that reaches topics of later waves becomes literal grants for the topics moved so far, and the original
    returns with the last of them.
    """
    granted: list[Acl] = []
    for own, acl in withheld:
        reached = {t: w for t, w in topics.items() if covers(acl, "TOPIC", t)}
        last = max([own, *reached.values()])
        if wave == last:
            granted.append(acl)
        elif own <= wave < last:
            since = 0 if wave == own else wave
            granted += [_literal(acl, t) for t, w in reached.items() if since <= w <= wave]
    return order(granted)


def _literal(acl: Acl, topic: str) -> Acl:
    narrowed = {"operation": "WRITE", "pattern_type": "LITERAL", "resource_name": topic}
    return acl.model_copy(update=narrowed)


def _without_write(acl: Acl) -> list[Acl]:
    if acl.operation == "WRITE":
        return []
    parts = (operation for operation in TOPIC_OPERATIONS if operation != "WRITE")
    return [acl.model_copy(update={"operation": operation}) for operation in parts]
