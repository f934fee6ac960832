"""Logins and rights that a cutover needs, on both sides: by the source's ACLs as they are now, and by logging in."""

from collections.abc import Iterable, Iterator

from migrate.errors import KmigError
from migrate.model.acl import ANYONE, Acl, order
from migrate.model.authorizer import ELSEWHERE, AclIndex, AuthorizerRules, Request, covers, grants
from migrate.model.cluster import Quota
from migrate.model.rights import TARGET_HOSTS, TARGET_SHARED, denied_now
from migrate.model.words import count, first_of
from migrate.ports import Sites
from migrate.preflight.asked import Asked, Fault, asked
from migrate.preflight.facts import Ahead, ClientAhead


def ask(sites: Sites, ahead: Ahead) -> Iterator[Asked]:
    """Yield what is to be said of logins and rights; ACLs are read once of each side."""
    asked_now = sites.source.reader.acls()
    here = asked_now - set(ahead.view.fences)
    there = sites.target.reader.acls()
    clients = count(len(ahead.clients), "workload")
    nobody = "no other principal may write by name to topics that are fenced"
    yield asked("every writer moves", _writers(ahead, here), nobody)
    allowed = f"the source allows {clients} what workloads.yaml declares"
    yield asked("clients may do what they do", _lacking(ahead, here), allowed)
    granted = f"the target allows {clients} what they read, and their groups and transactional ids"
    yield asked("clients may do it there", _missing(ahead, there), granted)
    closed = "no WRITE on topics that are fenced"
    yield asked("nobody may write on the target", _open(ahead, there), closed)
    same = f"the source allows {count(len(ahead.granted), 'right')} that the target has or gets"
    yield asked("rights are as planned", _denied(sites, ahead, asked_now, there), same)
    own = "kmig may fence the source, and grant on the target"
    yield asked("kmig may change ACLs", _powerless(ahead, asked_now, there), own)
    mine = "its principals have on the target what kmig gave them"
    yield asked("nobody else uses its principals", _others(sites, ahead, there), mine)
    yield asked("DENYs hold for no host alone", _bound(ahead, there), "none is bound to a host")
    carried = "every one that was carried or issued"
    yield asked("credentials log in on the target", _logins(sites, ahead), carried)


def _writers(ahead: Ahead, here: Iterable[Acl]) -> Iterator[Fault]:
    """Name who may write to a topic that is fenced, and of whom no workload says that he does.

    An ACL that names the topic was made for it. One for a prefix may have been made for others: it counts for who
    moves later, and would be fenced until then.
    """
    writing = AclIndex(a for a in here if a.resource_name != "*" and grants(a, "WRITE"))
    for topic in (one for one in ahead.owned if one not in ahead.accepted):
        known = ahead.writers.get(topic, frozenset()) | ahead.own | {ANYONE}
        covering = writing.matching("TOPIC", topic)
        named = {a.principal for a in covering if a.pattern_type == "LITERAL"}
        prefixed = {a.principal for a in covering if a.principal in ahead.later}
        if others := sorted((named | prefixed) - known):
            yield Fault(
                f"{first_of(others, 3)} may write to {topic}, and no workload up to this wave says so",
                "it would be fenced, and get no WRITE on the target: name the topic under `writes` of its workload, "
                "or revoke the right; who never writes there is accepted under `suppress`, as write-undeclared of "
                f"topic {topic}; then run `kmig inventory`, `kmig plan` and `kmig apply {ahead.wave}`",
            )


def _lacking(ahead: Ahead, here: Iterable[Acl]) -> Iterator[Fault]:
    """Name what a client declares and the source does not allow: it does not work there either."""
    rules = AuthorizerRules(frozenset(here), ahead.own, ahead.open_default)
    for client in ahead.clients:
        writes = (("WRITE", "TOPIC", topic) for topic in client.writes)
        if lacking := _denied_to(rules, client.principal, (*_used(client), *writes)):
            yield Fault(
                f"{client.principal} of workload {client.workload} lacks {first_of(lacking, 3)} on the source",
                "what does not work there does not work on the target: grant it there, or correct workloads.yaml; "
                f"then run `kmig inventory`, `kmig plan` and `kmig apply {ahead.wave}`",
            )


def _missing(ahead: Ahead, there: Iterable[Acl]) -> Iterator[Fault]:
    """Name what a client needs on the target and has not; WRITE on topics comes with the gate."""
    rules = AuthorizerRules(frozenset(there), ahead.own, ahead.open_target)
    for client in ahead.clients:
        if client.there and (lacking := _denied_to(rules, client.there, _used(client))):
            yield Fault(
                f"{client.there} of workload {client.workload} lacks {first_of(lacking, 3)} on the target",
                f"it was taken away there: run `kmig apply {ahead.wave}`, which grants what is planned",
            )


def _used(client: ClientAhead) -> list[tuple[str, str, str]]:
    return [
        *(("READ", "TOPIC", topic) for topic in client.reads),
        *(("READ", "GROUP", group) for group in client.groups),
        *(("WRITE", "TRANSACTIONAL_ID", one) for one in client.ids),
    ]


