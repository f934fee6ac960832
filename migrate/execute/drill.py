"""A rotation rehearsed on throw-away principals, with the faults that its proof must notice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from migrate.errors import Refused, StepFailed
from migrate.execute.act import Invocation, Proposal, acting, forward
from migrate.execute.run import Moment, walk
from migrate.journal.standing import Journal
from migrate.model.cluster import MECHANISMS, ScramCredential
from migrate.model.met_last import met_last
from migrate.model.own_files import SECRETS
from migrate.ports import Sites
from migrate.stages.rotate import CASES, drill
from migrate.steps import RevokeCredential
from migrate.steps.rotate_credential import ITERATIONS, listed
from migrate.steps.settle import wait

_WRONG = "wrong old secret"


def rehearse_rotation(context: Invocation, number: int) -> dict[str, tuple[str, str]]:
    """Ask for consent, run every case, and return the verdict and the evidence of each."""

    def propose(journal: Journal) -> Proposal:
        return Proposal(
            "drill",
            lines=tuple(f"  {case}: {wanted}" for case, wanted in CASES.items()),
            question="create throw-away principals on the target, and delete them afterwards?",
            state=forward(context, number, "drill", journal, lambda _: None),
            moving=True,
        )

    with acting(context, f"rotate {number} --drill", number, propose) as act:
        return play(act.sites, act.drive)


def play(sites: Sites, carry: Callable[[Iterable[Moment]], int]) -> dict[str, tuple[str, str]]:
    """Return the verdict and the evidence of every case; `carry` journals what happens."""
    verdicts: dict[str, tuple[str, str]] = {}
    for number, case in enumerate(CASES):
        user, file = met_last(f"kmig-drill-{number}"), f"{SECRETS}/drill-{number}.properties"
        with _throw_away(sites, user, file, wrong=case == _WRONG):
            revoked: list[RevokeCredential] = []
            try:
                carry(_noting(walk(drill(case, user, file), sites, {}), revoked))
                verdicts[case] = revoked[-1].verdict, "; ".join(revoked[-1].evidence)
            except (Refused, StepFailed) as error:
                if listed(sites, user, MECHANISMS[1]):
                    verdicts[case] = "refused", error.message
                else:
                    raise
    return verdicts


def _noting(progress: Iterable[Moment], revoked: list[RevokeCredential]) -> Iterator[Moment]:
    for moment in progress:
        for event in moment:
            if event.event == "done" and isinstance(event.step, RevokeCredential):
                revoked.append(event.step)
        yield moment


@contextmanager
def _throw_away(sites: Sites, user: str, file: str, *, wrong: bool) -> Iterator[None]:
    """Create a user with an old credential, and remove it afterwards, as well as one that a killed drill has left."""
    store, old = sites.secrets, MECHANISMS[1]
    _clear(sites, user, file)
    try:
        store.issue(file, user)
        store.deliver(file, user, f"{user}.mechanism", old)
        current = store.where(file, user, which="current")
        credential = ScramCredential(user=user, mechanism=old, iterations=ITERATIONS)
        sites.target.writer.upsert_scram(credential, current)
        wait(
            sites,
            f"the login of User:{user} to be accepted",
            lambda: (
                f"refused by {', '.join(refused)}"
                if (refused := sites.target.logins.refused_by(user, old, current))
                else ""
            ),
            30.0,
        )
        if wrong:
            store.issue(file, user)
            store.deliver(file, user, f"{user}.mechanism", old)
            store.forget(file, user, which="old")
        yield
    finally:
        _clear(sites, user, file)


def _clear(sites: Sites, user: str, file: str) -> None:
    for mechanism in MECHANISMS.values():
        if listed(sites, user, mechanism):
            sites.target.writer.delete_scram(user, mechanism)
    sites.secrets.discard(file)
