"""What a plan and an assessment are made from, by digest."""

from typing import Any

from migrate.documents.config import Config
from migrate.documents.digest import digest
from migrate.documents.inventory import Inventory
from migrate.documents.plan import Plan
from migrate.documents.workloads import Workloads

_NOT_PLANNED_ON: Any = {
    "suppress": True,
    "workloads": {
        "__all__": {"credential": {"issued"}, "external": {"__all__": {"issued"}}},
    },
}
"""What people write for the assessment and for `kmig trace` alone."""


def inputs(config: Config, people: Workloads, inventory: Inventory) -> dict[str, str]:
    """Return the digests of a plan's inputs, without what changes by itself in an inventory (offsets, sizes)."""
    return {
        # keys left at their default do not count: one that a later version of kmig adds makes no plan stale
        "kmig.yaml": digest(config.model_dump(mode="json", exclude_defaults=True)),
        "workloads.yaml": digest(
            people.model_dump(mode="json", exclude=_NOT_PLANNED_ON, exclude_defaults=True)
        ),
        "inventory.json": inventory.steady_digest,
    }


def changed(plan: Plan, config: Config, people: Workloads, inventory: Inventory) -> list[str]:
    """Return the names of the plan's inputs that are not what it was made from."""
    now = inputs(config, people, inventory)
    return sorted(name for name, was in plan.inputs.items() if now.get(name) != was)
