"""What every command shares: the directory, the form of the output, and how things are said and asked."""

import getpass
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import typer
from pydantic import BaseModel

from migrate.documents.config import SiteConfig
from migrate.documents.plan import Plan
from migrate.errors import Refused, Stale, UsageError
from migrate.folder import Folder
from migrate.journal.entries import Entry

_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Session:
    """One command's surroundings."""

    folder: Folder
    environ: Mapping[str, str]
    output: Literal["table", "json"]

    def show(self, text: str, document: BaseModel | dict[str, Any]) -> None:
        """Data on standard output: text, or the document as JSON."""
        if self.output == "table":
            print(text)
        elif isinstance(document, BaseModel):
            print(document.model_dump_json(indent=1))
        else:
            print(json.dumps({"schema_version": 1, **document}, indent=1, default=str))


def session(context: typer.Context) -> Session:
    """The session that the global options opened, in a directory that is there."""
    opened = session_anywhere(context)
    if not opened.folder.path.is_dir():
        raise UsageError(f"no directory {opened.folder.path}", "kmig init DIR makes one")
    return opened


def session_anywhere(context: typer.Context) -> Session:
    """The session, whose directory may be about to be made."""
    opened = context.obj
    assert isinstance(opened, Session)
    return opened


def say(text: str) -> None:
    """Talk and progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


def agree(question: str, *, yes: bool) -> None:
    """Go on only with `--yes`, or a yes typed on a terminal; raises `Refused` otherwise."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused("nothing was changed: not confirmed", "add --yes to go on without a question")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Refused("nothing was changed: the answer was no")


def stamp(entry: Entry) -> Entry:
    """The entry with the time and the operating system's user."""
    from migrate.adapters.clock import SystemClock

    return Entry(**{**entry.__dict__, "at": SystemClock().now(), "by": user()})


def user() -> str:
    """Who types: recorded, not authenticated."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def own_principal(here: Session, site: SiteConfig) -> str:
    """kmig's principal on a side: declared, or its client.properties' SASL user; empty when that is not here."""
    if site.principal or site.command_config is None:
        return site.principal or ""
    if not (here.folder.path / site.command_config).exists():
        return ""
    from migrate.wiring.look import client_of, secrets_of

    return client_of(here.folder, site, secrets_of(here.folder, here.environ)).principal


def fresh_plan(folder: Folder) -> Plan:
    """The plan, if what it was made from is still what is there; raises `Stale` naming what changed."""
    from migrate.plan.build import inputs

    plan = folder.plan()
    now = inputs(folder.config(), folder.workloads(), folder.inventory())
    changed = sorted(name for name, was in plan.inputs.items() if now.get(name) != was)
    if changed:
        raise Stale(
            f"plan.json was made from another {', another '.join(changed)}",
            "run `kmig plan` again and read what changed",
        )
    return plan


def require_actable(folder: Folder, plan: Plan) -> None:
    """Refuse to act on an inventory that is too old, and on a target that is not kmig's to change."""
    from migrate.adapters.clock import SystemClock

    taken, days = folder.inventory().taken_at, folder.config().policy.inventory_days
    age = SystemClock().now() - taken
    if age.total_seconds() > days * _DAY:
        raise Stale(
            f"inventory.json is of {taken:%Y-%m-%d %H:%M} UTC, {age.days} days old; "
            f"the policy allows {days:g}",
            "kmig inventory, then kmig plan, and read what changed",
        )
    if plan.profile == "automq-byoc":
        raise Refused(
            "on AutoMQ BYOC kmig changes nothing: its administrators do",
            "give them the folder `export`; runbook.md says in which order",
        )


def directory(text: str) -> Path:
    """A path as an absolute one."""
    return Path(text).absolute()
