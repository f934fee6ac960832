"""Stage `rotate`: issue, overlap, deliver, restart, prove the new one in use, revoke the old one, prove it dead.

A secret is durable in its store before a cluster knows it, and the old one is kept there until it is proven dead.
"""

from migrate.documents.workloads import Workload
from migrate.errors import Refused
from migrate.model.cluster import MECHANISMS
from migrate.stages.move import Move, switched
from migrate.stages.stage import Stage
from migrate.steps import (
    AwaitQuiet,
    DeliverSecret,
    ForgetSecret,
    IssueSecret,
    OverlapCredential,
    RevokeCredential,
)


def rotate(move: Move, names: dict[str, str]) -> Stage:
    """Every workload of the wave with a `rotation`; `names` maps principals to their names on the target."""
    done: set[str] = set()
    for workload in move.workloads:
        if workload.rotation and workload.credential and workload.principal not in done:
            done.add(workload.principal)
            user = names.get(workload.principal, workload.principal).partition(":")[2]
            yield from _one(move, workload, user, workload.credential.mechanism)


def _one(move: Move, workload: Workload, user: str, old: str) -> Stage:
    """One principal's credential; whoever else logs in with it restarts too."""
    assert workload.rotation is not None
    everybody = [w for w in move.workloads if w.principal == workload.principal]
    for one in everybody:
        if not move.seen([one]):
            raise Refused(
                f"nothing would show that {one.name} uses a new secret: it has no group and no `health` hook",
                "give its switch a `health` hook, then plan again",
            )
    place = workload.rotation.deliver
    new = other(old)
    because = "its clients read their secret when they start"
    yield IssueSecret(
        because="it must survive kmig before a cluster knows it",
        user=user,
        file=place.file,
        name=place.key,
    )
    yield OverlapCredential(
        because="both work while clients change over",
        user=user,
        old=old,
        new=new,
        file=place.file,
        name=place.key,
    )
    yield DeliverSecret(
        because="the clients read it there",
        user=user,
        file=place.file,
        name=place.key,
        mechanism_key=place.mechanism_key,
        old=old,
        new=new,
    )
    stops = [switched(move, one, "stop", "target", because=because) for one in everybody]
    for step in stops:
        yield step
    groups = move.groups(everybody)
    if groups:
        yield AwaitQuiet(
            because="members that stayed would be taken for new ones",
            until=f"start_clients {everybody[0].name}",
            repeats=tuple(
                step.key for one, step in zip(everybody, stops, strict=True) if move.groups([one])
            ),
            part=workload.name,
            side="target",
            groups=groups,
            window=0,
            seconds=move.policy.stop_seconds,
        )
    starts = [switched(move, one, "start", "target", because=because) for one in everybody]
    for step in starts:
        yield step
    yield move.members(
        everybody,
        workload.name,
        [step.key for step in starts],
        because="the new secret is in use",
        until=f"revoke_credential {user}",
    )
    revoked = yield RevokeCredential(
        because="revoked means proven",
        user=user,
        mechanism=old,
        file=place.file,
        name=place.key,
    )
    if isinstance(revoked, RevokeCredential) and revoked.verdict == "proven":
        yield ForgetSecret(
            because="nothing is left to prove with it", user=user, file=place.file, name=place.key
        )


def other(mechanism: str) -> str:
    """The user's other slot."""
    return next(name for name in MECHANISMS.values() if name != mechanism)


CASES = {
    "normal": "proven",
    "old credential left alive": "alive",
    "wrong old secret": "refused",
}
"""What a drill plays on a throw-away principal, and the verdict that each case must end with."""


def drill(case: str, user: str, file: str) -> Stage:
    """One case, on a user whose old secret stands in `file` under its name, and its new one as pending."""
    old, new = MECHANISMS[1], MECHANISMS[2]
    yield IssueSecret(because=f"drill: {case}", user=user, file=file, name=user)
    yield OverlapCredential(
        because=f"drill: {case}", user=user, old=old, new=new, file=file, name=user
    )
    yield DeliverSecret(
        because=f"drill: {case}",
        user=user,
        file=file,
        name=user,
        mechanism_key=f"{user}.mechanism",
        old=old,
        new=new,
    )
    yield RevokeCredential(
        because=f"drill: {case}",
        user=user,
        mechanism=old,
        file=file,
        name=user,
        pretend=case == "old credential left alive",
    )
