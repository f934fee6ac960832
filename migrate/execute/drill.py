"""A rotation rehearsed on principals made for it, with the faults that its proof must notice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from migrate.errors import Refused, StepFailed
from migrate.execute.act import Desk, Proposal, acting, forward
from migrate.execute.run import Progress, walk
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


def rehearse_rotation(desk: Desk, number: int) -> dict[str, tuple[str, str]]:
    """Ask, and play every case; returns verdict and evidence of each."""

    def propose(journal: Journal) -> Proposal:
        return Proposal(
            "drill",
            lines=tuple(f"  {case}: {wanted}" for case, wanted in CASES.items()),
            question="make throw-away principals on target, and delete them again?",
            state=forward(desk, number, "drill", journal, lambda _: None),
            moving=True,
        )

    with acting(desk, f"rotate {number} --drill", number, propose) as act:
        return play(act.sites, act.drive)


def play(sites: Sites, carry: Callable[[Iterable[Progress]], int]) -> dict[str, tuple[str, str]]:
    """Verdict and evidence of every case; `carry` makes what happens durable."""
    found: dict[str, tuple[str, str]] = {}
    for number, case in enumerate(CASES):
        user, file = met_last(f"kmig-drill-{number}"), f"{SECRETS}/drill-{number}.properties"
        with _thrown_away(sites, user, file, wrong=case == _WRONG):
            seen: list[RevokeCredential] = []
            try:
                carry(_noting(walk(drill(case, user, file), sites, {}), seen))
                found[case] = seen[-1].verdict, "; ".join(seen[-1].evidence)
            except (Refused, StepFailed) as error:
                if listed(sites, user, MECHANISMS[1]):
                    found[case] = "refused", error.message
                else:
                    raise
    return found


def _noting(progress: Iterable[Progress], seen: list[RevokeCredential]) -> Iterator[Progress]:
    for one in progress:
        if one.event == "done" and isinstance(one.step, RevokeCredential):
            seen.append(one.step)
        yield one


@contextmanager
def _thrown_away(sites: Sites, user: str, file: str, *, wrong: bool) -> Iterator[None]:
    """A user with an old credential; nothing is left of it, nor of one that a killed drill left."""
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
            f"the login of {user}",
            lambda: ", ".join(sites.target.logins.refused_by(user, old, current)),
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
