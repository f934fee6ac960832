"""What is planned beside what is there, ACL by ACL: missing, extra, different; and what is there and does nothing."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from ipaddress import ip_address

from migrate.model.acl import Acl

_VARIED = ("permission", "host", "pattern_type")


@dataclass(frozen=True)
class Difference:
    """`different` are pairs of a planned ACL and one that is there in its place; they are in neither other list."""

    missing: tuple[Acl, ...]
    extra: tuple[Acl, ...]
    different: tuple[tuple[Acl, Acl], ...]


def difference(planned: AbstractSet[Acl], there: AbstractSet[Acl]) -> Difference:
    """By exact comparison; a missing and an extra one that differ in one thing only are one that is different."""
    missing, extra = sorted(planned - there, key=str), sorted(there - planned, key=str)
    pairs: dict[Acl, Acl] = {}
    for field in _VARIED:
        taken = set(pairs.values())
        instead = {_without(acl, field): acl for acl in extra if acl not in taken}
        for acl in missing:
            if acl not in pairs and (found := instead.pop(_without(acl, field), None)):
                pairs[acl] = found
    taken = set(pairs.values())
    return Difference(
        tuple(acl for acl in missing if acl not in pairs),
        tuple(acl for acl in extra if acl not in taken),
        tuple(pairs.items()),
    )


def _without(acl: Acl, field: str) -> Acl:
    """What is left to compare when one thing may differ."""
    return Acl.model_construct(**{**acl.__dict__, field: ""})


def inert(acl: Acl) -> str:
    """Why no request can ever meet an ACL, or nothing."""
    if not acl.principal.startswith("User:"):
        return "only principals of type User can match"
    if (acl.pattern_type, acl.resource_type, acl.resource_name) == ("PREFIXED", "TOPIC", "*"):
        return "as a prefix `*` covers only names that begin with it, and no topic's does"
    if acl.host != "*" and acl.host != _as_java_writes(acl.host):
        return f"{acl.host} is not an address as a broker writes it, and nothing else matches"
    return ""


def _as_java_writes(host: str) -> str:
    """An address as InetAddress.getHostAddress has it: of IPv6 every group, without leading zeros."""
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    groups = address.exploded.split(":")
    return ":".join(group.lstrip("0") or "0" for group in groups)
