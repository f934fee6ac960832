"""Who holds which secret, and after which wave it may be exchanged; what a rotation would break blocks the plan."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from migrate.documents.plan import HeldSecret
from migrate.estate import Estate
from migrate.plan import rule
from migrate.plan.blocked import Blocker


def held(estate: Estate, wave_of: Mapping[str, int]) -> Iterator[HeldSecret]:
    """Every reference that workloads hold, themselves or in their connectors' configs, in order."""
    users = _users(estate)
    connectors = _connectors(estate)
    for secret in sorted(users):
        waves = {name: wave_of[name] for name in sorted(users[secret])}
        yield HeldSecret(
            secret=secret,
            workloads=waves,
            connectors=tuple(sorted(connectors.get(secret, ()))),
            after=max(waves.values()),
        )


def rotatable(estate: Estate) -> Iterator[Blocker]:
    """Rotations of a secret that others hold too: it changes for all of them, and is set for one principal only."""
    users, connectors = _users(estate), _connectors(estate)
    for name, workload in estate.workloads.items():
        if workload.rotation is None or workload.credential is None:
            continue
        secret = workload.credential.secret
        others = {
            other
            for other in users[secret]
            if estate.workloads[other].principal != workload.principal
        }
        others |= {f"connector {one}" for one in connectors.get(secret, ())}
        if others:
            yield rule.ROTATES_FOR_OTHERS.found(
                f"workload {name}: its rotation would change {secret}, "
                f"which {', '.join(sorted(others))} uses too"
            )
        twins = [
            n
            for n in estate.by_principal[workload.principal]
            if n != name
            and ((twin := estate.workloads[n].credential) is None or twin.secret != secret)
        ]
        if twins:
            yield rule.ROTATES_FOR_OTHERS.found(
                f"workload {name}: {', '.join(twins)} logs in as {workload.principal} too, "
                "with a secret that is not said to be the same, and would be shut out",
                "write the same `credential` for both, or take the rotation out",
            )


def _users(estate: Estate) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, workload in estate.workloads.items():
        for secret in workload.secrets:
            found[secret].add(name)
    for connector in estate.connectors.values():
        owner = estate.connector_owner.get(connector.id)
        for use in connector.secrets:
            for secret in use.references if owner else ():
                found[secret].add(owner or "")
    return found


def _connectors(estate: Estate) -> dict[str, set[str]]:
    """Connectors without a workload, by the references that they hold."""
    found: dict[str, set[str]] = defaultdict(set)
    for connector in estate.connectors.values():
        if connector.id not in estate.connector_owner:
            for use in connector.secrets:
                for secret in use.references:
                    found[secret].add(connector.id)
    return found
