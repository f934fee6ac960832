"""kmig settle."""

from typing import Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import command_context, session
from migrate.errors import UsageError


def settle(
    context: typer.Context,
    wave: WaveNumber,
    copied: Annotated[
        bool, typer.Option("--copied", help="They were written to the target by hand.")
    ] = False,
    lost: Annotated[
        bool, typer.Option("--lost", help="They are given up; the owner has approved it.")
    ] = False,
    because: Annotated[
        str, typer.Option("--because", metavar="TEXT", help="Why: it stands in the audit trail.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Say what becomes of records that somebody wrote to the source after the fence.

    `--copied` holds only if each of them is found on the target, by its key, value and headers. `--lost` needs the
    owner's approval of exactly these records. Neither calls them equal, and a new stray write is a new finding.

    Example: kmig settle 1 --copied --because "replayed from the shop's own log"
    """
    from migrate.execute.settle import settle as settled

    here = session(context)
    if copied == lost:
        raise UsageError(
            "say what became of the records", "add --copied or --lost: `kmig settle --help`"
        )
    if len(because) < 3:
        raise UsageError("the reason is missing", 'add --because "…": it stands in the audit trail')
    how = "copied" if copied else "lost"
    done = settled(command_context(here, yes=yes), wave, how, because)
    here.show(
        [
            *(f"{stray}: {how}, waived" for stray in done.step.found),
            f"journal head {done.head}",
        ],
        {
            "wave": wave,
            "how": how,
            "found": [stray.model_dump() for stray in done.step.found],
            "behind_younger": done.step.younger,
            "journal_head": done.head,
        },
    )
