"""kmig rotate."""

from typing import Annotated

import typer

from migrate.cli.act import Ground, Timeline, carry, ground_of, require_approved, require_done
from migrate.cli.session import Session, agree, require_actable, say, session, stamp
from migrate.errors import CannotTell, KmigError
from migrate.render import tables
from migrate.stages.cutover import Stage
from migrate.steps import RevokeCredential


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
    here = session(context)
    if drill:
        _drill(here, wave, yes=yes)
        return
    _, _, head = carry(here, wave, "rotate", _stage, _require, yes=yes)
    found = _verdicts(here, wave)
    rows = [(f"User:{s.user}", s.mechanism, s.verdict, "; ".join(s.evidence)) for s in found]
    text = tables.table(rows, ("principal", "revoked", "verdict", "evidence")) if rows else ""
    here.show(
        f"{text or f'wave {wave}: no workload has a rotation'}\njournal head {head}",
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


def _stage(ground: Ground) -> Stage:
    from migrate.stages.rotate import rotate as steps

    return steps(ground.move(), ground.plan.principals)


def _require(ground: Ground) -> None:
    require_approved(ground)
    number = ground.wave.number
    require_done(ground, "cutover", range(number, number + 1), "its clients are not moved")


def _verdicts(here: Session, wave: int) -> list[RevokeCredential]:
    """The last proof of each principal."""
    found: dict[str, RevokeCredential] = {}
    for entry in here.folder.journal().journal.entries:
        here_and_done = (entry.wave, entry.stage, entry.event) == (wave, "rotate", "done")
        if here_and_done and isinstance(entry.step, RevokeCredential):
            found[entry.step.user] = entry.step
    return list(found.values())


def _drill(here: Session, number: int, *, yes: bool) -> None:
    from migrate.execute.drill import play
    from migrate.execute.journalled import carry_out, require_newest, require_same_target
    from migrate.stages.rotate import CASES
    from migrate.wiring.sites import both

    with here.folder.locked(f"rotate {number} --drill"):
        journal = here.folder.open_journal(stamp)
        ground = ground_of(here, number, journal.journal)
        require_actable(here.folder, ground.plan)
        for case, wanted in CASES.items():
            say(f"  {case}: {wanted}")
        agree("make throw-away principals on target, and delete them again?", yes=yes)
        line = Timeline()
        with both(here.folder, here.environ, ground.plan, moving=True, tell=line.tell) as opened:
            require_same_target(journal.journal, opened.target_id)
            require_newest(journal.journal, opened.heads)
            fields = {"target": opened.target_id, "wave": number, "stage": "drill"}
            journal.append(event="run", command=f"kmig rotate {number} --drill", **fields)
            found = play(
                opened.sites,
                lambda progress: carry_out(
                    progress, journal, number, "drill", opened.heads, line.show
                ),
            )
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
