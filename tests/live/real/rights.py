"""ACLs, SCRAM credentials and sessions."""

import hashlib
import secrets
import time
from typing import Any

from kafka.protocol.admin import (
    AlterUserScramCredentialsRequest,
    CreateAclsRequest,
    DeleteAclsRequest,
    DescribeAclsRequest,
)

from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.writer import creation
from migrate.model import acl as model
from migrate.model.cluster import MECHANISMS
from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.live.real.answering import answer
from tests.live.real.play import Play, named, reached

_ANY = 1
_HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
_ITERATIONS = 4096


def _acl(op: ops.Acl, play: Play) -> model.Acl:
    return model.Acl.model_validate(
        {
            "principal": f"User:{play.name(op.user)}",
            "permission": op.permission,
            "operation": op.operation,
            "resource_type": op.kind,
            "resource_name": play.name(op.name),
            "pattern_type": op.pattern,
            "host": op.host,
        }
    )


@answer.register
def _(op: ops.Acl, play: Play) -> Answer:
    wanted = _acl(op, play)
    code = play.call(CreateAclsRequest(creations=[creation(wanted)])).results[0].error_code
    if not code:
        play.wait("the ACL", lambda: _shown(play, wanted))
    return named(code)


@answer.register
def _(op: ops.RemoveAcl, play: Play) -> Answer:
    gone = _acl(op.acl, play)
    row = DeleteAclsRequest.DeleteAclsFilter(**_filter(gone))
    code = play.call(DeleteAclsRequest(filters=[row])).filter_results[0].error_code
    if not code:
        play.wait("the ACL's end", lambda: not _shown(play, gone))
    return named(code)


def _filter(acl: model.Acl) -> dict[str, Any]:
    made = creation(acl)
    return {
        "resource_type_filter": made.resource_type,
        "resource_name_filter": made.resource_name,
        "pattern_type_filter": made.resource_pattern_type,
        "principal_filter": made.principal,
        "host_filter": made.host,
        "operation": made.operation,
        "permission_type": made.permission_type,
    }


def _shown(play: Play, acl: model.Acl) -> bool:
    with play.acting(user=""):
        return bool(play.call(DescribeAclsRequest(**_filter(acl))).resources)


@answer.register
def _(op: ops.Acls, play: Play) -> Answer:
    request = DescribeAclsRequest(
        resource_type_filter=_ANY,
        resource_name_filter=None,
        pattern_type_filter=_ANY,
        principal_filter=None,
        host_filter=None,
        operation=_ANY,
        permission_type=_ANY,
    )
    found = play.call(request)
    if found.error_code:
        return named(found.error_code)
    return sum(
        play.prefix in f"{row.resource_name} {acl.principal}"
        for row in found.resources
        for acl in row.acls
    )


@answer.register
def _(op: ops.SetPassword, play: Play) -> Answer:
    salt = secrets.token_bytes(24)
    salted = hashlib.pbkdf2_hmac(_HASHES[op.mechanism], op.password.encode(), salt, _ITERATIONS)
    upsertion = AlterUserScramCredentialsRequest.ScramCredentialUpsertion(
        name=play.name(op.user),
        mechanism=model.code_of(op.mechanism, MECHANISMS),
        iterations=_ITERATIONS,
        salt=salt,
        salted_password=salted,
    )
    request = AlterUserScramCredentialsRequest(deletions=[], upsertions=[upsertion])
    code = play.call(request).results[0].error_code
    if not code:
        entered = ops.Login(op.user, op.password, op.mechanism)
        play.wait("the password", lambda: answer(entered, play) == OK)
    return named(code)


@answer.register
def _(op: ops.DeleteUser, play: Play) -> Answer:
    deletion = AlterUserScramCredentialsRequest.ScramCredentialDeletion(
        name=play.name(op.user), mechanism=model.code_of(op.mechanism, MECHANISMS)
    )
    request = AlterUserScramCredentialsRequest(deletions=[deletion], upsertions=[])
    code = play.call(request).results[0].error_code
    time.sleep(0.3)  # a broker goes by it some 50 ms later, and shows nothing by which to see that
    return named(code)


@answer.register
def _(op: ops.Login, play: Play) -> Answer:
    def enter() -> Answer:
        play.connect(Login(op.mechanism, play.name(op.user), op.password)).close()
        return OK

    return reached(enter)


@answer.register
def _(op: ops.OpenSession, play: Play) -> Answer:
    def enter() -> Answer:
        session = play.connect(Login(op.mechanism, play.name(op.user), op.password))
        play.sessions[play.side, op.user] = session
        return OK

    return reached(enter)
