"""kmig assess."""

from typing import Annotated

import typer

from migrate.cli.session import Session, say, session
from migrate.errors import KmigError, UsageError
from migrate.folder import ASSESSMENT, PLAN
from migrate.render import assessment as shown


def assess(
    context: typer.Context,
    why: Annotated[
        str,
        typer.Option(metavar="RULE", help="Print every finding of one rule, with its evidence."),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Print also the workloads that are ready in every test.")
    ] = False,
) -> None:
    """Judge each workload by six readiness tests; list findings and unused rights. Reads only files.

    Exit 1 when a finding blocks and workloads.yaml does not suppress it.

    Example: kmig assess
    Example: kmig assess --why secret-literal
    """
    here = session(context)
    from migrate.assess.acceptance import require_known
    from migrate.assess.judge import assess as judge
    from migrate.assess.rule import RULES
    from migrate.estate import Estate
    from migrate.plan.inputs import inputs

    if why and why not in RULES:
        raise UsageError(
            f"--why names an unknown rule: `{why}`", f"choose a rule: {', '.join(RULES)}"
        )
    config, people, inventory = (
        here.folder.config(),
        here.folder.workloads(),
        here.folder.inventory(),
    )
    require_known(people)
    with here.folder.locked("assess"):
        estate = Estate(config, inventory, people)
        made = judge(estate, inputs(config, people, inventory), _proven(here))
        sealed = here.folder.save(ASSESSMENT, made)
    lines = (
        shown.why(sealed, why, RULES[why].blocks)
        if why
        else shown.text(sealed, everything=everything)
    )
    here.show(lines, sealed)
    say(f"wrote {here.folder.path / ASSESSMENT}")
    if sealed.blocking:
        raise KmigError(
            f"the estate is not ready: {shown.blocked(sealed)}",
            "run `kmig assess --why RULE`: it prints each finding with its remedy",
        )


def _proven(here: Session) -> frozenset[str]:
    """Workloads of waves whose rotation was proven."""
    from migrate.journal.progress import Status, status_of

    if not here.folder.has(PLAN):
        return frozenset()
    journal = here.folder.journal().journal
    return frozenset(
        placed.workload
        for wave in here.folder.plan().waves
        for placed in wave.workloads
        if status_of(journal, wave, "rotate") is Status.PROVEN
    )
