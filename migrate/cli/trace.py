"""kmig trace."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.arguments import workloads
from migrate.cli.session import Session, say, session
from migrate.errors import CannotTell, UsageError
from migrate.folder import JOURNAL, WORKLOADS

if TYPE_CHECKING:
    from pydantic import BaseModel

    from migrate.boundary.view import View
    from migrate.documents.boundary import Credential


def trace(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]",
            help="A workload, a connector, a principal, or a secret by its reference or place.",
            autocompletion=workloads,
        ),
    ] = "",
    everything: Annotated[
        bool,
        typer.Option("--all", help="Every credential, what reaches furthest first."),
    ] = False,
    leaked: Annotated[
        bool,
        typer.Option(
            "--leaked",
            help="Only what a leak asks for: what it opens, who holds it, what to restart, how it dies.",
        ),
    ] = False,
) -> None:
    """Show the boundary of a credential: copies, readers, rights, restarts, how it dies. Reads only files.

    A line that could not be found out says `unknown`, and why. Exit 3 when a section it needs is not complete.

    Example: kmig trace ledger-sink
    Example: kmig trace User:ledger-sink --leaked
    Example: kmig trace --all
    """
    here = session(context)
    if bool(name) == everything:
        raise UsageError("write either a name or --all", "kmig trace NAME, or kmig trace --all")
    from migrate.boundary import trace as boundary
    from migrate.boundary.runtimes import parted
    from migrate.render import boundary as shown

    view = opened(here)
    facts: dict[str, Sequence[BaseModel]]
    if everything:
        found = boundary.reached(view)
        shares = [(one, parted(view.estate, one)) for one in view.runtimes]
        lines = [*shown.overview(found), *shown.runtimes(shares)]
        facts = {"credentials": found, "runtimes": view.runtimes, "choices": view.choices}
    else:
        traced = [boundary.trace(view, one) for one in _meant(view, name)]
        mine = [one for one in view.choices if one.workload == name and not leaked]
        lines = [*shown.text(traced, leaked=leaked), *shown.chosen(mine)]
        facts = {"boundaries": traced, "choices": mine}
    here.show(lines, {k: [one.model_dump(mode="json") for one in v] for k, v in facts.items()})
    require_complete(view)


def opened(here: Session) -> "View":
    """Return the estate of the folder, and the journal of its migration; says how old the inventory is."""
    view = view_of(here)
    say(f"as of the inventory of {view.estate.inventory.taken_at:%Y-%m-%d %H:%M} UTC")
    return view


def view_of(here: Session) -> "View":
    """Return the estate of the folder, and the journal of its migration if there is one."""
    from migrate.boundary.view import View
    from migrate.documents.workloads import Workloads
    from migrate.estate import Estate
    from migrate.journal.standing import Journal

    folder = here.folder
    config, inventory = folder.config(), folder.inventory()
    people = folder.workloads() if folder.has(WORKLOADS) else Workloads()
    journal = folder.executed() if folder.has(JOURNAL) else Journal()
    return View(Estate(config, inventory, people), journal)


def _meant(view: "View", name: str) -> list["Credential"]:
    from migrate.boundary.credentials import matching

    found = list(matching(view.credentials, name))
    if not found:
        known = {**view.estate.workloads, **view.credentials.by_name, **view.estate.connectors}
        near = get_close_matches(name, known, 3)
        raise UsageError(
            f"no workload, connector, principal or secret is called `{name}`",
            f"did you mean {', '.join(near)}?" if near else "kmig trace --all lists them",
        )
    return found


def require_complete(view: "View") -> None:
    """Raise `CannotTell` when a section that boundaries are made from is not complete."""
    from migrate.documents.inventory import State
    from migrate.render.inventory import TITLES

    sections = view.estate.inventory.sections()
    lacking = [TITLES[n] for n in _NEEDED if sections[n].standing is not State.COMPLETE]
    if lacking:
        raise CannotTell(
            f"sections of the inventory are not complete: {', '.join(lacking)}",
            "grant what is missing (kmig inventory --permissions), then run kmig inventory",
        )


_NEEDED = ("cluster", "acls", "scram", "topics", "groups", "transactions", "connect")
