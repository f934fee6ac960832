"""Who holds which secret, after which wave it may be rotated, and which rotations would break other clients."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from migrate.documents.plan import HeldSecret
from migrate.estate import Estate
from migrate.plan import rule
from migrate.plan.blocked import Blocker


def held(estate: Estate, wave_of: Mapping[str, int]) -> Iterator[HeldSecret]:
    """Yield every secret that workloads hold, themselves or in their connectors' configs, sorted by reference."""
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
    """Yield a blocker for each rotation of a secret that others hold too: it would lock them out."""
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
            yield rule.ROTATES_FOR_OTHERS.blocker(
                f"workload {name}: its rotation would change {secret}, "
                f"which is also used by {', '.join(sorted(others))}",
                workload=name,
            )
        twins = [
            n
            for n in estate.by_principal[workload.principal]
            if n != name
            and ((twin := estate.workloads[n].credential) is None or twin.secret != secret)
        ]
        if twins:
            yield rule.ROTATES_FOR_OTHERS.blocker(
                f"workload {name}: its rotation would lock out {', '.join(twins)}, "
                f"with the same principal {workload.principal} but another `credential`",
                "write the same `credential` for all of them, or remove the rotation",
                name,
            )


def _users(estate: Estate) -> dict[str, set[str]]:
    users: dict[str, set[str]] = defaultdict(set)
    for name, workload in estate.workloads.items():
        for secret in workload.secrets:
            users[secret].add(name)
    for connector in estate.connectors.values():
        owner = estate.connector_owner.get(connector.id)
        for use in connector.secrets:
            for secret in use.references if owner else ():
                users[secret].add(owner or "")
    return users


def _connectors(estate: Estate) -> dict[str, set[str]]:
    """Return connectors without a workload, by the secrets that they hold."""
    holders: dict[str, set[str]] = defaultdict(set)
    for connector in estate.connectors.values():
        if connector.id not in estate.connector_owner:
            for use in connector.secrets:
                for secret in use.references:
                    holders[secret].add(connector.id)
    return holders
