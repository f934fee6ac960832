"""What owners write into workloads.yaml, and administrators change, when kmig has said what is wrong."""

import re
from typing import Any

from migrate.model.acl import Acl
from migrate.rehearse.worlds.authored import document, of_workload, write
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.estate import acl_of
from migrate.rehearse.worlds.world import World

ADMIN = "User:admin"
_RIGHT = re.compile(r"(READ|WRITE) on (topic|group|transactional_id) ([\w.-]+)")


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
    """Name a topic under `writes` of the workloads of those who may write it, or take back what was just given."""
    if _taken_back(world, match):
        return True
    found, done = document(world), False
    for workload in found.get("workloads") or []:
        topic = match["topic"]
        if workload["principal"] in match["who"].split(", ") and not of_workload(workload, topic):
            workload["writes"].append({"topic": topic})
            done = True
    if done:
        write(world, found)
    return done


def _taken_back(world: World, match: re.Match[str]) -> bool:
    estate = set(map(acl_of, world.history.estate.acls))
    given = [
        a
        for a in world.source.acls_at(world.source.broker_ids[0])
        if a not in estate
        and a.permission == "ALLOW"
        and a.principal in match["who"].split(", ")
        and a.resource_name == match["topic"]
    ]
    if given:
        world.source.change_acls(remove=given, by=ADMIN)
    return bool(given)


def grants(world: World, match: re.Match[str]) -> bool:
    """Give a client on the source what it lacks."""
    return _granted(world.source, match)


def grants_there(world: World, match: re.Match[str]) -> bool:
    """Give a client on the target what somebody has taken from it."""
    return _granted(world.target, match)


def _granted(cluster: Cluster, match: re.Match[str]) -> bool:
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
    known = cluster.acls_at(cluster.broker_ids[0])
    mine = [a for a in known if a.permission == "DENY" and a.principal == match[1]]
    new = [a for a in acls if a not in known]
    if not (new or mine):
        return False
    cluster.change_acls(add=new, remove=mine, by=ADMIN)
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


def deleted_group(world: World, match: re.Match[str]) -> bool:
    """Take a group off its workload, and delete it on the source, where nobody uses it any more."""
    found, group = document(world), world.source.groups.get(match[1])
    for workload in found.get("workloads") or []:
        if match[1] in workload["groups"] and not (group and group.members):
            workload["groups"].remove(match[1])
            write(world, found)
            if group:
                world.source.groups.forget(match[1], list(group.commits), by=ADMIN)
            return True
    return False


def removed(world: World, match: re.Match[str]) -> bool:
    """Delete a credential on the target that somebody has changed there: `kmig apply` makes it anew."""
    return world.target.users.pop((match[1], match[2]), None) is not None


def reset(world: World, match: re.Match[str]) -> bool:
    """Put a group back to the end of its log on the source, where its clients let that be done."""
    group = world.source.groups.by_name.get(match[1])
    place = match[2], int(match[3])
    if group is None or group.members:
        return False
    world.source.groups._store(group, {place: (int(match[4]), "")}, ADMIN)
    return True


def owned(world: World, match: re.Match[str]) -> bool:
    """Write down who writes a topic; where nobody does, that it is left behind."""
    topic = match[1]
    writer = next((c.spec for c in world.clients.values() if topic in c.spec.writes), None)
    found = document(world)
    for workload in found.get("workloads") or []:
        if writer is not None and workload["name"] == (writer.user or writer.name):
            if {"topic": topic} in workload["writes"]:
                return False
            workload["writes"].append({"topic": topic})
            write(world, found)
            return True
    return add(world, "leave_behind", {"topic": topic, "because": "nobody uses it"})


def accept(world: World, match: re.Match[str]) -> bool:
    """Accept a name that only older workers do not copy."""
    if world.connect.version < "4":
        return False
    return add(
        world,
        "suppress",
        {
            "rule": "name-internal",
            "subject": f"topic {match[1]}",
            "because": "the workers are of Kafka 4",
            "until": "2027-03-01",
        },
    )


def own_group(world: World, match: re.Match[str]) -> bool:
    """Give a group that appeared to the workload whose principal uses it."""
    name = match[1]
    client = next((c.spec for c in world.clients.values() if c.spec.group == name), None)
    if client is None:
        return False
    found = document(world)
    for workload in found.get("workloads") or []:
        if workload["principal"] == f"User:{client.user or client.name}":
            if name in workload["groups"]:
                return False
            workload["groups"].append(name)
            write(world, found)
            return True
    return False


def waive(world: World, match: re.Match[str]) -> bool:
    """Accept in writing what cannot be mended any more."""
    topic, said = match[1].rpartition("-")[0], match[2]
    may = "read again" if said.startswith("twice") else "miss"
    if said.startswith("deleted"):
        may = "revive"
    known = "it cannot be mended"
    entry = {"topic": topic, "may": may, "because": known, "until": "2027-03-01"}
    return add(world, "waive", entry)


def disown_group(world: World, match: re.Match[str]) -> bool:
    """Take a group off its workload that its cluster does not know any more: its commits have expired."""
    found = document(world)
    for workload in found.get("workloads") or []:
        if workload["name"] == match[1] and match[2] in workload["groups"]:
            workload["groups"].remove(match[2])
            write(world, found)
            return True
    return False


def show_health(world: World, match: re.Match[str]) -> bool:
    """Give a workload the command that shows whether its clients work."""
    name, found = match[1], document(world)
    for workload in found.get("workloads") or []:
        hooks = workload["switch"].get("command") if workload["name"] == name else None
        if hooks is not None and "health" not in hooks:
            hooks["health"] = ["switch", "health", name]
            write(world, found)
            return True
    return False


def add(world: World, key: str, entry: dict[str, Any]) -> bool:
    """Add an entry to a list of workloads.yaml, unless it is there."""
    found = document(world)
    there = found.setdefault(key, [])
    if entry in there:
        return False
    there.append(entry)
    write(world, found)
    return True
