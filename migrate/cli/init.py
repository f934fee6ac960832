"""kmig init."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from migrate.cli.session import say, session_anywhere
from migrate.errors import Refused
from migrate.folder import CONFIG, WORKLOADS, Folder


def init(
    context: typer.Context,
    target: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Where; the migration directory if not given."),
    ] = None,
) -> None:
    """Write a commented kmig.yaml and workloads.yaml.

    Example: kmig init payments-to-automq
    """
    folder = Folder(target.absolute()) if target else session_anywhere(context).folder
    for name in (CONFIG, WORKLOADS):
        if folder.has(name):
            raise Refused(
                f"{folder.path / name} is there already", "kmig does not rewrite your words"
            )
    for name in (CONFIG, WORKLOADS):
        template = files("migrate.documents").joinpath("templates", name)
        folder.write(name, template.read_text(encoding="utf-8"))
        say(f"wrote {folder.path / name}")
    say("next: fill in kmig.yaml, then kmig inventory")
