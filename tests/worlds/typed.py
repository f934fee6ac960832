"""A command typed in a world: the functions of `migrate.cli` below argument parsing, run in this process."""

import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from types import SimpleNamespace
from typing import Any, Literal

from migrate.cli.main import ended
from migrate.cli.session import Session
from migrate.rehearse.worlds.calls import Killed
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.world import CommandWorld, World

_YES = ("apply", "replicate", "cutover", "rollback", "rotate", "close", "watch")


def run(world: World, command: str) -> Ended:
    """Run one command as its process would run it; a death by the world's hand ends it without a word."""
    out, err = StringIO(), StringIO()
    began, killed, crashed, code = world.timeline.now, False, "", 1
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = ended(_function(world, command))
        except Killed:
            killed, code = True, 137
        except Exception:
            crashed = traceback.format_exc()
    return Ended(
        command,
        int(code),
        out.getvalue(),
        err.getvalue(),
        began,
        world.timeline.now,
        world.calls.count,
        killed,
        crashed,
    )


def _function(world: World, command: str) -> Callable[[], object]:
    words = command.split()
    output: Literal["table", "json"] = "table"
    if words[-2:] == ["-o", "json"]:
        output, words = "json", words[:-2]
    verb, *rest = words
    function = getattr(import_module(f"migrate.cli.{verb}"), verb)
    context = SimpleNamespace(obj=Session(world.folder(), CommandWorld(world), output))
    arguments: list[Any] = []
    options: dict[str, Any] = {}
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            name = word.removeprefix("--").replace("-", "_")
            flag = not rest or rest[0].startswith("--") or name in ("status", "drill", "check")
            options[_OPTIONS.get(name, name)] = True if flag else _value(rest.pop(0))
        else:
            arguments.append(_value(word))
    if verb in _YES and not options.get("status"):
        options["yes"] = True
    if verb == "verify" and arguments:
        arguments = [arguments]
        options["yes"] = True
    return lambda: function(context, *arguments, **options)


_OPTIONS = {"as": "role"}


def _value(word: str) -> str | int:
    return int(word) if word.isdigit() else word
