"""A closed authorizer: rights on topics."""

from tests.histories.history import History
from tests.histories.ops import (
    OK,
    Acl,
    Acls,
    AlterTopic,
    As,
    Config,
    CreateTopic,
    DeleteRecords,
    Ends,
    Fetch,
    Produce,
    RemoveAcl,
    Topics,
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


TOPIC_RIGHTS = (
    History(
        "no-right",
        "Without an ACL a user neither writes nor reads nor sees a topic.",
        (
            (CreateTopic("t"), OK),
            (As("u", Produce("t", ("a",))), _NOT_TOPIC),
            (As("u", Fetch("t")), _NOT_TOPIC),
            (As("u", Ends("t")), _NOT_TOPIC),
            (As("u", Topics()), ()),
            (As("u", Produce("nowhere", ("a",))), _NOT_TOPIC),
        ),
        users=("u",),
    ),
    History(
        "literal",
        "A literal ACL is about one topic.",
        (
            (CreateTopic("pay"), OK),
            (CreateTopic("pay.out"), OK),
            (_write("u", "pay"), OK),
            (As("u", Produce("pay", ("a",))), 0),
            (As("u", Produce("pay.out", ("a",))), _NOT_TOPIC),
            (As("u", Topics()), ("pay",)),
        ),
        users=("u",),
        defects=(6,),
    ),
    History(
        "prefixed",
        "A prefixed ACL is about every topic whose name begins so, also those that come later.",
        (
            (CreateTopic("pay.in"), OK),
            (_write("u", "pay.", "PREFIXED"), OK),
            (As("u", Produce("pay.in", ("a",))), 0),
            (CreateTopic("pay.out"), OK),
            (As("u", Produce("pay.out", ("a",))), 0),
            (CreateTopic("payments"), OK),
            (As("u", Produce("payments", ("a",))), _NOT_TOPIC),
        ),
        users=("u",),
        defects=(6, 7),
    ),
    History(
        "wildcard",
        "An ACL on `*` is about every topic, for its own user.",
        (
            (CreateTopic("t"), OK),
            (_write("u", "*"), OK),
            (As("u", Produce("t", ("a",))), 0),
            (As("v", Produce("t", ("a",))), _NOT_TOPIC),
        ),
        users=("u", "v"),
    ),
    History(
        "deny-first",
        "A DENY counts before every ALLOW, whatever its pattern; a removed one at once no more.",
        (
            (CreateTopic("pay.in"), OK),
            (_write("u", "pay.in"), OK),
            (Acl("DENY", "u", "WRITE", "TOPIC", "pay.", "PREFIXED"), OK),
            (As("u", Produce("pay.in", ("a",))), _NOT_TOPIC),
            (RemoveAcl(Acl("DENY", "u", "WRITE", "TOPIC", "pay.", "PREFIXED")), OK),
            (As("u", Produce("pay.in", ("a",))), 0),
        ),
        users=("u",),
        defects=(5, 6),
    ),
    History(
        "deny-everybody",
        "DENY WRITE to User:* stops every user but super users; who may read reads on.",
        (
            (CreateTopic("t"), OK),
            (_write("u", "t"), OK),
            (_read("u", "t"), OK),
            (As("u", Produce("t", ("a",))), 0),
            (Acl("DENY", "*", "WRITE", "TOPIC", "t"), OK),
            (As("u", Produce("t", ("b",))), _NOT_TOPIC),
            (As("u", Fetch("t")), ("0:a",)),
            (Produce("t", ("c",)), 1),
        ),
        users=("u",),
        defects=(6,),
    ),
    History(
        "read-is-describe",
        "READ implies DESCRIBE, and so do WRITE, DELETE and ALTER; DESCRIBE implies nothing.",
        (
            (CreateTopic("t"), OK),
            (CreateTopic("d"), OK),
            (_read("u", "t"), OK),
            (As("u", Ends("t")), (0, 0, 0)),
            (As("u", Topics()), ("t",)),
            (As("u", Produce("t", ("a",))), _NOT_TOPIC),
            (Acl("ALLOW", "v", "ALTER", "TOPIC", "t"), OK),
            (As("v", Topics()), ("t",)),
            (Acl("ALLOW", "u", "DESCRIBE", "TOPIC", "d"), OK),
            (As("u", Ends("d")), (0, 0, 0)),
            (As("u", Fetch("d")), _NOT_TOPIC),
        ),
        users=("u", "v"),
    ),
    History(
        "deny-read-leaves-describe",
        "DENY READ takes reading only: what ALLOW READ implies stays.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (_read("u", "t"), OK),
            (Acl("DENY", "u", "READ", "TOPIC", "t"), OK),
            (As("u", Fetch("t")), _NOT_TOPIC),
            (As("u", Ends("t")), (0, 1, 1)),
        ),
        users=("u",),
        defects=(5,),
    ),
    History(
        "deny-describe",
        "DENY DESCRIBE hides a topic whose records can still be read.",
        (
            (CreateTopic("t"), OK),
            (Produce("t", ("a",)), 0),
            (_read("u", "t"), OK),
            (Acl("DENY", "u", "DESCRIBE", "TOPIC", "t"), OK),
            (As("u", Topics()), ()),
            (As("u", Ends("t")), _NOT_TOPIC),
            (As("u", Fetch("t")), ("0:a",)),
        ),
        users=("u",),
    ),
    History(
        "all",
        "ALLOW ALL is every operation, and DENY ALL too.",
        (
            (CreateTopic("t"), OK),
            (Acl("ALLOW", "u", "ALL", "TOPIC", "t"), OK),
            (As("u", Produce("t", ("a",))), 0),
            (As("u", Fetch("t")), ("0:a",)),
            (Acl("DENY", "u", "ALL", "TOPIC", "t"), OK),
            (As("u", Fetch("t")), _NOT_TOPIC),
            (As("u", Topics()), ()),
        ),
        users=("u",),
    ),
    History(
        "other-host",
        "An ACL for another host neither allows nor denies.",
        (
            (CreateTopic("t"), OK),
            (Acl("ALLOW", "u", "WRITE", "TOPIC", "t", host="192.0.2.1"), OK),
            (As("u", Produce("t", ("a",))), _NOT_TOPIC),
            (_write("u", "t"), OK),
            (Acl("DENY", "u", "WRITE", "TOPIC", "t", host="192.0.2.1"), OK),
            (As("u", Produce("t", ("a",))), 0),
            (Acl("DENY", "u", "WRITE", "TOPIC", "t", host="127.0.0.1"), OK),
            (As("u", Produce("t", ("b",))), _NOT_TOPIC),
        ),
        users=("u",),
    ),
    History(
        "administer",
        "Creating, configuring and trimming topics are rights of their own.",
        (
            (CreateTopic("t"), OK),
            (As("u", CreateTopic("n")), _NOT_TOPIC),
            (As("u", Acls()), _NOT_CLUSTER),
            (_write("u", "t"), OK),
            (As("u", Config("t", "retention.ms")), _NOT_TOPIC),
            (As("u", AlterTopic("t", (("retention.ms", "1"),))), _NOT_TOPIC),
            (As("u", DeleteRecords("t", -1)), _NOT_TOPIC),
            (Acl("ALLOW", "u", "CREATE", "TOPIC", "n", "PREFIXED"), OK),
            (As("u", CreateTopic("n")), OK),
            (Acl("ALLOW", "u", "DELETE", "TOPIC", "t"), OK),
            (As("u", DeleteRecords("t", -1)), 0),
        ),
        users=("u",),
    ),
    History(
        "granted-again",
        "The same ACL twice is one, and one deletion takes it away.",
        (
            (CreateTopic("t"), OK),
            (_write("u", "t"), OK),
            (_write("u", "t"), OK),
            (Acls(), 1),
            (RemoveAcl(_write("u", "t")), OK),
            (Acls(), 0),
            (RemoveAcl(_write("u", "t")), OK),
        ),
        users=("u",),
        defects=(5,),
    ),
    History(
        "outlives-topic",
        "ACLs outlive the topic and the user that they name.",
        (
            (_write("gone", "missing"), OK),
            (Acls(), 1),
        ),
        defects=(5,),
    ),
)
