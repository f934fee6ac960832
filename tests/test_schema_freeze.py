"""What is written down changes only on purpose: every field of every document, against tests/golden/.

When this fails: 1. is the change meant? 2. raise `schema_version` of the document unless only an optional field was
added; 3. say it in CHANGELOG.md; 4. run `REFREEZE=1 pytest tests/test_schema_freeze.py`; 5. read the diff.
"""

import os
import types
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from migrate.documents.assessment import Assessment
from migrate.documents.boundary import Review
from migrate.documents.config import Config
from migrate.documents.inventory import Inventory
from migrate.documents.plan import Plan
from migrate.documents.report import Report
from migrate.documents.workloads import Workloads
from migrate.journal.entry import Entry

GOLDEN = Path(__file__).parent / "golden"
DOCUMENTS: dict[str, type[BaseModel]] = {
    "kmig.yaml": Config,
    "workloads.yaml": Workloads,
    "inventory.json": Inventory,
    "assessment.json": Assessment,
    "plan.json": Plan,
    "journal.jsonl": Entry,
    "report.json": Report,
    "review.json": Review,
}


def models(annotation: object) -> list[type[BaseModel]]:
    """Every model inside an annotation: `tuple[Acl, ...] | None` → [Acl]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if isinstance(annotation, types.GenericAlias | types.UnionType) or typing.get_args(annotation):
        return [m for part in typing.get_args(annotation) for m in models(part)]
    return []


def paths(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        shown = field.alias or name
        optional = "" if field.is_required() else "?"
        inner = models(field.annotation)
        kind = "" if inner else f": {str(field.annotation).replace('typing.', '')}"
        found.append(f"{prefix}{shown}{optional}{kind}")
        for one in inner:
            tag = f"<{one.__name__}>" if len(inner) > 1 else ""
            found += paths(one, f"{prefix}{shown}{tag}.")
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_field_changes_by_accident(name: str) -> None:
    golden = GOLDEN / f"{name}.fields"
    now = "\n".join(paths(DOCUMENTS[name])) + "\n"
    if os.environ.get("REFREEZE"):
        golden.write_text(now)
    assert now == golden.read_text()
