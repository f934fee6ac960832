"""`kmig verify preflight`: what a cutover would find once its clients are stopped, asked while everybody runs."""

from collections.abc import Iterator

from migrate.cli.session import Session, both, say
from migrate.documents.report import Report
from migrate.errors import CannotTell, KmigError
from migrate.model.check import Check, Verdict
from migrate.ports import Sites
from migrate.stages.move import Move


def preflight(here: Session, number: int) -> Report:
    """Return the report on a wave's cutover; nothing is changed on either side."""
    from migrate.execute.act import state_of
    from migrate.execute.ahead import ahead
    from migrate.preflight import clients, groups, pause, rights, topics

    state = state_of(here.folder, number, here.folder.executed())
    move = state.move()
    wanted = ahead(state, move, here.world.clock().now().date())
    with both(here, state.plan, moving=True) as opened:
        checks = [*_copies(opened.sites, move)]
        for room in (groups, topics, rights, clients, pause):
            say(f"asking about {room.__name__.rpartition('.')[2]}")
            checks += [one.check for one in room.ask(opened.sites, wanted)]
        moment = opened.sites.clock.now()
    return Report(name="preflight", made_at=moment, waves=(number,), checks=tuple(checks))


def _copies(sites: Sites, move: Move) -> Iterator[Check]:
    """Yield what the first gates of a cutover say now."""
    from migrate.stages.preflight import copies

    for gate in copies(move):
        say(gate.describe())
        try:
            evidence = gate.apply(sites).evidence
            yield Check(name=gate.op, verdict=Verdict.PASS, evidence=evidence)
        except CannotTell as error:
            yield Check(name=gate.op, verdict=Verdict.UNKNOWN, evidence=(error.message,))
        except KmigError as error:
            yield Check(name=gate.op, verdict=Verdict.FAIL, evidence=(error.message,))
