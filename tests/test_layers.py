"""The architecture, executable: who may import whom, directly and through others."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypeVar

import pytest

_Node = TypeVar("_Node", bound=ast.AST)

ROOT = Path(__file__).parents[1] / "migrate"
MODULES = sorted(path.relative_to(ROOT.parent) for path in ROOT.rglob("*.py"))

ALLOWED = {
    "errors": set(),
    "model": {"model"},
    "ports": {"model", "errors", "ports"},
    "logs": {"model", "logs"},
    "steps": {"model", "errors", "ports", "logs", "preflight", "steps"},
    "preflight": {"model", "errors", "ports", "logs", "preflight"},
    "documents": {"model", "errors", "logs", "steps", "documents"},
    "estate": {"model", "documents"},
    "journal": {"model", "errors", "logs", "steps", "documents", "journal"},
    "parsed": set(),
    "sealed": set(),
    "folder": {
        *("parsed", "sealed"),
        *("model", "errors", "ports", "documents", "journal", "adapters.local_disk"),
        "adapters.whole_file",
    },
    "boundary": {
        *("model", "errors", "documents", "estate", "journal", "steps", "plan.accounting"),
        "boundary",
    },
    "assess": {
        *("model", "errors", "documents", "estate", "plan", "boundary.runtimes"),
        *("boundary.credentials", "assess"),
    },
    "drafting": {
        *("model", "errors", "documents", "estate", "plan.accounting", "render.plain"),
        "drafting",
    },
    "stages": {"model", "errors", "steps", "documents", "journal", "preflight.facts", "stages"},
    "plan": {"model", "errors", "steps", "documents", "estate", "journal", "stages", "plan"},
    "checks": {
        *("model", "errors", "ports", "logs", "steps", "documents", "checks"),
        *("probes.catalogue", "probes.apis"),
    },
    "inventory": {"model", "errors", "ports", "documents", "inventory"},
    "execute": {
        *("model", "errors", "ports", "steps", "stages", "documents", "journal", "folder", "plan"),
        *("estate", "assess", "preflight", "render.columns", "execute"),
    },
    "render": {
        *("model", "logs", "documents", "estate", "journal", "stages", "steps", "render"),
        "probes.catalogue",
    },
    "adapters": {"model", "errors", "ports", "logs", "adapters"},
    "probes": {"model", "errors", "adapters", "probes"},
    "wiring": {
        *("model", "errors", "ports", "adapters", "documents", "folder", "inventory", "wiring"),
        *("checks.network", "journal.copying", "logs.looking", "logs.many"),
    },
    "rehearse": {
        *("model", "errors", "ports", "adapters", "documents", "folder", "journal", "render"),
        *("steps", "logs.logmap", "logs.stretches", "rehearse"),
    },
    # what stands behind the ports, and what a command sees of it
    "rehearse.worlds": {
        *("model", "errors", "ports", "adapters", "documents", "folder", "inventory"),
        *("checks.network", "parsed", "rehearse.worlds"),
    },
    "cli": {"*"},
    "__main__": {"cli", "errors"},
    "__init__": set(),
}
"""By room; a module's own entry comes before its room's, and `room.module` lets in that module alone."""
READERS = {
    "logs.again": {"model", "errors", "ports", "logs"},
    "logs.arriving": {"model", "errors", "ports", "logs"},
    "logs.reading": {"model", "errors", "ports", "logs"},
    "logs.sampling": {"model", "errors", "ports", "logs"},
    "logs.looking": {"model", "errors", "ports", "logs"},
    "logs.many": {"model", "errors", "ports", "logs"},
    "logs.mapping": {"model", "errors", "ports", "logs"},
    "logs.translating": {"model", "errors", "ports", "logs"},
    "logs.concerns": {"model", "errors", "ports", "logs"},
    "logs.foreseen": {"model", "errors", "ports", "logs"},
    "logs.lag": {"model", "errors", "ports", "logs"},
    "logs.retained": {"model", "errors", "ports", "logs"},
    "journal.file": {"model", "errors", "ports", "journal"},
}
PURE = {
    "model",
    "logs",
    "boundary",
    "assess",
    "plan",
    "stages",
    "journal",
    "render",
    "drafting",
    "estate",
}
"""But for `READERS`."""
PURE_MODULES = {"probes.catalogue", "probes.apis"}
FORBIDDEN_TO_PURE = {
    *("migrate.adapters", "migrate.folder", "migrate.cli", "migrate.wiring"),
    *("kafka", "confluent_kafka", "httpx", "subprocess", "socket", "time", "os"),
}


def room(module: Path) -> str:
    part = ".".join(module.parts[1:3])
    return part if part in ALLOWED else module.parts[1].removesuffix(".py")


def name_of(module: Path) -> str:
    return ".".join(module.with_suffix("").parts[1:])


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
    allowed = READERS.get(name_of(module), ALLOWED[room(module)])
    for name in imports(module):
        if name.startswith("migrate."):
            at = name.removeprefix("migrate.")
            assert "*" in allowed or any(at == a or at.startswith(f"{a}.") for a in allowed), name


def pure(module: Path) -> bool:
    name = name_of(module)
    return name in PURE_MODULES or (room(module) in PURE and name not in READERS)


@pytest.mark.parametrize("module", [m for m in MODULES if pure(m)], ids=str)
def test_pure_rooms_reach_no_world(module: Path) -> None:
    for name, by in reached(module).items():
        touched = {f for f in FORBIDDEN_TO_PURE if name == f or name.startswith(f + ".")}
        assert not touched, f"{by} imports {name}"


def test_client_libraries_stay_in_adapters() -> None:
    clients = ("kafka", "confluent_kafka", "httpx", "docker", "hvac", "requests")
    for module in MODULES:
        names = {name.split(".")[0] for name in imports(module)}
        at_home = room(module) in ("adapters", "probes") or name_of(module).startswith(
            "rehearse.lab"
        )
        assert at_home or not names & set(clients), module


def test_the_environment_is_read_by_the_command_line_and_rehearsals_alone() -> None:
    for module in MODULES:
        text = (ROOT.parent / module).read_text()
        # a worker of a Dask cluster has no command line
        allowed = room(module) in ("cli", "rehearse") or name_of(module) == "wiring.builders"
        assert allowed or ("os.environ" not in text and "os.getenv" not in text), module


PAST_THE_WORLD = {
    "cli.main": "it builds the real world, and names the versions of its libraries",
    "cli.clusters": "it starts clusters on this machine",
    "cli.evidence": "it reads logs, and searches files for secrets in clear",
    "cli.probe": "it writes a script for another host",
    "cli.protocol": "its probes are requests on the wire",
}
OUTSIDE = {"migrate.adapters", "migrate.wiring", "getpass", "os", "socket", "subprocess", "time"}


def test_a_command_gets_the_outside_world_from_its_session() -> None:
    """So a simulated world can stand there: time, the user, sites, an inventory's source (`cli/world.py`)."""
    past = {
        name_of(module): sorted(
            name for name in imports(module) if any(f"{name}.".startswith(f"{o}.") for o in OUTSIDE)
        )
        for module in MODULES
        if room(module) == "cli"
    }
    assert {name for name, found in past.items() if found} == PAST_THE_WORLD.keys(), past


