"""kmig rehearse."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from migrate.cli.arguments import scenarios
from migrate.cli.session import say
from migrate.cli.terminal import put


def rehearse(
    scenario: Annotated[
        str,
        typer.Argument(help="A name under scenarios/, or a folder.", autocompletion=scenarios),
    ],
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The migration directory to leave behind; new or empty."),
    ] = None,
    runtime: Annotated[
        Literal["local", "docker"],
        typer.Option(help="Where the clusters run: this machine's Java, or containers."),
    ] = "local",
    source_version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Kafka version of the source.")
    ] = None,
    target_version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Kafka version of the target.")
    ] = None,
    hold: Annotated[
        bool, typer.Option(help="Keep the clusters up until interrupted, and say how to connect.")
    ] = False,
) -> None:
    """Play a scenario on disposable real clusters, with the real kmig, and judge it.

    Example: kmig rehearse first-wave
    """
    from migrate.rehearse.play import play
    from migrate.rehearse.setup import Options

    options = Options(scenario, folder, source_version, target_version, hold, runtime)
    play(options, say, lambda *lines: put(sys.stdout, lines))
