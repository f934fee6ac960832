"""What a plan and an assessment are made from, by digest."""

from functools import lru_cache
from typing import Any, Generic, TypeVar

from migrate.documents.config import Config
from migrate.documents.digest import digest
from migrate.documents.inventory import Inventory
from migrate.documents.plan import Plan
from migrate.documents.workloads import Workloads

_NOT_PLANNED_ON: Any = {
    "suppress": True,
    "waive": True,
    "workloads": {
        "__all__": {"credential": {"issued"}, "external": {"__all__": {"issued"}}},
    },
}
"""What people write for the assessment, for `kmig trace` and for a cutover alone."""


_Document = TypeVar("_Document")


class _Same(Generic[_Document]):
    """A document as a key: no document changes, so one object has one digest."""

    def __init__(self, document: _Document) -> None:
        self.document = document

    def __hash__(self) -> int:
        return id(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.document is other.document


def inputs(config: Config, people: Workloads, inventory: Inventory) -> dict[str, str]:
    """Return the digests of a plan's inputs, without what changes by itself in an inventory (offsets, sizes)."""
    return dict(_inputs(_Same(config), _Same(people), _Same(inventory)))


@lru_cache(maxsize=4)
def _inputs(
    config: _Same[Config], people: _Same[Workloads], inventory: _Same[Inventory]
) -> dict[str, str]:
    planned_on = people.document.model_dump(
        mode="json", exclude=_NOT_PLANNED_ON, exclude_defaults=True
    )
    return {
        # keys left at their default do not count: one that a later version of kmig adds makes no plan stale
        "kmig.yaml": digest(config.document.model_dump(mode="json", exclude_defaults=True)),
        "workloads.yaml": digest(planned_on),
        "inventory.json": inventory.document.steady_digest,
    }


def changed(plan: Plan, config: Config, people: Workloads, inventory: Inventory) -> list[str]:
    """Return the names of the plan's inputs that are not what it was made from."""
    now = inputs(config, people, inventory)
    return sorted(name for name, was in plan.inputs.items() if now.get(name) != was)
