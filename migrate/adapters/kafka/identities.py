"""ACLs, SCRAM users and quotas: one request each for all there are, and what the answer means."""

from typing import Any

from kafka.protocol.admin import (
    DescribeAclsRequest,
    DescribeClientQuotasRequest,
    DescribeUserScramCredentialsRequest,
)
from pydantic import TypeAdapter

from migrate.adapters.kafka.answers import require
from migrate.model.acl import OPERATIONS, PATTERN_TYPES, PERMISSIONS, RESOURCE_TYPES, Acl, name_of
from migrate.model.cluster import MECHANISMS, Quota, ScramCredential

_ANY = 1


def all_acls() -> Any:
    """Every ACL; a broker answers from its own copy."""
    return DescribeAclsRequest(
        resource_type_filter=_ANY,
        resource_name_filter=None,
        pattern_type_filter=_ANY,
        principal_filter=None,
        host_filter=None,
        operation=_ANY,
        permission_type=_ANY,
    )


def acls_of(site: str, answer: Any) -> frozenset[Acl]:
    """The ACLs; `Unsupported` when the broker has no authorizer. A number without a name survives as `#15`."""
    require(f"{site}: list ACLs", answer.error_code, answer.error_message)
    return _ACLS.validate_python(
        [_acl(r, a) for r in answer.resources for a in r.acls if a.permission_type in PERMISSIONS]
    )


def nameless(answer: Any) -> int:
    """How many ACLs neither allow nor deny, as far as this version knows: they are left out."""
    return sum(a.permission_type not in PERMISSIONS for r in answer.resources for a in r.acls)


_ACLS = TypeAdapter(frozenset[Acl])


def _acl(row: Any, acl: Any) -> dict[str, str]:
    return {
        "principal": acl.principal,
        "host": acl.host,
        "permission": name_of(acl.permission_type, PERMISSIONS),
        "operation": name_of(acl.operation, OPERATIONS),
        "resource_type": name_of(row.resource_type, RESOURCE_TYPES),
        "pattern_type": name_of(row.pattern_type, PATTERN_TYPES),
        "resource_name": row.resource_name,
    }


def all_scram() -> Any:
    """Every SCRAM user."""
    # an empty list means all, like null; but to null a 3.9 broker that must refuse gives no answer at all
    return DescribeUserScramCredentialsRequest(users=[])


def scram_of(site: str, answer: Any) -> tuple[ScramCredential, ...]:
    """The credentials by user and mechanism."""
    require(f"{site}: list SCRAM users", answer.error_code, answer.error_message)
    found = [
        ScramCredential(
            user=row.user, mechanism=name_of(one.mechanism, MECHANISMS), iterations=one.iterations
        )
        for row in answer.results
        for one in row.credential_infos
    ]
    return tuple(sorted(found, key=lambda c: (c.user, c.mechanism)))


def all_quotas() -> Any:
    """Every client quota."""
    return DescribeClientQuotasRequest(components=[], strict=False)


def quotas_of(site: str, answer: Any) -> tuple[Quota, ...]:
    """The quotas by entity."""
    require(f"{site}: list quotas", answer.error_code, answer.error_message)
    found = [
        Quota(
            entity={part.entity_type: part.entity_name for part in row.entity},
            values={value.key: value.value for value in row.values},
        )
        for row in answer.entries or ()
    ]
    return tuple(sorted(found, key=str))
