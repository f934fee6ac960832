"""kmig show."""

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.arguments import waves, workloads
from migrate.cli.session import Session, say, session
from migrate.documents.plan import Plan
from migrate.documents.workloads import Workloads
from migrate.errors import CannotTell, UsageError
from migrate.estate import Estate
from migrate.folder import PLAN, WORKLOADS
from migrate.model.words import first_of
from migrate.render import show as shown
from migrate.render.holdings import Filter, Holdings, What

if TYPE_CHECKING:
    from migrate.documents.inventory import Inventory


def show(
    context: typer.Context,
    what: Annotated[
        What, typer.Argument(metavar="WHAT", help="topics, acls, groups, connectors or users.")
    ],
    name: Annotated[
        str,
        typer.Option(
            metavar="PATTERN",
            help="Only names that match: a glob if it has `*`, `?` or `[`, else a part of the name.",
        ),
    ] = "",
    workload: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Only what this workload owns, and topics it reads.",
            autocompletion=workloads,
        ),
    ] = "",
    wave: Annotated[
        int | None,
        typer.Option(
            metavar="WAVE",
            min=1,
            help="Only what this wave of the plan moves.",
            autocompletion=waves,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="With topics: also configs that the brokers set for all.")
    ] = False,
) -> None:
    """List what inventory.json holds, each row with its workload and, once there is a plan, its wave.

    It asks no cluster. Exit 3 when the section listed is not complete.

    Example: kmig show topics --name 'orders.*'
    Example: kmig show groups --workload ledger
    Example: kmig -o json show acls --wave 2
    """
    here = session(context)
    wanted = Filter(name, workload, wave or 0)
    holdings = _holdings(here, wanted)
    _require_known(holdings, wanted)
    rows = holdings.rows(what)
    found = shown.Shown(
        what, [row for row in rows if wanted.wants(row)], len(rows), holdings.section(what)
    )
    here.show(shown.text(found, everything=everything), shown.document(found))
    if not found.complete:
        raise CannotTell(
            f"sections of the inventory are not complete: {found.title}",
            "grant what is missing (kmig inventory --permissions), then run kmig inventory",
        )


def _holdings(here: Session, wanted: Filter) -> Holdings:
    config, inventory = here.folder.config(), here.folder.inventory()
    people = here.folder.workloads() if here.folder.has(WORKLOADS) else Workloads()
    plan = here.folder.plan() if wanted.wave or here.folder.has(PLAN) else None
    if plan:
        _warn_of_a_stale(plan, inventory)
    return Holdings(Estate(config, inventory, people), plan)


def _warn_of_a_stale(plan: Plan, inventory: "Inventory") -> None:
    if plan.inputs.get("inventory.json") != inventory.steady_digest:
        say("warning: plan.json was made from another inventory.json: waves may be out of date")


def _require_known(holdings: Holdings, wanted: Filter) -> None:
    if wanted.workload and wanted.workload not in holdings.estate.workloads:
        raise UsageError(
            f"--workload names an unknown workload: `{wanted.workload}` is not in workloads.yaml"
        )
    plan = holdings.plan
    if wanted.wave and plan and plan.wave(wanted.wave) is None:
        known = first_of([str(wave.number) for wave in plan.waves], 20) or "none"
        raise UsageError(f"no wave {wanted.wave} in plan.json", f"waves: {known}")
