"""Who may do what on the target: what `verify acls` and `verify access` say, asked of the brokers' own rules."""

from collections.abc import Iterable, Iterator
from typing import Any

from migrate.model.acl import ANYONE, Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.rehearse.worlds.broker_rights import ANYWHERE
from migrate.rehearse.worlds.history import ClientSpec
from migrate.rehearse.worlds.oracles import standing
from migrate.rehearse.worlds.world import World

About = dict[str, Any]
_TRIED = ("READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE", "ALTER_CONFIGS")
_STAYS = ("left_behind", "dropped", "internal")


def as_planned(world: World, name: str, about: About) -> str:
    """Return an ACL of the plan that a broker lacks, or one that nobody planned for those who moved."""
    if standing.meddled(world, "acl", about["began"]):
        return ""
    waves, gates = standing.prepared(world), standing.opened(world)
    moved = {who for wave in waves for who in wave["principals"]}
    planned = _granted(waves) | gates
    there = world.target.acls_at(_broker(world, name))
    for acl in sorted((planned & standing.made(world, "target")) - there, key=str):
        return f"the broker lacks {acl}"
    extra = {acl for acl in there - planned if acl.principal in {*moved, ANYONE}}
    return f"nobody planned {min(map(str, extra))}" if extra else ""


def _granted(waves: list[dict[str, Any]]) -> frozenset[Acl]:
    steps = (step for wave in waves for step in wave["prepare"] if step["op"] == "create_acls")
    return standing.acls(acl for step in steps for acl in step["acls"])


def _broker(world: World, name: str) -> int:
    """Return the broker that a check names at its end: `target-2:9092`."""
    host = name.split()[-1].partition(":")[0]
    return next(b for b in world.target.broker_ids if host == f"target-{b}")


def source_unchanged(world: World, _: str, about: About) -> str:
    """Return an ACL of the source that the plan does not know, or knows and is gone."""
    if standing.meddled(world, "acl", about["began"]) or not standing.plan(world):
        return ""
    planned = _accounts(world, None)
    # what kmig made from another directory, an inventory of this one takes for the source's own
    now = world.source.acls - (standing.made(world, "source") - planned)
    unlike = now ^ planned
    return f"the source has changed: {min(map(str, unlike))}" if unlike else ""


def _accounts(world: World, without: Iterable[str] | None) -> frozenset[Acl]:
    """Return the source's ACLs that the plan accounts for, but those that become this."""
    left = set(without or ())
    accounts = standing.plan(world).get("accounts", ())
    return standing.acls(a["acl"] for a in accounts if a["acl"] and a["fate"] not in left)


def not_grown(world: World, _: str, about: About) -> str:
    """Return a right that a workload has on the target and not on the source, and had when the command began."""
    if standing.meddled(world, "acl", about["began"]):
        return ""
    created = standing.made(world, "target")
    moving = {acl.principal for acl in created} - {"User:copier"} | {ANYONE}
    source = AuthorizerRules(world.source.acls - standing.made(world, "source"))
    target = AuthorizerRules(world.target.acls)
    for acl in sorted(world.target.acls, key=str):
        if acl.permission != "ALLOW" or acl.principal not in moving:
            continue
        about_all = acl.resource_name + ("x" if acl.pattern_type == "PREFIXED" else "")
        operation = "READ" if acl.operation == "ALL" else acl.operation
        asked = Request(acl.principal, ANYWHERE, operation, acl.resource_type, about_all)
        if target.allows(asked) and not source.allows(asked):
            return f"the target has {acl}, the source does not"
    return ""


