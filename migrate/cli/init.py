"""kmig init."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from migrate.cli.session import say, session_anywhere
from migrate.errors import Refused
from migrate.folder import CONFIG, IGNORED, LOCK, WORKER, WORKLOADS, Folder

_NO_TEXTS = ("true", "false", "yes", "no", "on", "off", "null")
_WRITTEN = (CONFIG, WORKLOADS, WORKER)


def init(
    context: typer.Context,
    target: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="The migration directory; default: -C."),
    ] = None,
) -> None:
    """Write a commented kmig.yaml, workloads.yaml and worker.properties; the migration is named after the directory.

    A .gitignore comes with them, unless one exists: maps and secrets do not belong into git.

    Example: kmig init payments-to-automq
    """
    folder = Folder(target.absolute()) if target else session_anywhere(context).folder
    for name in _WRITTEN:
        if folder.has(name):
            raise Refused(
                f"{folder.path / name} exists and is not overwritten", "choose a new directory"
            )
    for name in _WRITTEN:
        text, called = _template(name), _named_after(folder.path)
        folder.write(
            name, text.replace("my-migration", _quoted(called) if name == CONFIG else called)
        )
        say(f"wrote {folder.path / name}")
    if folder.has(IGNORED):
        say(f"{folder.path / IGNORED} exists: add maps/, watch.json and {LOCK} to it")
    else:
        folder.write(IGNORED, _template("gitignore"))
        say(f"wrote {folder.path / IGNORED}")
    say("next: fill in kmig.yaml; write its client properties; then kmig inventory --permissions")


def _template(name: str) -> str:
    return files("migrate.documents").joinpath("templates", name).read_text(encoding="utf-8")


def _named_after(path: Path) -> str:
    """Return the directory's name, as far as a migration may be called so."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", path.resolve().name).strip("-") or "my-migration"


def _quoted(name: str) -> str:
    """Return the name as YAML reads it as a text, not as a number, a date or a truth value."""
    is_text = name[0].isalpha() and name.lower() not in _NO_TEXTS
    return name if is_text else f'"{name}"'