def test_no_module_imports_itself_through_others() -> None:
    """No circle, neither between rooms nor inside one; imports within functions count."""
    known = {file: {f for n in imports(file) if (f := file_of(n))} for file in MODULES}
    # an import of a package's member also names the package, whose file is empty or hands names on
    faces = {f for f in MODULES if f.name == "__init__.py"}
    order = TopologicalSorter(
        {file: {f for f in to if f not in faces} for file, to in known.items()}
    )
    order.prepare()  # raises CycleError, which names the circle


def test_no_module_takes_another_s_private_names() -> None:
    for module in MODULES:
        tree = ast.parse((ROOT.parent / module).read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("migrate"):
                private = [a.name for a in node.names if a.name.startswith("_")]
                assert not private, f"{module} takes {private[0]} from {node.module}"


def test_one_module_prints_and_it_prints_lines() -> None:
    """Whatever is said passes `cli/terminal.py`; only its callers, and programs of rehearsals, name a stream."""
    streams = {"cli.session", "cli.main", "cli.rehearse", "__main__", "probes.__main__"}
    for module in MODULES:
        called = {ast.unparse(c.func) for c in nodes(module, ast.Call)}
        assert name_of(module) == "cli.terminal" or not called & {"print", "typer.echo"}, module
        named = {ast.unparse(a) for a in nodes(module, ast.Attribute)}
        at_home = name_of(module) in streams or room(module) == "rehearse"
        assert at_home or not named & {"sys.stdout", "sys.stderr"}, module


def nodes(module: Path, kind: type[_Node]) -> list[_Node]:
    tree = ast.parse((ROOT.parent / module).read_text())
    return [node for node in ast.walk(tree) if isinstance(node, kind)]


def test_the_journal_is_asked_and_not_read() -> None:
    """A new question is a filter in `journal`; nobody else goes through its entries."""
    for module in MODULES:
        if room(module) == "journal" or module.parts[1:3] == ("adapters", "kafka"):
            continue  # answers of brokers have entries too
        if name_of(module) == "rehearse.worlds.writing":
            continue  # the head's own entries, kept on the target
        for node in ast.walk(ast.parse((ROOT.parent / module).read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "entries":
                # how many entries the head on the target stands for
                assert ast.unparse(node.value) == "newest", f"{module}: {ast.unparse(node)}"


def test_no_junk_drawers() -> None:
    for module in MODULES:
        assert module.stem not in ("utils", "helpers", "common", "misc"), module


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_fits_on_a_few_screens(module: Path) -> None:
    assert len((ROOT.parent / module).read_text().splitlines()) <= 300
