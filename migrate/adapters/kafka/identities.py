"""ACLs, SCRAM users and quotas: the request that lists all of each, and how its response is read."""

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
    """Return the request for every ACL; a broker answers it from its own copy of the metadata."""
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
    """Return the ACLs; raises `Unsupported` when the broker has no authorizer. Unknown codes are kept as `#15`."""
    require(f"list ACLs on the {site}", answer.error_code, answer.error_message)
    return _ACLS.validate_python(
        [_acl(r, a) for r in answer.resources for a in r.acls if a.permission_type in PERMISSIONS]
    )


def nameless(answer: Any) -> int:
    """Return how many ACLs have a permission type other than ALLOW and DENY: `acls_of` leaves them out."""
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
    """Return the request for every SCRAM user."""
    # an empty list means all, like null; but to null a 3.9.1 broker that must refuse never answers: a
    # NullPointerException in DescribeUserScramCredentialsRequest.getErrorResponse
    return DescribeUserScramCredentialsRequest(users=[])


def scram_of(site: str, answer: Any) -> tuple[ScramCredential, ...]:
    """Return the SCRAM credentials, ordered by user and mechanism."""
    require(f"list SCRAM users on the {site}", answer.error_code, answer.error_message)
    credentials = [
        ScramCredential(
            user=row.user, mechanism=name_of(info.mechanism, MECHANISMS), iterations=info.iterations
        )
        for row in answer.results
        for info in row.credential_infos
    ]
    return tuple(sorted(credentials, key=lambda c: (c.user, c.mechanism)))


def all_quotas() -> Any:
    """Return the request for every client quota."""
    return DescribeClientQuotasRequest(components=[], strict=False)


def quotas_of(site: str, answer: Any) -> tuple[Quota, ...]:
    """Return the quotas, ordered by entity."""
    require(f"list quotas on the {site}", answer.error_code, answer.error_message)
    quotas = [
        Quota(
            entity={part.entity_type: part.entity_name for part in row.entity},
            values={value.key: value.value for value in row.values},
        )
        for row in answer.entries or ()
    ]
    return tuple(sorted(quotas, key=str))
