"""kmig plan."""

from pathlib import Path
from typing import Annotated

import typer

from migrate.cli.session import say, session
from migrate.documents.store import PLAN, RUNBOOK
from migrate.errors import Refused, UsageError
from migrate.render import tables
from migrate.render.runbook import runbook


def plan(
    context: typer.Context,
    why: Annotated[
        str | None,
        typer.Option(metavar="WORKLOAD", help="Why a workload is in its wave; plans nothing."),
    ] = None,
    diff: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD.json", help="What would be different from a plan; writes nothing."
        ),
    ] = None,
) -> None:
    """Waves by sensitivity with their steps, from inventory.json and workloads.yaml; writes plan.json and runbook.md.

    Exit 1 with everything that is in the way: unaccounted things, privileges that would grow, missing facts.

    Example: kmig plan --why order-enricher
    Example: kmig plan --diff plan.json
    """
    here = session(context)
    if why is not None:
        text = tables.why(here.folder.plan(), why)
        if text is None:
            raise UsageError(f"no workload `{why}` in plan.json")
        here.show(text, {"workload": why, "because": text.splitlines()[1:]})
        return
    from migrate.cli.look import own_principal
    from migrate.plan.build import build
    from migrate.plan.change import differences

    config = here.folder.config()
    if set(config.source.addresses) & set(config.target.addresses):
        raise Refused(
            "source and target share an address", "correct bootstrap_servers in kmig.yaml"
        )
    with here.folder.locked("plan"):
        own = own_principal(here.folder, config.target)
        old = here.folder.plan(diff) if diff else None
        drafted = build(config, here.folder.workloads(), here.folder.inventory(), own)
        if old is not None:
            lines = list(differences(old, drafted))
            here.show("\n".join(lines) or "no difference", {"differences": lines})
            return
        sealed = here.folder.save(PLAN, drafted)
        here.folder.write(RUNBOOK, runbook(sealed, config.policy.approvals))
    here.show(tables.plan(sealed), sealed)
    say(f"wrote {here.folder.path / PLAN}, {RUNBOOK}")
