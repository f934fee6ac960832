"""workloads.yaml as people open it, change it and save it."""

from typing import Any

import yaml

from migrate.rehearse.worlds.world import HOME, World

WORKLOADS = HOME / "workloads.yaml"


def document(world: World) -> dict[str, Any]:
    """Return what is in the file."""
    found = yaml.load(world.disk.content(WORKLOADS), Loader=yaml.CSafeLoader)
    assert isinstance(found, dict)
    return found


def write(world: World, changed: dict[str, Any]) -> None:
    """Save it."""
    text = yaml.dump(changed, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=False)
    world.disk.remove_quietly(WORKLOADS)
    world.disk.put_file(WORKLOADS, str(text).encode())


def of_workload(workload: dict[str, Any], topic: str) -> bool:
    """Whether a workload says that it writes a topic."""
    return {"topic": topic} in workload["writes"]
