"""Logins and rights that a cutover needs, on both sides: by the source's ACLs as they are now, and by logging in."""

from collections.abc import Iterable, Iterator

from migrate.errors import KmigError
from migrate.model.acl import ANYONE, Acl
from migrate.model.authorizer import ELSEWHERE, AuthorizerRules, Request, covers, grants
from migrate.model.check import Check, judged
from migrate.model.words import count, first_of
from migrate.ports import Sites
from migrate.preflight.facts import Ahead, ClientAhead


def checks(sites: Sites, ahead: Ahead) -> Iterator[Check]:
    """Yield what is to be said of logins and rights; ACLs are read once of each side."""
    here, there = sites.source.reader.acls() - ahead.fences, sites.target.reader.acls()
    clients = count(len(ahead.clients), "workload")
    yield judged(
        "every writer moves",
        _writers(ahead, here),
        "no other principal may write to topics that are fenced",
    )
    yield judged(
        "clients may do what they do",
        _lacking(ahead, here),
        f"the source allows {clients} what it declares",
    )
    yield judged(
        "nobody may write on the target", _open(ahead, there), "no WRITE on topics that are fenced"
    )
    yield judged(
        "credentials log in on the target",
        _logins(sites, ahead),
        "every one that was carried or issued",
    )


def _writers(ahead: Ahead, here: Iterable[Acl]) -> Iterator[str]:
    """Name who may write to a topic that is fenced, and of whom no workload says that he does."""
    allowed = [a for a in here if a.resource_type == "TOPIC" and grants(a, "WRITE")]
    for topic in ahead.owned:
        known = ahead.writers.get(topic, frozenset()) | ahead.own
        others = {a.principal for a in allowed if covers(a, "TOPIC", topic)} - known
        if named := sorted(others - {ANYONE}):
            yield (
                f"{first_of(named, 3)} may write to {topic}, and no workload up to this wave says so: it would be "
                "fenced, and get no WRITE on the target; name the topic under `writes`, or revoke the right"
            )


def _lacking(ahead: Ahead, here: Iterable[Acl]) -> Iterator[str]:
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
            yield (
                f"{client.principal} of {client.workload} lacks {first_of(lacking, 3)} on the source: what does not "
                "work there does not work on the target; grant it, or correct workloads.yaml"
            )


def _allowed(rules: AuthorizerRules, principal: str, operation: str, kind: str, name: str) -> bool:
    """Whether it may from anywhere, or from one of the hosts that its ACLs name."""
    hosts = {ELSEWHERE, *(acl.host for acl in rules.about(principal, kind, name))} - {"*"}
    return any(rules.allows(Request(principal, host, operation, kind, name)) for host in hosts)


def _open(ahead: Ahead, there: Iterable[Acl]) -> Iterator[str]:
    allowed = [a for a in there if a.resource_type == "TOPIC" and grants(a, "WRITE")]
    for topic in ahead.owned:
        holders = {a.principal for a in allowed if covers(a, "TOPIC", topic)} - ahead.own
        if holders:
            yield (
                f"{first_of(sorted(holders), 3)} may write to {topic} on the target already: the write gate would "
                "refuse; revoke that right"
            )


def _logins(sites: Sites, ahead: Ahead) -> Iterator[str]:
    asked: set[tuple[str, str]] = set()
    for client in ahead.clients:
        if client.secret is None or (client.user, client.mechanism) in asked:
            continue
        asked.add((client.user, client.mechanism))
        try:
            refusing = sites.target.logins.refused_by(client.user, client.mechanism, client.secret)
        except KmigError as error:
            yield f"{_named(client)}: {error.message}"
            continue
        if refusing:
            yield f"{_named(client)} cannot log in on the target: {first_of(list(refusing), 3)} refuse it"


def _named(client: ClientAhead) -> str:
    return f"User:{client.user} of {client.workload} ({client.mechanism})"
