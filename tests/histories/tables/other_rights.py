"""Rights to transactions and groups, and an authorizer that allows what no ACL names (the target's)."""

from tests.histories.history import History
from tests.histories.ops import (
    OK,
    Acl,
    As,
    Commit,
    Committed,
    CreateTopic,
    End,
    Ends,
    Fetch,
    Groups,
    Init,
    Join,
    OnTarget,
    Produce,
    RemoveAcl,
    SetPassword,
    Topics,
    Until,
)

_NOT_TOPIC = "TOPIC_AUTHORIZATION_FAILED"
_NOT_GROUP = "GROUP_AUTHORIZATION_FAILED"
_NOT_CLUSTER = "CLUSTER_AUTHORIZATION_FAILED"
_NOT_TX = "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"


def _write(user: str, name: str, pattern: str = "LITERAL") -> Acl:
    return Acl("ALLOW", user, "WRITE", "TOPIC", name, pattern)


def _read(user: str, name: str, pattern: str = "LITERAL") -> Acl:
    return Acl("ALLOW", user, "READ", "TOPIC", name, pattern)


def _group(user: str, name: str) -> Acl:
    return Acl("ALLOW", user, "READ", "GROUP", name)


_WRITING = (
    History(
        "idempotent",
        "WRITE on any topic is enough to begin an idempotent producer.",
        (
            (CreateTopic("t"), OK),
            (As("u", Init("p")), _NOT_CLUSTER),
            (_write("u", "t"), OK),
            (As("u", Init("p")), OK),
            (As("u", Produce("t", ("a",), by="p")), 0),
        ),
        users=("u",),
    ),
    History(
        "transactional",
        "A transaction needs WRITE on its id, and on each topic.",
        (
            (CreateTopic("t"), OK),
            (_write("u", "t"), OK),
            (As("u", Init("p", "p")), _NOT_TX),
            (Acl("ALLOW", "u", "WRITE", "TRANSACTIONAL_ID", "p"), OK),
            (As("u", Init("p", "p")), OK),
            (As("u", Produce("t", ("a",), by="p")), 0),
            (As("u", End("p")), OK),
        ),
        users=("u",),
        defects=(6,),
    ),
    History(
        "fenced-transaction",
        "At DENY WRITE an open transaction gets no further record, and can still be committed.",
        (
            (CreateTopic("t"), OK),
            (_write("u", "t"), OK),
            (Acl("ALLOW", "u", "WRITE", "TRANSACTIONAL_ID", "p"), OK),
            (As("u", Init("p", "p")), OK),
            (As("u", Produce("t", ("a",), by="p")), 0),
            (Acl("DENY", "*", "WRITE", "TOPIC", "t"), OK),
            (As("u", Produce("t", ("b",), by="p")), _NOT_TOPIC),
            (Ends("t"), (0, 0, 1)),
            (As("u", End("p")), OK),
            (Ends("t"), (0, 2, 2)),
            (Fetch("t"), ("0:a",)),
        ),
        users=("u",),
        defects=(6, 13),
    ),
    History(
        "fenced-id",
        "At DENY WRITE on its id a transaction can be neither committed nor aborted: only its time-out ends it.",
        (
            (CreateTopic("t"), OK),
            (_write("u", "t"), OK),
            (Acl("ALLOW", "u", "WRITE", "TRANSACTIONAL_ID", "p"), OK),
            (As("u", Init("p", "p", timeout=4)), OK),
            (As("u", Produce("t", ("a",), by="p")), 0),
            (Acl("DENY", "*", "WRITE", "TRANSACTIONAL_ID", "p"), OK),
            (As("u", End("p")), _NOT_TX),
            (As("u", End("p", commit=False)), _NOT_TX),
            (Ends("t"), (0, 0, 1)),
            (Until(Ends("t"), (0, 2, 2)), (0, 2, 2)),
            (Fetch("t"), ()),
        ),
        users=("u",),
        defects=(13,),
    ),
    History(
        "unfenced",
        "After the fence an idempotent producer goes on with its sequence.",
        (
            (CreateTopic("t"), OK),
            (_write("u", "t"), OK),
            (As("u", Init("p")), OK),
            (As("u", Produce("t", ("a",), by="p")), 0),
            (Acl("DENY", "*", "WRITE", "TOPIC", "t"), OK),
            (As("u", Produce("t", ("b",))), _NOT_TOPIC),
            (RemoveAcl(Acl("DENY", "*", "WRITE", "TOPIC", "t")), OK),
            (As("u", Produce("t", ("b",), by="p")), 1),
        ),
        users=("u",),
        defects=(6,),
    ),
)

