"""What people do when preflight has named what a cutover would meet too late: owners, and administrators."""

import re

from migrate.model.acl import Acl
from migrate.rehearse.worlds.authored import document, of_workload, write
from migrate.rehearse.worlds.world import World

ADMIN = "User:admin"
_RIGHT = re.compile(r"(READ|WRITE) on (topic|group) ([\w.-]+)")


def reads(world: World, match: re.Match[str]) -> bool:
    """Name a topic under `reads` of the workload whose group has a commit there."""
    group, topics = match["group"], match["topic"].split(" … ")[0].split(", ")
    found = document(world)
    for workload in found.get("workloads") or []:
        if group in workload["groups"]:
            more = [{"topic": t} for t in topics if {"topic": t} not in workload["reads"]]
            workload["reads"] += more
            write(world, found)
            return bool(more)
    return False


def decided(world: World, match: re.Match[str]) -> bool:
    """Say where a group begins on partitions without a commit."""
    found = document(world)
    for workload in found.get("workloads") or []:
        if match[1] in workload["groups"]:
            own = workload.setdefault("uncommitted", {})
            if match[1] in own:
                return False
            own[match[1]] = "earliest"
            write(world, found)
            return True
    return False


def writes(world: World, match: re.Match[str]) -> bool:
    """Name a topic under `writes` of the workloads of those who may write it."""
    found, done = document(world), False
    for workload in found.get("workloads") or []:
        topic = match["topic"]
        if workload["principal"] in match["who"].split(", ") and not of_workload(workload, topic):
            workload["writes"].append({"topic": topic})
            done = True
    if done:
        write(world, found)
    return done


def grants(world: World, match: re.Match[str]) -> bool:
    """Give a client on the source what it lacks."""
    acls = [
        Acl(
            principal=match[1],
            permission="ALLOW",
            operation=operation,
            resource_type=kind.upper(),
            resource_name=name,
        )
        for operation, kind, name in _RIGHT.findall(match[2])
    ]
    broker = world.source.broker_ids[0]
    denied = [a for a in world.source.acls_at(broker) if a.permission == "DENY"]
    mine = [a for a in denied if a.principal == match[1]]
    new = [a for a in acls if a not in world.source.acls_at(broker)]
    if not (new or mine):
        return False
    world.source.change_acls(add=new, remove=mine, by=ADMIN)
    return True


def closed(world: World, match: re.Match[str]) -> bool:
    """Take a right to write on the target away that nobody should have yet."""
    holders = match[1].split(", ")
    early = [
        a
        for a in world.target.acls_at(world.target.broker_ids[0])
        if a.principal in holders
        and a.operation in ("WRITE", "ALL")
        and a.resource_type == "TOPIC"
        and (match[2].startswith(a.resource_name) or a.resource_name in (match[2], "*"))
    ]
    if early:
        world.target.change_acls(remove=early, by=ADMIN)
    return bool(early)


def forgotten(world: World, match: re.Match[str]) -> bool:
    """Delete the commits that a trial has left on the target."""
    group = world.target.groups.by_name.get(match[1])
    if group is None or group.members or not group.commits:
        return False
    world.target.groups.forget(match[1], list(group.commits), by=ADMIN)
    return True


def reset(world: World, match: re.Match[str]) -> bool:
    """Put a group back to the end of its log on the source, where its clients let that be done."""
    group = world.source.groups.by_name.get(match[1])
    place = match[2], int(match[3])
    if group is None or group.members:
        return False
    world.source.groups._store(group, {place: (int(match[4]), "")}, ADMIN)
    return True
