"""kmig rotate."""

from typing import Annotated

import typer

from migrate.cli.session import Session, desk, say, session
from migrate.errors import CannotTell, KmigError
from migrate.render import tables


def rotate(
    context: typer.Context,
    wave: Annotated[int, typer.Argument(metavar="WAVE", help="The wave's number in plan.json.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")] = False,
    drill: Annotated[
        bool,
        typer.Option(
            "--drill", help="Rotate a throw-away principal, and faults that must be noticed."
        ),
    ] = False,
) -> None:
    """Exchange the credentials of a wave's workloads on the target, and prove the old ones dead.

    Exit 0 only when every old credential is proven dead; 3 when that is not proven, with what is missing; 1 when one
    still logs in. --drill plays the same on a user made for it: a normal rotation, one whose old credential is left
    alive on purpose, and one with a wrong old secret.

    Example: kmig rotate 1 --yes
    """
    from migrate.execute import later
    from migrate.journal.standing import verdicts

    here = session(context)
    if drill:
        _drill(here, wave, yes=yes)
        return
    head = later.rotate(desk(here, yes=yes), wave).head
    found = verdicts(here.folder.executed(), wave)
    rows = [(f"User:{s.user}", s.mechanism, s.verdict, "; ".join(s.evidence)) for s in found]
    shown = tables.table(rows, ("principal", "revoked", "verdict", "evidence")) if rows else []
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
            "restart no broker of target before its next metadata snapshot (an hour by default), or see every SCRAM "
            "user log in after it: Kafka 3.9.1 and 4.3.1 may forget them (docs/rotate.md)"
        )
    _judge([s.verdict for s in found])


def _judge(verdicts: list[str]) -> None:
    if "alive" in verdicts:
        raise KmigError("an old credential still logs in")
    if "not proven" in verdicts:
        raise CannotTell("not proven: the evidence says what is missing")


def _drill(here: Session, number: int, *, yes: bool) -> None:
    from migrate.execute.drill import rehearse_rotation
    from migrate.stages.rotate import CASES

    found = rehearse_rotation(desk(here, yes=yes), number)
    rows = [(case, CASES[case], verdict, words) for case, (verdict, words) in found.items()]
    here.show(
        tables.table(rows, ("drill", "wanted", "verdict", "evidence")),
        {"cases": {case: {"wanted": CASES[case], "verdict": v[0]} for case, v in found.items()}},
    )
    wrong = [case for case, wanted in CASES.items() if found[case][0] != wanted]
    if wrong and {found[case][0] for case in wrong} == {"not proven"}:
        raise CannotTell(f"`{wrong[0]}` is not proven here: the evidence says what is missing")
    if wrong:
        raise KmigError(f"`{wrong[0]}` ended with {found[wrong[0]][0]}, not {CASES[wrong[0]]}")