_GROUP_RIGHTS = (
    History(
        "fenced-group",
        "DENY READ on a group stops its joins and commits; reading records goes on, and so do looks at its commits.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (_read("u", "t"), OK),
            (_group("u", "g"), OK),
            (As("u", Commit("g", "t", 1)), OK),
            (Acl("DENY", "u", "READ", "GROUP", "g"), OK),
            (As("u", Commit("g", "t", 2)), _NOT_GROUP),
            (As("u", Join("g", "t")), _NOT_GROUP),
            (As("u", Fetch("t")), ("0:a",)),
            (As("u", Committed("g")), ("t-0=1",)),
            (Commit("g", "t", 2), OK),
        ),
        users=("u",),
        defects=(8,),
    ),
    History(
        "commit-needs-topic",
        "A commit needs READ on the topic too.",
        (
            (CreateTopic("t"), OK),
            (_group("u", "g"), OK),
            (As("u", Commit("g", "t", 1)), _NOT_TOPIC),
            (_read("u", "t"), OK),
            (As("u", Commit("g", "t", 1)), OK),
        ),
        users=("u",),
    ),
    History(
        "hidden-commits",
        "Who asks for all commits of a group is not told of topics that he may not describe: no error says so.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("secret"), OK),
            (Commit("g", "t", 1), OK),
            (Commit("g", "secret", 2), OK),
            (_group("u", "g"), OK),
            (_read("u", "t"), OK),
            (As("u", Committed("g")), ("t-0=1",)),
            (Committed("g"), ("secret-0=2", "t-0=1")),
        ),
        users=("u",),
        defects=(15,),
    ),
    History(
        "hidden-groups",
        "A listing shows the groups that one may describe: no error says that there are others.",
        (
            (CreateTopic("t"), OK),
            (Commit("g", "t", 1), OK),
            (Commit("h", "t", 1), OK),
            (As("u", Groups()), ()),
            (_group("u", "h"), OK),
            (As("u", Groups()), ("h Empty classic",)),
            (As("u", Committed("g")), _NOT_GROUP),
        ),
        users=("u",),
        defects=(7, 15),
    ),
    History(
        "hidden-topics",
        "A listing shows the topics that one may describe; asked by name the others are an error.",
        (
            (CreateTopic("a"), OK),
            (CreateTopic("b"), OK),
            (_read("u", "a"), OK),
            (As("u", Topics()), ("a",)),
            (As("u", Ends("b")), _NOT_TOPIC),
        ),
        users=("u",),
        defects=(15,),
    ),
)

_OPEN = (
    History(
        "first-acl-closes",
        "Where everything is allowed without an ACL, a topic's first ACL closes it for everybody else.",
        (
            (OnTarget(CreateTopic("t")), OK),
            (OnTarget(SetPassword("u", "u")), OK),
            (OnTarget(SetPassword("v", "v")), OK),
            (OnTarget(As("u", Produce("t", ("a",)))), 0),
            (OnTarget(_write("v", "t")), OK),
            (OnTarget(As("u", Produce("t", ("b",)))), _NOT_TOPIC),
            (OnTarget(As("v", Produce("t", ("b",)))), 1),
            (OnTarget(As("v", Fetch("t"))), _NOT_TOPIC),
            (OnTarget(RemoveAcl(_write("v", "t"))), OK),
            (OnTarget(As("u", Produce("t", ("c",)))), 2),
        ),
        defects=(5, 6),
    ),
    History(
        "prefix-closes",
        "A prefixed ACL closes every topic that it is about, existing or not.",
        (
            (OnTarget(CreateTopic("pay.in")), OK),
            (OnTarget(SetPassword("u", "u")), OK),
            (OnTarget(As("u", Produce("pay.in", ("a",)))), 0),
            (OnTarget(_write("v", "pay.", "PREFIXED")), OK),
            (OnTarget(As("u", Produce("pay.in", ("b",)))), _NOT_TOPIC),
        ),
        defects=(5, 6),
    ),
    History(
        "deny-closes",
        "So does a DENY, even one for somebody else.",
        (
            (OnTarget(CreateTopic("t")), OK),
            (OnTarget(SetPassword("u", "u")), OK),
            (OnTarget(Acl("DENY", "v", "WRITE", "TOPIC", "t")), OK),
            (OnTarget(As("u", Produce("t", ("a",)))), _NOT_TOPIC),
            (OnTarget(As("u", Fetch("t"))), _NOT_TOPIC),
            (OnTarget(Acl("ALLOW", "*", "ALL", "TOPIC", "t")), OK),
            (OnTarget(As("u", Produce("t", ("a",)))), 0),
        ),
        defects=(5, 6),
    ),
)

OTHER_RIGHTS = _WRITING + _GROUP_RIGHTS + _OPEN
