"""Rights are the authorizer's decision about every name, operation and address, however they are found."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.boundary.rights import CLUSTER, OPERATIONS, Side
from migrate.documents.boundary import Rights
from migrate.model.acl import Acl
from migrate.model.authorizer import ELSEWHERE, AuthorizerRules, Request
from migrate.model.sorted_names import SortedNames

NAMES = ("a", "a.b", "a.c", "b", "*")
HOSTS = ("10.0.0.1", "10.0.0.2")
WHO = ("User:a", "User:b", "User:*")
ACLS = st.builds(
    Acl,
    principal=st.sampled_from(WHO),
    host=st.sampled_from(("*", *HOSTS)),
    permission=st.sampled_from(("ALLOW", "ALLOW", "DENY")),
    operation=st.sampled_from(("READ", "WRITE", "ALL", "DESCRIBE", "ALTER", "#20")),
    resource_type=st.sampled_from(("TOPIC", "GROUP", "CLUSTER")),
    pattern_type=st.sampled_from(("LITERAL", "PREFIXED", "#9")),
    resource_name=st.sampled_from(("a", "a.", "*", "", "b", CLUSTER)),
)


def of(rights: Rights, kind: str) -> dict[str, tuple[str, ...]]:
    cluster = {CLUSTER: rights.cluster} if rights.cluster else {}
    return {"TOPIC": rights.topics, "GROUP": rights.groups, "CLUSTER": cluster}[kind]


@settings(deadline=None, max_examples=300)
@given(st.frozensets(ACLS, max_size=8), st.booleans())
def test_rights_are_what_the_authorizer_decides(acls: frozenset[Acl], everyone: bool) -> None:
    rules = AuthorizerRules(acls, allow_everyone=everyone)
    names = {kind: SortedNames(NAMES) for kind in OPERATIONS} | {"CLUSTER": SortedNames((CLUSTER,))}
    side = Side("source", rules, names, super_users_declared=True, default=everyone)
    for principal in ("User:a", "User:b", "User:c"):
        found = side.rights(principal)
        for kind in ("TOPIC", "GROUP", "CLUSTER"):
            for name, operation in product(names[kind].starting(""), OPERATIONS[kind]):
                said = [o for o in of(found, kind).get(name, ()) if o.split(" ")[0] == operation]
                at = {
                    host
                    for host in (ELSEWHERE, *HOSTS)
                    if rules.allows(Request(principal, host, operation, kind, name))
                }
                if ELSEWHERE in at:
                    denied = sorted({*HOSTS} - at)
                    but = f" except from {', '.join(denied)}" if denied else ""
                    assert said == [f"{operation}{but}"]
                else:
                    assert said == ([f"{operation} from {', '.join(sorted(at))}"] if at else [])
