"""Grants as `automq_kafka_acl` resources for administrators of AutoMQ BYOC: two files for each wave."""

from collections.abc import Iterable, Iterator

from migrate.documents.plan import Export, GroupGrant, Plan
from migrate.render.plain import escaped, plain

_HEAD = """# {migration}, wave {wave}: grants {when}. Made by kmig from the plan sealed {digest}.
# Apply in the order of runbook.md; it lists the ACLs that BYOC cannot express.
"""
_VARIABLES = """variable "environment_id" {
  type = string
}

variable "kafka_instance" {
  type = string
}
"""
_WHEN = {"prepare": "before the copy", "switch": "at the write gate"}


def exports(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield name and text of each file; each has its own directory, because Terraform applies a whole directory."""
    for export in plan.exports:
        yield f"wave-{export.wave}-{export.moment}/grants.tf", _file(plan, export)


def _file(plan: Plan, export: Export) -> str:
    head = _HEAD.format(
        migration=plain(plan.migration),
        wave=export.wave,
        when=_WHEN[export.moment],
        digest=plan.digest[:12],
    )
    return f"{head}\n{grants(f'wave_{export.wave}_{export.moment}', export.grants)}"


def grants(name: str, granted: Iterable[GroupGrant]) -> str:
    """Return the resources, with the variables that they need."""
    rows = (
        _resource(f"{name}_{number:04}", grant.model_dump().items())
        for number, grant in enumerate(granted, 1)
    )
    return "\n".join([_VARIABLES, *rows])


def _resource(name: str, values: Iterable[tuple[str, str]]) -> str:
    pairs = [("environment_id", "var.environment_id"), ("kafka_instance", "var.kafka_instance")]
    pairs += [(key, _quoted(value)) for key, value in values]
    wide = max(len(key) for key, _ in pairs)
    body = "\n".join(f"  {key:{wide}} = {value}" for key, value in pairs)
    return f'resource "automq_kafka_acl" "{name}" {{\n{body}\n}}\n'


_ESCAPES = {"\\": "\\\\", '"': '\\"', "${": "$${", "%{": "%%{"}


def _quoted(text: str) -> str:
    """Return a string of HCL without templates. HCL has fewer escapes than JSON, and no surrogates."""
    for what, instead in _ESCAPES.items():
        text = text.replace(what, instead)
    return f'"{escaped(text, _in_hcl)}"'


def _in_hcl(character: str) -> str:
    return f"\\U{ord(character):08x}"
