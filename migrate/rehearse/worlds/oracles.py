"""The truth about each sentence that kmig prints as `pass`: an oracle a check or gate, which looks at the world."""

from collections.abc import Callable
from typing import Any

from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.broker_rights import ANYWHERE
from migrate.rehearse.worlds.facts import Written
from migrate.rehearse.worlds.groups import Committed
from migrate.rehearse.worlds.timeline import BEGIN, MINUTE
from migrate.rehearse.worlds.world import World

About = dict[str, Any]
Oracle = Callable[[World, str, About], str]


def fault(world: World, name: str, about: About) -> str:
    """Return what is untrue about a check that passed; that nobody can tell counts too."""
    for prefix, oracle in ORACLES:
        if name == prefix or name.startswith(f"{prefix} "):
            return oracle(world, name, about)
    return "no oracle knows this check"


def _unlooked(world: World, name: str, about: About) -> str:  # noqa: ARG001
    """Say nothing: this sentence has no oracle of its own yet, and only the judges of what comes of it look."""
    return ""


def _acls(world: World, _: str, about: About) -> str:
    """Return a right that a workload has on the target and not on the source, and had when the command began."""
    changes = (c for c in reversed(world.facts.changes) if c.at >= about["began"])
    if any(c.what == "acl" and c.by != "User:kmig" for c in changes):
        return ""
    moving = {acl.principal for acl in _by_kmig(world, "target")} - {"User:copier"}
    estate = frozenset(world.source.acls - _by_kmig(world, "source"))
    source, target = AuthorizerRules(estate), AuthorizerRules(world.target.acls)
    for acl in sorted(world.target.acls, key=str):
        if acl.permission != "ALLOW" or acl.principal not in moving:
            continue
        about_all = acl.resource_name + ("x" if acl.pattern_type == "PREFIXED" else "")
        operation = "READ" if acl.operation == "ALL" else acl.operation
        asked = Request(acl.principal, ANYWHERE, operation, acl.resource_type, about_all)
        if target.allows(asked) and not source.allows(asked):
            return f"the target has {acl}, the source does not"
    return ""


def _by_kmig(world: World, side: str) -> set[Acl]:
    return {
        acl
        for c in world.facts.changes
        if c.what == "acl" and c.side == side and c.by == "User:kmig"
        for acl in c.detail[:1]
        if isinstance(acl, Acl)
    }


def _offsets(world: World, name: str, about: About) -> str:  # noqa: ARG001
    """Return a commit on the target from which its group cannot go on, although on the source it still could."""
    group = world.target.groups.get(name.removeprefix("offsets of "))
    if group is None:
        return "the group does not exist on the target"
    for place, commit in sorted(group.commits.items()):
        log = world.target.log(*place)
        if commit.offset > log.end or (commit.offset < log.start and _kept(world, place, commit)):
            return (
                f"it stands at {commit.offset} on {place[0]}-{place[1]}, "
                f"whose log is {log.start} to {log.end}"
            )
    return ""


def _kept(world: World, place: TopicPartition, commit: Committed) -> bool:
    """Whether records that the target lost from a commit on would still be on the source if nobody had migrated."""
    log, now, topic = world.target.log(*place), world.timeline.now, world.target.topic(place[0])
    return any(
        world.shadows.left_at(one.content.number, now) is None
        for one in world.facts.written
        if one.topic_id == topic.id
        and one.place == place
        and commit.offset <= one.offset < log.start
        and _settled(one)
    )


def _copied(world: World, name: str, about: About) -> str:  # noqa: ARG001
    """Return a topic whose copy lacks what it could have, or holds what the source's topic never had."""
    shown = {line.split()[0] for line in about["out"].splitlines() if line.strip()}
    for connector in world.connect.connectors.values():
        for place in connector.known:
            if place[0] in shown and (found := _copy_fault(world, place)):
                return found
    return ""


