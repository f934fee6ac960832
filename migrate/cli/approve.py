"""kmig approve."""

from typing import Annotated, Literal

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import session
from migrate.journal import approval
from migrate.model.words import first_of
from migrate.render.columns import prose


def approve(
    context: typer.Context,
    wave: WaveNumber,
    role: Annotated[
        Literal["owner", "security_owner"],
        typer.Option(
            "--as", help="The role that consents: `owner` or `security_owner` of workloads.yaml."
        ),
    ],
    loss: Annotated[
        str,
        typer.Option(
            "--loss",
            metavar="DIGEST",
            help="Consent to the loss of stray writes instead, by the digest that `kmig settle` prints.",
        ),
    ] = "",
) -> None:
    """Record consent to a wave as it is planned now; a wave that changes needs a new consent.

    kmig records the operating system's user name, and does not authenticate it.

    Example: kmig approve 2 --as owner
    """
    from migrate.execute import guards

    here = session(context)
    with guards.lock(here.folder, f"approve {wave}"):
        journal = guards.whole_journal(here.folder, here.stamp)
        planned = guards.known_wave(guards.true_plan(here.folder), wave)
        workloads = {w.name: w for w in here.folder.workloads().workloads}
        names = {getattr(workloads[p.workload], role) or "no named team" for p in planned.workloads}
        what = f"loss {loss}" if loss else f"wave digest {planned.digest}"
        journal.append(
            event=approval.EVENT,
            command=f"kmig approve {wave} --as {role}{f' --loss {loss}' if loss else ''}",
            wave=wave,
            key=role,
            detail=f"for {', '.join(sorted(names))}; {what}",
        )
    head, shown = journal.journal.head, first_of(sorted(names), 5)
    user = here.world.user()
    approved = f"loss {loss} of wave {wave}" if loss else f"wave {wave} {planned.name}"
    here.show(
        [
            *prose(f"{approved} approved as {role} by {user}, for {shown}"),
            f"journal head {head}",
        ],
        {
            "wave": wave,
            "role": role,
            "by": user,
            "for": sorted(names),
            "digest": loss or planned.digest,
        }
        | {"journal_head": head},
    )
