"""Planned and existing ACLs compared: missing, extra, different; and existing ACLs that match no request."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from ipaddress import ip_address

from migrate.model.acl import Acl

_VARIED = ("permission", "host", "pattern_type")


@dataclass(frozen=True)
class Difference:
    """`different` are pairs of a planned ACL and an existing one in its place; `missing` and `extra` lack both."""

    missing: tuple[Acl, ...]
    extra: tuple[Acl, ...]
    different: tuple[tuple[Acl, Acl], ...]


def difference(planned: AbstractSet[Acl], existing_acls: AbstractSet[Acl]) -> Difference:
    """Compare ACLs exactly; a missing and an extra ACL that differ in one field only are reported as different."""
    missing, extra = (
        sorted(planned - existing_acls, key=str),
        sorted(existing_acls - planned, key=str),
    )
    pairs: dict[Acl, Acl] = {}
    for field in _VARIED:
        taken = set(pairs.values())
        instead = {_without(acl, field): acl for acl in extra if acl not in taken}
        for acl in missing:
            if acl not in pairs and (match := instead.pop(_without(acl, field), None)):
                pairs[acl] = match
    taken = set(pairs.values())
    return Difference(
        tuple(acl for acl in missing if acl not in pairs),
        tuple(acl for acl in extra if acl not in taken),
        tuple(pairs.items()),
    )


def _without(acl: Acl, field: str) -> Acl:
    """Return the ACL without one field, to compare the others."""
    return Acl.model_construct(**{**acl.__dict__, field: ""})


def inert(acl: Acl) -> str:
    """Say why no request can match an ACL; empty when one can."""
    if not acl.principal.startswith("User:"):
        return "only principals of type User can match"
    if (acl.pattern_type, acl.resource_type, acl.resource_name) == ("PREFIXED", "TOPIC", "*"):
        return "the prefix `*` matches only names that begin with `*`, and no topic can have one"
    if acl.host != "*" and acl.host != _as_java_writes(acl.host):
        return f"the host {acl.host} is not an IP address in the form that brokers compare"
    return ""


def _as_java_writes(host: str) -> str:
    """Return an address in the form of InetAddress.getHostAddress: IPv6 with all groups, without leading zeros."""
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    groups = address.exploded.split(":")
    return ":".join(group.lstrip("0") or "0" for group in groups)
