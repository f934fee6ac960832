"""ACLs, passwords and sessions."""

from typing import Literal, NamedTuple


class Acl(NamedTuple):
    """An ACL is created; answered when brokers go by it."""

    permission: Literal["ALLOW", "DENY"]
    user: str
    operation: str
    kind: str
    name: str
    pattern: str = "LITERAL"
    host: str = "*"


class RemoveAcl(NamedTuple):
    acl: Acl


class Acls(NamedTuple):
    """How many ACLs a listing shows, or the error."""


class SetPassword(NamedTuple):
    user: str
    password: str
    mechanism: str = "SCRAM-SHA-512"


class DeleteUser(NamedTuple):
    user: str
    mechanism: str = "SCRAM-SHA-512"


class Login(NamedTuple):
    """A fresh login, which ends at once."""

    user: str
    password: str
    mechanism: str = "SCRAM-SHA-512"


class OpenSession(NamedTuple):
    """A session that later operations of `As(user, …)` use, and that nothing renews."""

    user: str
    password: str
    mechanism: str = "SCRAM-SHA-512"
