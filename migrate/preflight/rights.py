"""Logins and rights that a cutover needs, on both sides: by the source's ACLs as they are now, and by logging in."""

from collections.abc import Iterable, Iterator

from migrate.errors import KmigError
from migrate.model.acl import ANYONE, Acl
from migrate.model.authorizer import ELSEWHERE, AuthorizerRules, Request, covers, grants
from migrate.model.rights import denied_now
from migrate.model.words import count, first_of
from migrate.ports import Sites
from migrate.preflight.asked import Asked, Fault, asked
from migrate.preflight.facts import Ahead


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
    closed = "no WRITE on topics that are fenced"
    yield asked("nobody may write on the target", _open(ahead, there), closed)
    same = f"the source allows {count(len(ahead.granted), 'right')} that the target has or gets"
    yield asked("rights are as planned", _denied(sites, ahead, asked_now, there), same)
    carried = "every one that was carried or issued"
    yield asked("credentials log in on the target", _logins(sites, ahead), carried)


def _writers(ahead: Ahead, here: Iterable[Acl]) -> Iterator[Fault]:
    """Name who may write to a topic that is fenced, and of whom no workload says that he does.

    An ACL that names the topic was made for it; one for a prefix may have been made for others.
    """
    named = [
        a
        for a in here
        if (a.resource_type, a.pattern_type) == ("TOPIC", "LITERAL") and grants(a, "WRITE")
    ]
    for topic in ahead.owned:
        known = ahead.writers.get(topic, frozenset()) | ahead.own | {ANYONE}
        if others := sorted({a.principal for a in named if a.resource_name == topic} - known):
            yield Fault(
                f"{first_of(others, 3)} may write to {topic}, and no workload up to this wave says so",
                "it would be fenced, and get no WRITE on the target: name the topic under `writes` of its workload, "
                f"or revoke the right; then run `kmig inventory`, `kmig plan` and `kmig apply {ahead.wave}`",
            )


def _lacking(ahead: Ahead, here: Iterable[Acl]) -> Iterator[Fault]:
    """Name what a client declares and the source does not allow: it does not work there either."""
    rules = AuthorizerRules(frozenset(here), ahead.own, ahead.open_default)
    for client in ahead.clients:
        wanted = [
            *(("READ", "TOPIC", topic) for topic in client.reads),
            *(("WRITE", "TOPIC", topic) for topic in client.writes),
            *(("READ", "GROUP", group) for group in client.groups),
        ]
        lacking = [
            f"{operation} on {kind.lower()} {name}"
            for operation, kind, name in wanted
            if not _allowed(rules, client.principal, operation, kind, name)
        ]
        if lacking:
            yield Fault(
                f"{client.principal} of workload {client.workload} lacks {first_of(lacking, 3)} on the source",
                "what does not work there does not work on the target: grant it there, or correct workloads.yaml; "
                f"then run `kmig inventory`, `kmig plan` and `kmig apply {ahead.wave}`",
            )


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
                f"its credential was changed or deleted there: run `kmig apply {ahead.wave}`",
            )
