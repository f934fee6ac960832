"""workloads.yaml as its people write it: mostly what the clients are, sometimes less."""

from typing import Any

from migrate.rehearse.worlds.chance import Chance
from migrate.rehearse.worlds.history import ClientSpec, Estate

SECRETS = "secrets/clients.properties"


def declared(chance: Chance, estate: Estate) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Return the workloads, and the other keys of the file."""
    sensitivity = {
        c.name: chance.pick(["public", "internal", "restricted"]) for c in estate.clients
    }
    workloads = tuple(
        _workload(chance, c, sensitivity[c.name]) for c in estate.clients if not c.user
    )
    used = {t for c in estate.clients for t in (*c.reads, *c.writes)}
    unused = [t.name for t in estate.topics if t.name not in used]
    more: dict[str, Any] = {}
    if unused:
        more["leave_behind"] = [{"topic": t, "because": "nobody uses it"} for t in unused]
    return workloads, more


def _workload(chance: Chance, client: ClientSpec, sensitivity: str) -> dict[str, Any]:
    reads, writes = list(client.reads), list(client.writes)
    if len(writes) > 1 and chance.rarely():
        writes = writes[:1]
    if client.group and chance.rarely():
        reads = []
    return made(
        client,
        sensitivity,
        reads,
        writes,
        rotates=chance.sometimes(),
        health=client.commits != "auto" or chance.sometimes() or not client.group,
    )


def kind(reads: list[Any], writes: list[Any], *, purges: bool) -> str:
    """Return what people call a workload."""
    if purges and reads:
        return "streams"
    if reads and writes:
        return "service"
    return "producer" if writes else "consumer"


def made(
    client: ClientSpec,
    sensitivity: str,
    reads: list[str],
    writes: list[str],
    *,
    rotates: bool,
    health: bool,
) -> dict[str, Any]:
    """Return one workload."""
    name = client.name
    command = {"stop": ["switch", "stop", name], "start": ["switch", "start", name]}
    if health:
        command["health"] = ["switch", "health", name]
    workload: dict[str, Any] = {
        "name": name,
        "kind": kind(reads, writes, purges=client.purges),
        "owner": f"{name}-team",
        "sensitivity": sensitivity,
        "principal": f"User:{name}",
        "reads": [{"topic": t} for t in reads],
        "writes": [{"topic": t} for t in writes],
        "groups": [client.group] if client.group else [],
        "credential": {
            "mechanism": client.mechanism,
            "secret": f"${{file:{SECRETS}:{name}}}",
            "carry": True,
        },
        "switch": {
            "command": command,
            "file": {
                "path": f"clients/{name}.properties",
                "target": f"clients/{name}.target.properties",
            },
        },
    }
    if client.transactional_id:
        workload["transactional_ids"] = [client.transactional_id]
    if rotates:
        workload["rotation"] = {
            "strategy": "mechanism-overlap",
            "deliver": {"file": SECRETS, "key": name, "mechanism_key": f"{name}.mechanism"},
        }
    return workload
