"""Files that people write: YAML read strictly, and what is wrong with it in words."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError


class StrictLoader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML that refuses a key written twice: the first would be lost in silence."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"key `{key.value}` is written twice", key.start_mark
            )
        seen.add(key.value)
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def explain(path: Path, error: ValidationError) -> list[str]:
    """Where and what, of the first faults; never the value, which may be a secret."""
    lines = []
    for fault_ in error.errors(include_input=False, include_url=False)[:5]:
        where = ".".join(str(part) for part in fault_["loc"]) or "the file"
        what = fault_["msg"].removeprefix("Value error, ")
        if fault_["type"] == "extra_forbidden":
            what = "unknown key"
        lines.append(f"{path}: {where}: {what}")
    return lines
