"""Whether groups are where a check or a gate says: at commits from which they go on, quiet, or at work."""

from datetime import datetime
from typing import Any

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.groups import Committed
from migrate.rehearse.worlds.log import Log
from migrate.rehearse.worlds.timeline import BEGIN
from migrate.rehearse.worlds.world import World

About = dict[str, Any]


def offsets(world: World, name: str, _: About) -> str:
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
        for one in world.facts.at_place.get(place, ())
        if one.topic_id == topic.id
        and commit.offset <= one.offset < log.start
        and (one.transaction is None or one.transaction.state == "committed")
    )


def proven(world: World, _: str, about: About) -> str:
    """Return a partition on which the group would get another record on the target than on the source."""
    step = about["step"]
    group = world.target.groups.get(step["group"])
    uptos = {(p["topic"], p["partition"]): p["offset"] for p in step["uptos"]}
    for one in step["translations"]:
        place = (one["topic"], one["partition"])
        at = group.commits.get(place) if group else None
        moved = "moved on since" in (about.get("detail") or "")
        if moved and at is not None and at.offset > (one["target"] or 0):
            continue  # its clients ran there before, and said so
        if at is None or at.offset != one["target"]:
            return f"the commit on {place[0]}-{place[1]} is {at.offset if at else 'gone'}"
        if one["source"] is None or one.get("proof", "exact") not in ("exact", "policy"):
            continue  # not compared, and said so
        source = _next(world.source.log(*place), one["source"])
        target = _next(world.target.log(*place), at.offset)
        late = target is None and source is not None and source[1] >= uptos[place]
        same = (source and source[0]) == (target and target[0])
        if not (late or same or _cleaned(world, place, source, at.offset)):
            return f"the next record of {place[0]}-{place[1]} on the target is another one"
    return ""


def _next(log: Log, begin: int) -> tuple[int, int] | None:
    """Return the identity and the offset of the record that a consumer gets first from an offset on."""
    records = log.read(min(max(begin, log.start), log.end), log.end)
    return next(((r.content.number, r.offset) for r in records if r.content), None)


def _cleaned(
    world: World, place: TopicPartition, source: tuple[int, int] | None, begin: int
) -> bool:
    """Whether what comes before the source's next record on the target was deleted there by its cleaner."""
    if "compact" not in world.source.topic(place[0]).effective["cleanup.policy"]:
        return False
    log = world.target.log(*place)
    there = {r.content.number for r in log.read(max(begin, log.start), log.end) if r.content}
    return source is None or source[0] in there


def quiet(world: World, _: str, about: About) -> str:
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
    return (datetime.fromisoformat(moment) - BEGIN).total_seconds()


def members(world: World, _: str, about: About) -> str:
    """Return a workload that was seen at work on the target, and does not run."""
    for workload in about["step"]["workloads"]:
        client = world.clients.get(workload)
        if client is not None and client.process is None:
            return f"{workload} does not run"
    return ""


def dead(world: World, _: str, about: About) -> str:
    """Return a credential that was revoked and still logs in."""
    step = about["step"]
    known = world.target.users.get((step["user"], step["mechanism"]))
    if step.get("verdict") == "proven" and known is not None:
        return f"User:{step['user']} still has a credential in {step['mechanism']}"
    return ""