def not_lost(world: World, name: str, about: About) -> str:
    """Return what a program of a prepared wave needs, may do on the source, and may not on this broker."""
    if standing.meddled(world, "acl", about["began"]):
        return ""
    moved = {who for wave in standing.prepared(world) for who in wave["principals"]}
    source = AuthorizerRules(_accounts(world, _STAYS))
    target = AuthorizerRules(world.target.acls_at(_broker(world, name)))
    gates = AuthorizerRules(standing.opened(world))
    for client in world.clients.values():
        if _principal(client.spec) not in moved:
            continue
        for asked in _needs(client.spec):
            late = asked.operation == "WRITE" and asked.resource_type == "TOPIC"
            owed = source.allows(asked) and (gates.allows(asked) or not late)
            if owed and not target.allows(asked):
                return _denied(asked)
    return ""


def _principal(spec: ClientSpec) -> str:
    return f"User:{spec.user or spec.name}"


def _needs(spec: ClientSpec) -> Iterator[Request]:
    """Yield what a program asks of brokers when it works."""
    who = _principal(spec)
    yield from (Request(who, ANYWHERE, "READ", "TOPIC", topic) for topic in spec.reads)
    yield from (Request(who, ANYWHERE, "WRITE", "TOPIC", topic) for topic in spec.writes)
    if spec.group:
        yield Request(who, ANYWHERE, "READ", "GROUP", spec.group)
    if spec.transactional_id:
        yield Request(who, ANYWHERE, "WRITE", "TRANSACTIONAL_ID", spec.transactional_id)


def _denied(asked: Request) -> str:
    what = f"{asked.resource_type.lower()} {asked.resource_name}"
    return f"{asked.principal} may not {asked.operation} {what} on the target"


def write_closed(world: World, name: str, about: About) -> str:
    """Return a topic that a prepared wave may write to on this broker, though no gate was opened for it."""
    if standing.meddled(world, "acl", about["began"]):
        return ""
    moved = {who for wave in standing.prepared(world) for who in wave["principals"]}
    broker = AuthorizerRules(world.target.acls_at(_broker(world, name)))
    return _writes(world, moved, broker)


def _writes(world: World, moved: set[str], rules: AuthorizerRules) -> str:
    gates = AuthorizerRules(standing.opened(world))
    for who in sorted(moved):
        for topic in sorted(t.name for t in world.target.topics):
            asked = Request(who, ANYWHERE, "WRITE", "TOPIC", topic)
            if rules.allows(asked) and not gates.allows(asked):
                return f"{who} may WRITE topic {topic} on the target, and no gate was opened"
    return ""


def access(world: World, name: str, about: About) -> str:
    """Return a right that a workload, or somebody whom nobody granted anything, has on one side alone."""
    if standing.meddled(world, "acl", about["began"]):
        return ""
    spec = next((c.spec for n, c in world.clients.items() if name == f"access of {n}"), None)
    who = _principal(spec) if spec else "User:kmig-stranger"
    topics = sorted({t for wave in standing.prepared(world) for t in wave["copies"]})
    estate = world.source.acls - standing.made(world, "source")
    source = AuthorizerRules(estate, world.source.super_users, world.source.allow_everyone)
    target = _effective(world)
    for topic in topics:
        for operation in _TRIED:
            asked = Request(who, ANYWHERE, operation, "TOPIC", topic)
            if target.allows(asked) and not source.allows(asked):
                return f"{who} may {operation} topic {topic} on the target, and not on the source"
    if spec is None:
        return ""
    lacking = [asked for asked in _needs(spec) if _lacks(world, asked, topics)]
    return _denied(lacking[0]) if lacking else _writes(world, {who}, target)


def _effective(world: World) -> AuthorizerRules:
    target = world.target
    return AuthorizerRules(target.acls, target.super_users, target.allow_everyone)


def _lacks(world: World, asked: Request, topics: list[str]) -> bool:
    """Whether a workload may do on the source what it needs, and on the target may not: WRITE comes with a gate."""
    kept = AuthorizerRules(_accounts(world, _STAYS))
    about_topic = asked.resource_type == "TOPIC"
    if about_topic and (asked.operation == "WRITE" or asked.resource_name not in topics):
        return False
    return kept.allows(asked) and not _effective(world).allows(asked)
