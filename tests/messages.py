"""Every error message that `migrate/` can print, read from its source: the fixed parts, with `…` for the rest.

    python -m tests.messages [PAGE.md] [PATH…]

prints them as headings of docs/troubleshooting.md: those of these files and folders that the page does not have yet.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from migrate import errors
from migrate.documents.authored import PHRASES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "troubleshooting.md"
HEADING = re.compile(r"^### `` (.+) ``$", re.MULTILINE)
HOLE = "…"
_AUTHORED = ("documents", "model")
"""Where a ValueError is a message about an authored file."""

_SIMULATED = "worlds"
"""Simulated worlds answer in place of adapters: nobody who runs kmig reads what they say."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Message(NamedTuple):
    """The fixed parts of a message, the exit code it comes with, and where it is made."""

    pattern: str
    exit: int
    place: str


class Module(NamedTuple):
    """A parsed file, with the functions and classes of the whole package by their names."""

    path: Path
    tree: ast.Module


def tree_of_errors() -> dict[str, int]:
    """Name and exit code of each error class, those that other modules derive included."""
    codes = {
        name: int(kind.exit)
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.KmigError)
    }
    classes = [n for m in modules() for n in ast.walk(m.tree) if isinstance(n, ast.ClassDef)]
    for _ in range(3):
        for node in classes:
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id in codes:
                    codes.setdefault(node.name, codes[base.id])
    return codes


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, read once."""
    paths = sorted((ROOT / "migrate").rglob("*.py"))
    return tuple(Module(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


@cache
def messages() -> tuple[Message, ...]:
    """Every message that is constructed; `…` alone where the source does not show its words."""
    codes = tree_of_errors()
    parsed = modules()
    functions = {
        node.name: node for m in parsed for node in ast.walk(m.tree) if isinstance(node, Function)
    }
    own = set(_with_own_words(parsed)) - {"KmigError"}
    found: list[Message] = []
    for path, tree in parsed:
        if _SIMULATED in path.parts:
            continue
        authored = path.parent.name in _AUTHORED
        names = codes | (dict.fromkeys(("ValueError", "Misplaced"), 2) if authored else {})
        for call, scope in _calls(tree, [], names):
            if ast.unparse(call.func) in own:
                continue
            place = f"{path.relative_to(ROOT)}:{call.lineno}"
            for pattern in _patterns(call.args[0], scope, functions):
                found.append(Message(tidy(pattern), _code(call, names), place))
    return tuple(found)


def _with_own_words(parsed: Iterable[Module]) -> Iterator[str]:
    """Yield classes that make the message in their `__init__`: what they are called with is no message."""
    for _, tree in parsed:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                calls = (
                    call for call in ast.walk(node) if isinstance(call, ast.Call) and call.args
                )
                made = [c for c in calls if ast.unparse(c.func) == "super().__init__"]
                if made and not isinstance(made[0].args[0], ast.Name):
                    yield node.name


def _code(call: ast.Call, names: dict[str, int]) -> int:
    if isinstance(call.func, ast.Name):
        return names[call.func.id]
    return int(errors.Exit.FAILED)


def _calls(
    node: ast.AST, scope: list[ast.AST], names: dict[str, int]
) -> Iterator[tuple[ast.Call, list[ast.AST]]]:
    inner = [*scope, node] if isinstance(node, Function | ast.Module) else scope
    if isinstance(node, ast.Call) and node.args:
        blocked = ast.unparse(node.func) == "super().__init__" and _derives(scope, names)
        if blocked or (isinstance(node.func, ast.Name) and node.func.id in names):
            yield node, scope
    if isinstance(node, ast.ClassDef):
        inner = [*scope, node]
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, inner, names)


def _derives(scope: list[ast.AST], names: dict[str, int]) -> bool:
    classes = [node for node in scope if isinstance(node, ast.ClassDef)]
    return bool(classes) and classes[-1].name in {*names} - {"KmigError", "Misplaced"}


def _patterns(  # noqa: C901
    node: ast.expr, scope: list[ast.AST], functions: dict[str, Function], depth: int = 0
) -> list[str]:
    def of(inner: ast.expr) -> list[str]:
        return _patterns(inner, scope, functions, depth + 1)

    match node if depth < 7 else None:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return ["".join(parts) for parts in product(*(of(value) for value in values))]
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return ["".join(parts) for parts in product(of(left), of(right))]
        case ast.IfExp(body=one, orelse=other) | ast.BoolOp(values=[one, other]):
            return [*of(one), *of(other)]
        case ast.Tuple(elts=[]):
            return []  # no message: another follows `or`
        case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]):
            return of(first)
        case ast.ListComp(elt=first):
            return of(first)
        case ast.Name(id=name):
            return _assigned(name, scope, functions, depth) or [HOLE]
        case ast.Attribute(attr="message" | "lines"):
            return []  # another error's words, found where that is made
        case ast.Call(func=ast.Name(id="faults")):
            return [f"… `…` {phrase}" for phrase in PHRASES.values()]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in functions:
            return _returned(functions[name], functions, depth) or [HOLE]
        case _:
            return [HOLE]


def _assigned(
    name: str, scope: list[ast.AST], functions: dict[str, Function], depth: int
) -> list[str]:
    for outer in reversed(scope):
        values = [
            node.value
            for node in ast.walk(outer)
            if isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        ]
        if values:
            return [p for v in values for p in _patterns(v, scope, functions, depth + 1)]
    return []


def _returned(function: Function, functions: dict[str, Function], depth: int) -> list[str]:
    returned = [
        node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value
    ]
    return [p for v in returned for p in _patterns(v, [function], functions, depth + 1)]


def tidy(pattern: str) -> str:
    """The pattern in one line, its neighbouring holes as one."""
    one_line = re.sub(r"\{\w+\}", HOLE, " ".join(pattern.split()))
    return re.sub(rf"{HOLE}(\s*{HOLE})+", HOLE, one_line)


def says_something(pattern: str) -> bool:
    """Whether a person would find the entry by these words: two of three letters and more."""
    return len(re.findall(r"[A-Za-z]{3,}", pattern)) >= 2


def documented(page: str) -> list[str]:
    """The headings of the page, in its order."""
    return HEADING.findall(page)


def main(arguments: Iterable[str]) -> None:
    """Print what the page lacks."""
    given = list(arguments)
    page = next((Path(a) for a in given if a.endswith(".md")), PAGE)
    wanted = tuple(a for a in given if not a.endswith(".md"))
    known = set(documented(page.read_text(encoding="utf-8"))) if page.exists() else set()
    for message in sorted(set(messages()), key=lambda m: (m.place.partition(":")[0], m.pattern)):
        if wanted and not message.place.startswith(wanted):
            continue
        if not says_something(message.pattern):
            print(f"!! {message.place}: no words: {message.pattern}")
        elif message.pattern not in known:
            print(f"### `` {message.pattern} ``\n\nExit {message.exit}. ({message.place})\n")


if __name__ == "__main__":
    main(sys.argv[1:])
