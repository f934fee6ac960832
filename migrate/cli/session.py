"""What every command shares: the directory, the world, the output, how messages are printed and questions asked."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from migrate.cli.terminal import put, put_json
from migrate.errors import CannotTell, Refused, UsageError
from migrate.model.words import count

if TYPE_CHECKING:  # `kmig --help` and a shell's completion import this module, and no document
    from pydantic import BaseModel

    from migrate.cli.world import OpenWorld, World
    from migrate.documents.config import SiteConfig
    from migrate.documents.plan import Plan
    from migrate.execute.act import Invocation
    from migrate.folder import Folder
    from migrate.journal.entry import Entry


@dataclass(frozen=True)
class Session:
    """The directory of one command, the world that it runs in, and the form of its output."""

    folder: "Folder"
    world: "World"
    output: Literal["table", "json"]

    def show(self, lines: list[str], document: "BaseModel | dict[str, Any]") -> None:
        """Data on standard output: these lines, or the document as JSON."""
        show(self.output, lines, document)

    def stamp(self, entry: "Entry") -> "Entry":
        """Return the entry with the world's time and user."""
        at, by = self.world.clock().now(), self.world.user()
        return entry.model_copy(update={"at": at, "by": by})


def show(
    output: Literal["table", "json"], lines: list[str], document: "BaseModel | dict[str, Any]"
) -> None:
    """Data on standard output, in the form that was asked for."""
    try:
        if output == "table":
            put(sys.stdout, lines)
        elif isinstance(document, dict):
            whole = {"schema_version": 1, **document}
            put_json(sys.stdout, json.dumps(whole, indent=1, default=str))
        else:
            put_json(sys.stdout, document.model_dump_json(indent=1))
    except OSError as error:
        # what was to be done is done: no failed check, and no other file's fault
        raise CannotTell(f"cannot write to standard output: {error.strerror}") from error


def session(context: typer.Context) -> Session:
    """Return the session that the global options opened, in an existing directory."""
    opened = session_anywhere(context)
    if not opened.folder.disk.is_folder(opened.folder.path):
        raise UsageError(
            f"migration directory does not exist: {opened.folder.path}",
            "run `kmig init DIR`, or correct -C",
        )
    return opened


def session_anywhere(context: typer.Context) -> Session:
    """The session, whose directory may be about to be made."""
    opened = context.obj
    assert isinstance(opened, Session)
    return opened


def say(*lines: str) -> None:
    """Talk and progress, on standard error: each a line, whatever is in it."""
    put(sys.stderr, lines)


def agree(question: str, *, yes: bool) -> None:
    """Return only with `--yes`, or when yes is typed on a terminal; raise `Refused` otherwise."""
    if yes:
        return
    require_hearing(yes=yes)
    put(sys.stderr, [f"{question} [y/N] "], end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Refused("nothing was changed: the answer was not yes")


def require_hearing(*, yes: bool) -> None:
    """Raise `Refused` where a question would have to be asked and nobody could answer it."""
    if not yes and not sys.stdin.isatty():
        raise Refused("nothing was changed: not confirmed, and no terminal to ask on", "add --yes")


def own_principal(here: Session, site: "SiteConfig") -> str:
    """Return kmig's principal on a side: the declared one, or its SASL user; empty where neither is known."""
    return site.principal or own_login(here, site)[0]


def own_login(here: Session, site: "SiteConfig") -> tuple[str, str]:
    """Return kmig's principal on a side and its SASL mechanism, as far as kmig.yaml and its client properties say."""
    principal, mechanism = here.world.own_login(here.folder, site)
    return site.principal or principal, mechanism


def command_context(here: Session, *, yes: bool) -> "Invocation":
    """Return what the stages need of this command line."""
    from migrate.execute.act import Invocation

    return Invocation(
        folder=here.folder,
        clock=here.world.clock(),
        stamp=here.stamp,
        say=say,
        agree=partial(agree, yes=yes),
        hears=partial(require_hearing, yes=yes),
        opening=partial(here.world.opening, here.folder),
    )


@contextmanager
def both(here: Session, plan: "Plan | None", *, moving: bool = False) -> Iterator["OpenWorld"]:
    """Open both sides for reading, with the checks that a stage makes before it acts."""
    from migrate.execute import guards

    opening = partial(here.world.opening, here.folder)
    with guards.both_sites(opening, here.folder.config(), plan, moving=moving) as opened:
        yield opened


def made(acted: int) -> str:
    """Return the number of steps made, as text."""
    return f"{count(acted, 'step')} made" if acted else "nothing to do"


def directory(text: str) -> Path:
    """A path as an absolute one."""
    return Path(text).absolute()
