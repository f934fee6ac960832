"""kmig clusters."""

import os
from pathlib import Path
from typing import Annotated

import typer

from migrate.cli.session import say


def clusters(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where their files go; new or empty.")
    ],
) -> None:
    """Start two empty clusters on this machine, and keep them until Control-C.

    Example: kmig clusters trial
    """
    from migrate.rehearse.clusters import run

    run(folder.absolute(), os.environ, say)
