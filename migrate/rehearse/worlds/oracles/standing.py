"""What the migration directory says at a moment: the plan's waves, and what the journal calls done."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from migrate.model.acl import Acl
from migrate.rehearse.worlds.world import HOME, World

OWN = ("User:kmig", "User:copier")
_ACLS_REACH = 100.0
"""Seconds after which a change of ACLs has reached the last broker, late as it may be."""


def plan(world: World) -> dict[str, Any]:
    """Return plan.json; empty where there is none."""
    return _parsed(world.disk.present(str(HOME / "plan.json")) or b"{}")


@lru_cache(maxsize=8)
def _parsed(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content)
    return found


def journal(world: World) -> Iterator[dict[str, Any]]:
    """Yield the journal's whole entries."""
    for line in (world.disk.present(str(HOME / "journal.jsonl")) or b"").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # torn


def prepared(world: World) -> list[dict[str, Any]]:
    """Return the plan's waves of which something was prepared, or found in place, and not undone."""
    standing: dict[int, set[str]] = {}
    for entry in journal(world):
        if entry["stage"] == "prepare":
            keys = standing.setdefault(entry["wave"], set())
            if entry["event"] in ("done", "end"):
                keys.add(entry["key"])
            elif entry["event"] == "undone":
                keys.difference_update((entry["key"], ""))
    return [wave for wave in plan(world).get("waves", ()) if standing.get(wave["number"])]


def opened(world: World) -> frozenset[Acl]:
    """Return what write gates have granted, or may have before they were interrupted."""
    standing: dict[tuple[int, str], list[Any]] = {}
    for entry in journal(world):
        step = entry.get("step") or {}
        if step.get("op") != "open_write_gate":
            continue
        if entry["event"] == "undone":
            standing.pop((entry["wave"], entry["key"]), None)
        else:
            standing[entry["wave"], entry["key"]] = step["acls"]
    return acls(acl for some in standing.values() for acl in some)


def acls(found: Iterable[Any]) -> frozenset[Acl]:
    """Return ACLs from a document."""
    return frozenset(Acl.model_validate(one) for one in found)


def made(world: World, side: str) -> frozenset[Acl]:
    """Return every ACL that kmig ever created on a side."""
    return frozenset(
        acl
        for c in world.facts.changes
        if c.what == "acl" and c.side == side and c.by == "User:kmig"
        for acl in c.detail[:1]
        if isinstance(acl, Acl)
    )


def meddled(world: World, what: str, since: float) -> bool:
    """Whether somebody else changed such a thing since a command began, or it may not have reached all brokers."""
    changes = (c for c in reversed(world.facts.changes) if c.at >= since - _ACLS_REACH)
    return any(c.what == what and c.by not in OWN for c in changes)
