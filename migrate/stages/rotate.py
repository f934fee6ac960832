"""Stage `rotate`: issue, overlap, deliver, restart, prove the new secret in use, revoke the old one, prove it dead.

A secret is stored before a cluster knows it, and the old one stays in the store until it is proven dead.
"""

from migrate.documents.workloads import Workload
from migrate.errors import Refused
from migrate.model.cluster import MECHANISMS
from migrate.stages.move import Move, switched
from migrate.stages.stage import Stage, of_kind
from migrate.steps import (
    AwaitQuiet,
    DeliverSecret,
    ForgetSecret,
    IssueSecret,
    OverlapCredential,
    RevokeCredential,
    WatchCommits,
)


def rotate(move: Move, names: dict[str, str]) -> Stage:
    """Yield the steps for each principal with a `rotation`; `names` maps principals to their names on the target."""
    done: set[str] = set()
    for workload in move.workloads:
        if workload.rotation and workload.credential and workload.principal not in done:
            done.add(workload.principal)
            user = names.get(workload.principal, workload.principal).partition(":")[2]
            yield from _principal(move, workload, user, workload.credential.mechanism)


def _principal(move: Move, workload: Workload, user: str, old: str) -> Stage:
    """Yield the steps for one principal; all workloads that log in as it restart."""
    assert workload.rotation is not None
    sharing = [w for w in move.workloads if w.principal == workload.principal]
    for w in sharing:
        if not move.observable([w]):
            raise Refused(
                f"workload {w.name} has no group and no `health` hook: nothing would show that it uses a new secret",
                "add a `health` hook to its `switch` in workloads.yaml, then run kmig plan",
            )
    place = workload.rotation.deliver
    new = other(old)
    because = "its clients read their secret when they start"
    yield IssueSecret(
        because="it must be stored before a cluster knows it",
        user=user,
        file=place.file,
        name=place.key,
    )
    yield OverlapCredential(
        because="both secrets work while clients change over",
        user=user,
        old=old,
        new=new,
        file=place.file,
        name=place.key,
    )
    yield DeliverSecret(
        because="the clients read the secret there",
        user=user,
        file=place.file,
        name=place.key,
        mechanism_key=place.mechanism_key,
        old=old,
        new=new,
    )
    stops = [switched(move, each, "stop", "target", because=because) for each in sharing]
    groups = move.groups(sharing)
    windows: dict[str, float] = {}
    if groups:
        watched = yield WatchCommits(
            because="consumers that assign partitions themselves show by their commits alone",
            until=stops[0].key,
            part=workload.name,
            side="target",
            groups=groups,
            least=move.policy.quiet_seconds,
        )
        windows = of_kind(WatchCommits, watched).windows
    for step in stops:
        yield step
    if groups:
        yield AwaitQuiet(
            because="old members could be mistaken for new ones",
            until=f"start_clients {sharing[0].name}",
            repeats=tuple(
                step.key for each, step in zip(sharing, stops, strict=True) if move.groups([each])
            ),
            part=workload.name,
            side="target",
            groups=groups,
            window=0,
            windows=windows,
            seconds=move.policy.stop_seconds,
        )
    starts = [switched(move, each, "start", "target", because=because) for each in sharing]
    for step in starts:
        yield step
    yield move.members(
        sharing,
        workload.name,
        [step.key for step in starts],
        because="no client may still need the old secret",
        until=f"revoke_credential {user}",
    )
    revoked = yield RevokeCredential(
        because="a revocation counts only with proof",
        user=user,
        mechanism=old,
        file=place.file,
        name=place.key,
    )
    if isinstance(revoked, RevokeCredential) and revoked.verdict == "proven":
        yield ForgetSecret(
            because="the proof no longer needs it", user=user, file=place.file, name=place.key
        )


def other(mechanism: str) -> str:
    """Return the other SCRAM mechanism, in which a user can have a second secret."""
    return next(name for name in MECHANISMS.values() if name != mechanism)


CASES = {
    "normal": "proven",
    "old credential left alive": "alive",
    "wrong old secret": "refused",
}
"""The cases that a drill runs on a temporary principal, and the verdict that each must end with."""


def drill(case: str, user: str, file: str) -> Stage:
    """Yield the steps of one case, on a user whose old secret is in `file` under its name, the new one as pending."""
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
