"""Whether what preflight passed is so: nobody is left behind, nobody writes early, every login works."""

import json
from typing import Any

from migrate.rehearse.worlds.world import HOME, World

About = dict[str, Any]


def looked(world: World, _: str, about: About) -> str:
    """Return who would be left behind by the wave, may write too early, or cannot log in."""
    plan = json.loads(world.disk.content(HOME / "plan.json"))
    waves = [one for one in plan["waves"] if one["number"] <= about["wave"]]
    owned = set(waves[-1]["owns_topics"])
    known = {group for wave in waves for group in wave["groups"]}
    known |= {
        a["item"] for a in plan["accounts"] if a["kind"] == "group" and a["fate"] != "workload"
    }
    for group in world.source.groups.all():
        read = sorted({topic for topic, _ in group.commits} & owned)
        if read and group.name not in known:
            return f"group {group.name} reads {read[0]}, and moves with no wave"
    movers = {one["workload"] for one in waves[-1]["workloads"]}
    for client in world.clients.values():
        name = client.spec.user or client.spec.name
        if name not in movers:
            continue
        for topic in sorted(owned):
            if world.target.allowed_since(about["began"], f"User:{name}", "WRITE", "TOPIC", topic):
                return f"User:{name} may write to {topic} on the target"
    return ""