def _copy_fault(world: World, place: TopicPartition) -> str:
    topic, partition = place
    source, target = world.source.topics.get(topic), world.target.topics.get(topic)
    if source is None or target is None or partition >= len(target.logs):
        return "" if source is None else f"{topic}-{partition} does not exist on the target"
    written = [w for w in world.facts.written if w.place == place and _settled(w)]
    copied = {w.content.number for w in written if w.topic_id == target.id}
    old = world.timeline.now - 10 * MINUTE
    log = world.source.log(*place)
    missing = [
        r
        for r in log.read(log.start, log.end)
        if r.content is not None and r.content.number not in copied and r.at < old
    ]
    if missing:
        return f"{len(missing)} records of {topic}-{partition} are not copied, for ten minutes"
    ever = {w.content.number for w in written if w.topic_id == source.id or _by_client(w)}
    here = {r.content.number for r in world.target.log(*place).records if r.content}
    if foreign := (here & copied) - ever:
        return f"{len(foreign)} records of {topic}-{partition} on the target were never in the source's topic"
    return _gap(world, place, [w for w in written if w.topic_id == source.id], copied)


def _settled(one: Written) -> bool:
    return one.transaction is None or one.transaction.state == "committed"


def _by_client(one: Written) -> bool:
    return one.side == "target" and one.principal != "User:copier"


def _gap(world: World, place: TopicPartition, written: list[Written], copied: set[int]) -> str:
    """Return the records between two copied ones that expired on the source before they were copied."""
    offsets = [w.offset for w in written if w.content.number in copied]
    if not offsets or "compact" in world.source.topic(place[0]).effective["cleanup.policy"]:
        return ""
    low, high = min(offsets), max(offsets)
    gone = [w for w in written if low < w.offset < high and w.content.number not in copied]
    gone = [w for w in gone if w.content.number not in world.lost]
    if gone:
        return f"{len(gone)} records of {place[0]}-{place[1]} expired before they were copied"
    return ""


def _quiet(world: World, name: str, about: About) -> str:  # noqa: ARG001
    """Return a client that went on reading in a group after it was called quiet; one started later may read."""
    step = about["step"]
    side, at = step.get("side", "source"), _seconds(about["at"])
    for client in world.clients.values():
        if client.spec.group not in step["groups"]:
            continue
        before = {process.id for process in client.processes if process.born <= at}
        for one in reversed(world.doings.processed):
            if one.at <= at:
                break
            if one.group == client.spec.group and one.side == side and one.client in before:
                return f"{client.spec.name} still reads in group {client.spec.group} on the {side}"
    return ""


def _seconds(moment: str) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(moment) - BEGIN).total_seconds()


def _members(world: World, name: str, about: About) -> str:  # noqa: ARG001
    """Return a workload that was seen at work on the target, and does not run."""
    for workload in about["step"]["workloads"]:
        client = world.clients.get(workload)
        if client is not None and client.process is None:
            return f"{workload} does not run"
    return ""


def _dead(world: World, name: str, about: About) -> str:  # noqa: ARG001
    """Return a credential that was revoked and still logs in."""
    step = about["step"]
    known = world.target.users.get((step["user"], step["mechanism"]))
    if step.get("verdict") == "proven" and known is not None:
        return f"User:{step['user']} still has a credential in {step['mechanism']}"
    return ""


ORACLES: tuple[tuple[str, Oracle], ...] = (
    ("acls as planned on", _unlooked),
    ("acls on source as planned from", _unlooked),
    ("no privilege grows on", _acls),
    ("no privilege is lost on", _unlooked),
    ("write gate closed on", _unlooked),
    ("every broker asked", _unlooked),
    ("offsets of", _offsets),
    ("access", _unlooked),
    ("name of", _unlooked),
    ("replicate --status", _copied),
    ("gate await_pace", _unlooked),
    ("gate await_quiet", _quiet),
    ("gate await_passed", _unlooked),
    ("gate await_drained", _unlooked),
    ("gate freeze_topics", _unlooked),
    ("gate watch_source", _unlooked),
    ("gate prove_offsets", _unlooked),
    ("gate await_members", _members),
    ("gate revoke_credential", _dead),
)
"""By the check's name, or its beginning: the first that matches."""
