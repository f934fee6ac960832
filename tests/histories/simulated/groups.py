"""Groups, rights and logins of a world."""

from functools import partial

from migrate.model import acl as model
from migrate.rehearse.worlds.broker_rights import ANYWHERE
from migrate.rehearse.worlds.cluster import Credential
from migrate.rehearse.worlds.groups import WorldGroup
from migrate.rehearse.worlds.hands import WorldSession
from migrate.rehearse.worlds.reading import WorldReader
from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.histories.simulated.play import NotModelledError, Play, answer, calls

_MEMBER = "member"
_SPREAD = 0.1
"""Seconds in which a change of ACLs reaches every broker."""


@answer.register
def _(op: ops.Commit, play: Play) -> Answer:
    place = (op.topic, op.partition)
    play.cluster.groups.commit(play.principal, op.group, {place: (op.offset, op.metadata)})
    return OK


@answer.register
def _(op: ops.TxCommit, play: Play) -> Answer:
    transaction = play.producers[op.by].transaction
    assert transaction is not None
    offsets = {(op.topic, 0): (op.offset, "")}
    play.cluster.groups.commit_in(play.principal, op.group, offsets, transaction)
    return OK


@answer.register
def _(op: ops.Committed, play: Play) -> Answer:
    """As kmig reads them where a stable answer is wanted."""
    if play.user:
        raise NotModelledError("the right to see commits")
    if not op.stable:
        group = play.cluster.groups.get(op.group)
        return _lines(group) if group else ()
    reader = WorldReader(play.cluster, calls(play))
    found = [g for g in reader.groups([op.group]) if g.name == op.group]
    if not found:
        return ()
    if found[0].error:
        return found[0].error.split(" ")[0]
    return tuple(
        f"{c.topic}-{c.partition}={c.offset}" + (f" {c.metadata}" if op.metadata else "")
        for c in found[0].commits
    )


def _lines(group: WorldGroup) -> Answer:
    return tuple(f"{t}-{p}={c.offset}" for (t, p), c in sorted(group.commits.items()))


@answer.register
def _(op: ops.Groups, play: Play) -> Answer:
    if play.user:
        raise NotModelledError("the right to see groups")
    return tuple(f"{g.name} {g.state} {g.kind}" for g in play.cluster.groups.listed())


@answer.register
def _(op: ops.Members, play: Play) -> Answer:
    group = play.cluster.groups.get(op.group)
    if group is None:
        raise NotModelledError("the description of a group that does not exist")
    return len(group.members)


@answer.register
def _(op: ops.Join, play: Play) -> Answer:
    groups = play.cluster.groups
    groups.join(play.principal, op.group, _MEMBER, op.kind)
    # a member that sends nothing more is put out when its session is over
    play.timeline.after(op.session, partial(groups.leave, op.group, _MEMBER))
    return OK


@answer.register
def _(op: ops.Leave, play: Play) -> Answer:
    play.cluster.groups.leave(op.group, _MEMBER)
    return OK


@answer.register
def _(op: ops.DeleteCommits, play: Play) -> Answer:
    play.cluster.groups.forget(op.group, [(op.topic, 0)], by="admin")
    return OK


def _acl(op: ops.Acl) -> model.Acl:
    return model.Acl.model_validate(
        {
            "principal": f"User:{op.user}",
            "permission": op.permission,
            "operation": op.operation,
            "resource_type": op.kind,
            "resource_name": op.name,
            "pattern_type": op.pattern,
            # where a world's clients are
            "host": ANYWHERE if op.host == "127.0.0.1" else op.host,
        }
    )


@answer.register
def _(op: ops.Acl, play: Play) -> Answer:
    play.cluster.change_acls(add=[_acl(op)], by="admin")
    play.timeline.advance(_SPREAD)
    return OK


@answer.register
def _(op: ops.RemoveAcl, play: Play) -> Answer:
    play.cluster.change_acls(remove=[_acl(op.acl)], by="admin")
    play.timeline.advance(_SPREAD)
    return OK


@answer.register
def _(op: ops.Acls, play: Play) -> Answer:
    play.require_admin("list ACLs")
    return len(play.cluster.acls_at(play.cluster.broker_ids[0]))


@answer.register
def _(op: ops.SetPassword, play: Play) -> Answer:
    play.cluster.set_user(op.user, op.mechanism, Credential(op.password, 4096), by="admin")
    return OK


@answer.register
def _(op: ops.DeleteUser, play: Play) -> Answer:
    if (op.user, op.mechanism) not in play.cluster.users:
        raise NotModelledError("the error of deleting a user that does not exist")
    play.cluster.set_user(op.user, op.mechanism, None, by="admin")
    return OK


@answer.register
def _(op: ops.Login, play: Play) -> Answer:
    known = play.cluster.logs_in(op.user, op.mechanism, op.password)
    return OK if known else "SASL_AUTHENTICATION_FAILED"


@answer.register
def _(op: ops.OpenSession, play: Play) -> Answer:
    cluster = play.cluster
    if not cluster.logs_in(op.user, op.mechanism, op.password):
        return "SASL_AUTHENTICATION_FAILED"
    # on the real clusters of the table only sessions of this mechanism are bounded
    cluster.lifetime = 3.0 if op.mechanism == "SCRAM-SHA-256" else 0.0
    session = WorldSession(cluster, calls(play), "source-1:9092", play.timeline.now)
    play.sessions[play.side, op.user] = session
    return OK
