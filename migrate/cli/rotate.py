"""kmig rotate."""

from typing import Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import Session, command_context, say, session
from migrate.errors import CannotTell, KmigError
from migrate.render import tables


def rotate(
    context: typer.Context,
    wave: WaveNumber,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    drill: Annotated[
        bool,
        typer.Option(
            "--drill", help="Rotate a temporary user instead, with faults that kmig must notice."
        ),
    ] = False,
) -> None:
    """Replace the credentials of a wave's workloads on the target, and prove that the old ones are dead.

    Exit 0 when every old credential is proven dead, 3 when that is not proven (the evidence says what is missing),
    1 when one still logs in.

    --drill rotates a temporary user three times: normally, with an old credential that stays alive on purpose, and
    with a wrong old secret.

    Example: kmig rotate 1 --yes
    """
    from migrate.execute import later
    from migrate.journal.standing import verdicts

    here = session(context)
    if drill:
        _drill(here, wave, yes=yes)
        return
    head = later.rotate(command_context(here, yes=yes), wave).head
    found = verdicts(here.folder.executed(), wave)
    shown = tables.verdicts(found) if found else []
    here.show(
        [*(shown or [f"wave {wave}: no workload has a rotation"]), f"journal head {head}"],
        {
            "wave": wave,
            "verdicts": [s.model_dump(mode="json") for s in found],
            "journal_head": head,
        },
    )
    if found:
        say(
            "warning: restart no target broker before its next metadata snapshot (an hour by default): Kafka 3.9.1 "
            "and 4.3.1 may forget SCRAM users (docs/rotate.md); after a restart check that every user logs in"
        )
    _judge([s.verdict for s in found])


def _judge(verdicts: list[str]) -> None:
    if "alive" in verdicts:
        raise KmigError(
            "revocation failed: an old credential still logs in",
            "see its evidence above; rerun `kmig rotate`, or delete the credential by hand",
        )
    if "not proven" in verdicts:
        raise CannotTell(
            "revocation is not proven: see the evidence above",
            "do what the evidence names, then rerun `kmig rotate`",
        )


def _drill(here: Session, number: int, *, yes: bool) -> None:
    from migrate.execute.drill import rehearse_rotation
    from migrate.stages.rotate import CASES

    found = rehearse_rotation(command_context(here, yes=yes), number)
    here.show(
        tables.drill(found, CASES),
        {"cases": {case: {"wanted": CASES[case], "verdict": v[0]} for case, v in found.items()}},
    )
    wrong = [case for case, wanted in CASES.items() if found[case][0] != wanted]
    if wrong and {found[case][0] for case in wrong} == {"not proven"}:
        raise CannotTell(f"drill `{wrong[0]}` is not proven here: see its evidence above")
    if wrong:
        raise KmigError(
            f"drill `{wrong[0]}` ended with {found[wrong[0]][0]}, expected {CASES[wrong[0]]}"
        )
