"""A message says what was asked of whom and what happened; Python's names of exceptions are no words of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "migrate"


def test_no_class_name_of_an_exception_is_a_word() -> None:
    assert [named for module in ROOT.rglob("*.py") for named in _named(module)] == []


def _named(module: Path) -> Iterator[str]:
    """Where the class of what was caught is turned into text: its name, or its `repr`."""
    tree = ast.parse(module.read_text())
    caught = {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.name}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.FormattedValue):
            continue
        name = isinstance(node, ast.Attribute) and node.attr in ("__name__", "__qualname__")
        raw = isinstance(node, ast.FormattedValue) and node.conversion == ord("r")
        named = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        if (name or raw) and named & caught:
            yield f"{module.relative_to(ROOT)}:{node.lineno}"
