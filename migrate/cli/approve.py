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
        journal.append(
            event=approval.EVENT,
            command=f"kmig approve {wave} --as {role}",
            wave=wave,
            key=role,
            detail=f"for {', '.join(sorted(names))}; wave digest {planned.digest}",
        )
    head, shown = journal.journal.head, first_of(sorted(names), 5)
    user = here.world.user()
    here.show(
        [
            *prose(f"wave {wave} {planned.name} approved as {role} by {user}, for {shown}"),
            f"journal head {head}",
        ],
        {"wave": wave, "role": role, "by": user, "for": sorted(names), "digest": planned.digest}
        | {"journal_head": head},
    )