def _denied_to(
    rules: AuthorizerRules, principal: str, wanted: Iterable[tuple[str, str, str]]
) -> list[str]:
    return [
        f"{operation} on {kind.lower()} {name}"
        for operation, kind, name in wanted
        if not _allowed(rules, principal, operation, kind, name)
    ]


def _allowed(rules: AuthorizerRules, principal: str, operation: str, kind: str, name: str) -> bool:
    """Whether it may from anywhere, or from one of the hosts that its ACLs name."""
    hosts = {ELSEWHERE, *(acl.host for acl in rules.about(principal, kind, name))} - {"*"}
    return any(rules.allows(Request(principal, host, operation, kind, name)) for host in hosts)


def _open(ahead: Ahead, there: Iterable[Acl]) -> Iterator[Fault]:
    allowed = [a for a in there if a.resource_type == "TOPIC" and grants(a, "WRITE")]
    for topic in ahead.owned:
        holders = {a.principal for a in allowed if covers(a, "TOPIC", topic)} - ahead.own
        if holders:
            yield Fault(
                f"{first_of(sorted(holders), 3)} may write to {topic} on the target already",
                "the write gate would refuse: revoke that right, then rerun the command",
            )


def _others(sites: Sites, ahead: Ahead, there: Iterable[Acl]) -> Iterator[Fault]:
    """Name what the wave's principals have on the target and kmig did not give them: somebody uses them there."""
    quotas = {one.entity["user"]: one for one in sites.target.reader.quotas() if _of_user(one)}
    for who in sorted({client.there for client in ahead.clients if client.there} - ahead.shared):
        accept = f"accept it under `suppress`, as {TARGET_SHARED} of {who}"
        if extra := order(a for a in there if a.principal == who and a not in ahead.made):
            yield Fault(
                f"{who} has {count(len(extra), 'ACL')} on the target that kmig did not make: {extra[0]}",
                f"delete what nobody needs with `kmig apply {ahead.wave} --prune`, or {accept}",
            )
        limits, name = quotas.get(who.partition(":")[2]), who.partition(":")[2]
        if limits and dict(limits.values) != dict(ahead.quotas.get(name, {})):
            yield Fault(
                f"{who} has a quota on the target that kmig did not set: {limits}",
                f"remove it there, or {accept}",
            )


def _bound(ahead: Ahead, there: Iterable[Acl]) -> Iterator[Fault]:
    """Name DENYs for a host: the target may see clients under other addresses, and the DENY would hit nobody."""
    for who in sorted({client.there for client in ahead.clients if client.there} - ahead.bound):
        denied = (a for a in there if a.permission == "DENY" and a.host != "*")
        if bound := order(a for a in denied if a.principal == who):
            yield Fault(
                f"the target may see the host under another address: {bound[0]}",
                "write the DENY for the address that it sees, or accept it under `suppress`, as "
                f"{TARGET_HOSTS} of {who}",
            )


def _of_user(quota: Quota) -> bool:
    return quota.entity.keys() == {"user"} and bool(quota.entity["user"])


def _powerless(ahead: Ahead, here: Iterable[Acl], there: Iterable[Acl]) -> Iterator[Fault]:
    """Name the side on which brokers would not let kmig create or delete an ACL (ALTER on the cluster)."""
    sides = ("source", here, ahead.open_default), ("target", there, ahead.open_target)
    for who, (side, acls, default) in zip(ahead.acting, sides, strict=True):
        rules = AuthorizerRules(frozenset(acls), frozenset(), default)
        if who and not _allowed(rules, who, "ALTER", "CLUSTER", "kafka-cluster"):
            yield Fault(
                f"{who} may not change ACLs on the {side}: it lacks ALTER on cluster kafka-cluster",
                "grant what `kmig inventory --permissions` lists, or name it under `super_users` in kmig.yaml if it "
                "is one",
            )


def _denied(
    sites: Sites, ahead: Ahead, here: Iterable[Acl], there: Iterable[Acl]
) -> Iterator[Fault]:
    """Name what the source denies by now, and users whom it does not know any more."""
    for one in denied_now(ahead.view, here, there, ahead.granted):
        yield Fault(f"the source denies by now: {one}", _PLAN.format(n=ahead.wave))
    if ahead.users:
        known = {credential.user for credential in sites.source.reader.scram_credentials()}
        for user in sorted(ahead.users - known):
            yield Fault(
                f"User:{user} has no SCRAM credential on the source now", _PLAN.format(n=ahead.wave)
            )


_PLAN = "restore it there; or run `kmig rollback {n}`, `kmig inventory` and `kmig plan`, and read what changed"


def _logins(sites: Sites, ahead: Ahead) -> Iterator[Fault]:
    asked: set[tuple[str, str]] = set()
    for client in ahead.clients:
        if client.secret is None or (client.user, client.mechanism) in asked:
            continue
        asked.add((client.user, client.mechanism))
        who = f"User:{client.user} of workload {client.workload}"
        try:
            refusing = sites.target.logins.refused_by(client.user, client.mechanism, client.secret)
        except KmigError as error:
            yield Fault(f"{who}: {error.message}", error.hint)
            continue
        if refusing:
            yield Fault(
                f"{who} cannot log in on the target by {client.mechanism}",
                f"its credential was changed or deleted there: run `kmig apply {ahead.wave}`; if that does not last, "
                "something there deletes users that it does not know",
            )
