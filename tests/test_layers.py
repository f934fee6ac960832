"""The architecture, executable: who may import whom, directly and through others."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "migrate"
MODULES = sorted(path.relative_to(ROOT.parent) for path in ROOT.rglob("*.py"))

ALLOWED = {
    "errors": set(),
    "model": {"model"},
    "ports": {"model", "errors", "ports"},
    "offsets": {"model", "offsets"},
    "continuity": {"model", "errors", "ports", "offsets", "continuity"},
    "steps": {"model", "errors", "ports", "offsets", "continuity", "steps"},
    "documents": {"model", "errors", "offsets", "steps", "documents"},
    "assess": {"model", "errors", "documents", "plan", "assess"},
    "stages": {"model", "errors", "steps", "documents", "stages"},
    "plan": {"model", "errors", "steps", "documents", "stages", "plan"},
    "checks": {"model", "errors", "ports", "offsets", "steps", "documents", "checks"},
    "inventory": {"model", "errors", "ports", "documents", "inventory"},
    "execute": {"model", "errors", "ports", "steps", "stages", "documents", "execute"},
    "audit": {"model", "steps", "documents", "audit"},
    "render": {"model", "offsets", "documents", "stages", "steps", "render"},
    "adapters": {"model", "errors", "ports", "offsets", "adapters"},
    "rehearse": {
        "model",
        "errors",
        "adapters",
        "audit",
        "documents",
        "render",
        "rehearse",
        "steps",
    },
    "cli": {"*"},
    "__main__": {"cli", "errors"},
    "__init__": set(),
}
PURE = {"model", "offsets", "assess", "plan", "stages", "audit", "render"}
FORBIDDEN_TO_PURE = {
    *("migrate.adapters", "migrate.documents.store", "migrate.cli"),
    *("kafka", "confluent_kafka", "httpx", "subprocess", "socket", "time", "os", "yaml"),
}


def room(module: Path) -> str:
    part = module.parts[1]
    return part.removesuffix(".py")


@cache
def imports(module: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT.parent / module).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module}: relative import"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def file_of(name: str) -> Path | None:
    path = Path(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if (ROOT.parent / candidate).is_file():
            return candidate
    return None


def reached(module: Path) -> dict[str, Path]:
    """Everything imported by the module or by what it imports, with who does it."""
    found: dict[str, Path] = {}
    waiting, seen = [module], {module}
    while waiting:
        current = waiting.pop()
        for name in imports(current):
            found.setdefault(name, current)
            target = file_of(name) if name.startswith("migrate") else None
            if target and target not in seen:
                seen.add(target)
                waiting.append(target)
    return found


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_only_what_its_room_may(module: Path) -> None:
    allowed = ALLOWED[room(module)]
    rooms = {name.split(".")[1] for name in imports(module) if name.startswith("migrate.")}
    assert "*" in allowed or rooms <= allowed


@pytest.mark.parametrize("module", [m for m in MODULES if room(m) in PURE], ids=str)
def test_pure_rooms_reach_no_world(module: Path) -> None:
    for name, by in reached(module).items():
        touched = {f for f in FORBIDDEN_TO_PURE if name == f or name.startswith(f + ".")}
        assert not touched, f"{by} imports {name}"


def test_client_libraries_stay_in_adapters() -> None:
    clients = ("kafka", "confluent_kafka", "httpx", "docker")
    for module in MODULES:
        names = {name.split(".")[0] for name in imports(module)}
        assert room(module) == "adapters" or not names & set(clients), module


def test_the_environment_is_read_by_the_command_line_and_rehearsals_alone() -> None:
    for module in MODULES:
        text = (ROOT.parent / module).read_text()
        allowed = room(module) in ("cli", "rehearse")
        assert allowed or ("os.environ" not in text and "os.getenv" not in text), module


def test_no_junk_drawers() -> None:
    for module in MODULES:
        assert module.stem not in ("utils", "helpers", "common", "misc"), module


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_fits_on_a_few_screens(module: Path) -> None:
    assert len((ROOT.parent / module).read_text().splitlines()) <= 300
