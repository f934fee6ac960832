"""Whether a credential can be rotated, whether that was ever proven, and whether an old session would end."""

from collections import defaultdict
from collections.abc import Iterator

from migrate.assess import rule
from migrate.documents.assessment import Finding
from migrate.estate import Estate
from migrate.model.cluster import ScramCredential


def findings(estate: Estate, proven: frozenset[str]) -> Iterator[Finding]:
    """Yield every finding of the readiness test `rotation`; `proven` are workloads whose rotation was proven."""
    credentials: dict[str, list[ScramCredential]] = defaultdict(list)
    for credential in estate.inventory.scram.found:
        credentials[credential.principal].append(credential)
    for name, workload in estate.workloads.items():
        subject = f"workload {name}"
        existing = credentials[workload.principal]
        if workload.credential is None and existing:
            mechanisms = ", ".join(c.mechanism for c in existing)
            evidence = f"{workload.principal} has {mechanisms}, and `credential` is not set"
            yield rule.NO_CREDENTIAL.finding(subject, evidence, name)
        if workload.rotation is None:
            yield rule.NO_ROTATION.finding(subject, "`rotation` is not set", name)
        elif name not in proven:
            yield rule.NEVER_REHEARSED.finding(subject, "no rotation was proven yet", name)
    unbounded = [f for f in estate.inventory.cluster.found.facts if f.lifetime == 0]
    if unbounded:
        brokers = ", ".join(str(one.id) for one in unbounded)
        yield rule.SESSIONS_OUTLIVE.towards(estate.config.target.profile).finding(
            f"broker {brokers}", "announces sessions without an end (lifetime 0)"
        )
