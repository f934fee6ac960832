"""Whether what `kmig verify data` and `kmig watch` say of copies and moved groups is so."""

import json
from collections import Counter
from typing import Any

import yaml

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.mirrors import renamed
from migrate.rehearse.worlds.oracles import copies, fences, standing
from migrate.rehearse.worlds.world import HOME, World

About = dict[str, Any]


def data(world: World, name: str, about: About) -> str:
    """Return a record that the copy lacks, or has twice: nobody needs to have it before him."""
    topic = name.removeprefix("data of ")
    source, target = world.source.topics.get(topic), world.target.topics.get(topic)
    if source is None or target is None or "compact" in source.effective["cleanup.policy"]:
        return ""
    for place in sorted(p for p in world.facts.at_place if p[0] == topic):
        there = place[1] < min(len(source.logs), len(target.logs))
        if there and (fault := _unlike(world, place, source.id, about["began"])):
            return fault
    return ""


def _unlike(world: World, place: TopicPartition, source_id: str, began: float) -> str:
    start = world.target.log(*renamed(place)).start
    here = [w for w in copies.copied_records(world, place) if w.offset >= start and w.at < began]
    twice = [n for n, count in Counter(w.content.number for w in here).items() if count > 1]
    if twice:
        return f"{place[0]}-{place[1]} has record {twice[0]} twice"
    numbers = {w.content.number for w in here}
    written = [w for w in world.facts.at_place[place] if w.topic_id == source_id]
    found = [w for w in written if w.content.number in numbers]
    if not found:
        return ""
    low, high = found[0].offset, found[-1].offset
    lost = [w.offset for w in written if low < w.offset < high and copies.settled(w)]
    lost = [
        w.offset
        for w in written
        if w.offset in lost and w.content.number not in numbers | world.lost
    ]
    return f"{place[0]}-{place[1]} lacks the record at {lost[0]}" if lost else ""


def connector(world: World, name: str, about: About) -> str:
    """Return a task that does not run, unless somebody did something meanwhile."""
    if any(at >= about["began"] for at, _ in world.happened):
        return ""
    found = world.connect.connectors.get(name.removeprefix("connector "))
    if found is None or not found.tasks:
        return "it has no task"
    return next((f"a task is {t.state}" for t in found.tasks if t.state != "RUNNING"), "")


def copy(world: World, name: str, about: About) -> str:
    """Return a record that the copy lacks, and that a group of the plan has before it."""
    if any("not read to the end" in line for line in about["evidence"]):
        return ""
    every = {g for wave in standing.plan(world)["waves"] for g in wave["groups"]}
    moved = set(_committed(world))
    people = yaml.safe_load(world.disk.content(HOME / "workloads.yaml")) or {}
    step = {
        "topics": [name.removeprefix("copy of ")],
        "connectors": sorted(world.connect.positions),
        "readers": {
            "here": sorted(every - moved),
            "across": sorted(moved),
            "waivers": people.get("waive") or [],
        },
    }
    return copies.compared(world, name, {"step": step})


def moved_group(world: World, name: str, about: About) -> str:
    """Return a commit of the group that went on on the source since it moved."""
    translations = _committed(world).get(name.removeprefix("moved group "), [])
    group = world.source.groups.get(name.removeprefix("moved group "))
    for one in translations if group else ():
        place = (one["topic"], one["partition"])
        commit = group.commits.get(place) if group else None
        if commit and one["source"] is not None and commit.offset > one["source"]:
            later = [
                c for c in world.facts.changes if c.what == "commit" and c.at >= about["began"]
            ]
            if not later:
                return f"{place[0]}-{place[1]} went from {one['source']} to {commit.offset}"
    return ""


def fenced(world: World, name: str, about: About) -> str:
    """Return a fenced partition that does not end where it was frozen."""
    wave = int(name.rpartition(" ")[2])
    step: dict[str, Any] = {"ends": []}
    for entry in standing.journal(world):
        if (entry.get("step") or {}).get("op") == "freeze_topics" and entry["wave"] == wave:
            step = entry["step"] if entry["event"] == "done" else {"ends": []}
    if any(w.at >= about["began"] for w in world.facts.written if w.side == "source"):
        return ""
    return fences.still(world, name, {"step": step})


def _committed(world: World) -> dict[str, list[dict[str, Any]]]:
    """Return what cutovers committed and did not undo, by group."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in standing.journal(world):
        step = entry.get("step") or {}
        if step.get("op") == "commit_offsets":
            found.pop(step["group"], None)
            if entry["event"] == "done":
                found[step["group"]] = step["translations"]
    return found


def watched(world: World) -> tuple[str, list[dict[str, Any]]]:
    """Return when watch.json was made, and its checks."""
    content = world.disk.present(str(HOME / "watch.json"))
    document: dict[str, Any] = json.loads(content) if content else {}
    return document.get("made_at", ""), document.get("checks", [])
