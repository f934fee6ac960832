"""The command line: parse, call one command, print its error once, end with its exit code."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.exceptions import TyperException

from migrate.cli import commands
from migrate.cli.session import Session, directory, say, show
from migrate.cli.words import globals_first, usage
from migrate.errors import Exit, Interrupted, KmigError

app = typer.Typer(
    name="kmig",
    help="Plan, rehearse, execute and prove the move of a streaming estate between Kafka-compatible platforms.\n\n"
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 could not tell, 4 refused and changed nothing, 130 interrupted.",
    no_args_is_help=True,
    invoke_without_command=True,  # --version has none
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback()
def options(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("-C", metavar="DIR", help="The migration directory.")
    ] = Path(),
    output: Annotated[
        Literal["table", "json"],
        typer.Option("-o", "--output", help="Form of the data on standard output."),
    ] = "table",
    version: Annotated[
        bool,
        typer.Option("-V", "--version", help="Show the versions of kmig and its libraries."),
    ] = False,
) -> None:
    """Global options."""
    if version:
        _show_versions(output)
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.fail("Missing command.")
    from migrate.folder import Folder
    from migrate.wiring.machine import Machine

    context.obj = Session(Folder(directory(str(folder))), Machine(os.environ), output)


def _show_versions(output: Literal["table", "json"]) -> None:
    from migrate.adapters.versions import versions

    found = versions()
    show(output, [f"{name} {number}" for name, number in found.items()], {"versions": found})


commands.register(app)


def main(arguments: list[str]) -> int:
    """Run one command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return ended(lambda: app(globals_first(arguments), prog_name="kmig", standalone_mode=False))


def ended(run: Callable[[], object]) -> int:
    """Run a command, print its error once, and return its exit code."""
    try:
        returned = run()
        return returned if isinstance(returned, int) else Exit.OK
    except KmigError as error:
        return _failed(error)
    except TyperException as error:
        return _misused(error)
    except Interrupted:
        return _interrupted()
    except RuntimeError as error:
        # Python before 3.12 wraps what is raised while a class is made, and commands import as they go
        if not isinstance(error.__cause__, Interrupted):
            raise
        return _interrupted()
    except OSError as error:
        # a disk, or a stream that nobody reads: no failed check
        place = f": {error.filename}" if error.filename else ""
        with suppress(OSError):
            say(f"error: {error.strerror or error}{place}", f"exit {int(Exit.UNKNOWN)}")
        return Exit.UNKNOWN
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else Exit.FAILED


def _failed(error: KmigError) -> Exit:
    prefix = "refused" if error.exit is Exit.REFUSED else "error"
    first, *more = error.lines
    say(f"{prefix}: {first}", *more)
    if error.hint:
        say(f"hint: {error.hint}")
    say(f"exit {int(error.exit)}")
    return error.exit


def _misused(error: TyperException) -> Exit:
    """Print a usage error of Typer's as kmig prints its own; without any argument that is the help."""
    message = error.format_message()
    if message.startswith("Usage:"):
        say(*message.splitlines())
        return Exit.USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "kmig"
    say(f"error: {usage(message)}", f"hint: run `{path} --help`", f"exit {int(Exit.USAGE)}")
    return Exit.USAGE


def _interrupted() -> Exit:
    say("error: interrupted")
    say("hint: what was done is kept; rerun the command to go on")
    say(f"exit {int(Exit.INTERRUPTED)}")
    return Exit.INTERRUPTED
