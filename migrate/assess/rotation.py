"""Whether a credential can be exchanged, whether that was ever proven, and whether an old session would end."""

from collections.abc import Iterator

from migrate.assess import rule
from migrate.documents.assessment import Finding
from migrate.estate import Estate


def findings(estate: Estate, proven: frozenset[str]) -> Iterator[Finding]:
    """Every finding of the readiness test `rotation`; `proven` are workloads whose rotation was proven."""
    for name, workload in estate.workloads.items():
        subject = f"workload {name}"
        has = [c for c in estate.inventory.scram.found if c.principal == workload.principal]
        if workload.credential is None and has:
            mechanisms = ", ".join(c.mechanism for c in has)
            yield rule.NO_CREDENTIAL.found(subject, f"{workload.principal} has {mechanisms}", name)
        if workload.rotation is None:
            yield rule.NO_ROTATION.found(subject, "`rotation` is not described", name)
        elif name not in proven:
            yield rule.NEVER_REHEARSED.found(subject, "no rotation of it was proven yet", name)
    unbounded = [f for f in estate.inventory.cluster.found.facts if f.lifetime == 0]
    if unbounded:
        brokers = ", ".join(str(one.id) for one in unbounded)
        yield rule.SESSIONS_OUTLIVE.towards(estate.config.target.profile).found(
            f"broker {brokers}", "sessions without end announced at login"
        )
