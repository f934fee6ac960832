"""The section `connect`: Connect clusters and their connectors.

A literal secret names the reference of workloads.yaml whose secret it is, and the first place with the same literal.
"""

from collections.abc import Callable, Mapping

from migrate.documents.inventory import ConnectInfo, Section, State
from migrate.errors import KmigError, Unsupported
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.ports import Clock, ConnectReader

ReferenceOf = Callable[[str], str]
"""The reference whose secret has a fingerprint; empty where none has."""


def section(
    connects: Mapping[str, ConnectReader], clock: Clock, reference_of: ReferenceOf
) -> Section[ConnectInfo]:
    """Read every Connect cluster; one that does not answer makes the section partial, not empty."""
    began = clock.monotonic()
    clusters: list[ConnectCluster] = []
    connectors: list[Connector] = []
    errors: list[str] = []
    silent: list[State] = []
    hints: list[str] = []
    for name, connect in sorted(connects.items()):
        try:
            described, own = connect.describe(), connect.connectors()
        except KmigError as error:
            clusters.append(ConnectCluster(name=name, url="", error=error.message))
            errors.append(error.message)
            silent.append(_standing(error))
            hints.append(error.hint)
            continue
        workers = {worker for connector in own for worker in connector.workers}
        clusters.append(described.model_copy(update={"workers": tuple(sorted(workers))}))
        connectors += own
        errors += [described.error] if described.error else []
        errors += [f"{c.id}: {c.error}" for c in own if c.error]
    standing = State.PARTIAL if errors else State.COMPLETE
    if silent and len(silent) == len(connects):
        standing = State.REFUSED if State.REFUSED in silent else State.UNSUPPORTED
    hint = "; ".join(dict.fromkeys(filter(None, hints)))
    return Section[ConnectInfo](
        standing=standing,
        error="; ".join(errors),
        hint="" if standing is State.UNSUPPORTED else hint,
        seconds=round(clock.monotonic() - began, 3),
        found=ConnectInfo(clusters=tuple(clusters), connectors=_named(connectors, reference_of)),
    )


def _standing(error: KmigError) -> State:
    return State.UNSUPPORTED if isinstance(error, Unsupported) else State.REFUSED


def _named(connectors: list[Connector], reference_of: ReferenceOf) -> tuple[Connector, ...]:
    """Return the connectors in order; fingerprints are replaced by the names of equal secrets."""
    first: dict[str, str] = {}
    ordered = []
    for connector in sorted(connectors, key=lambda c: c.id):
        uses = tuple(_placed(use, connector, first) for use in connector.secrets)
        named = tuple(
            use.model_copy(update={"of": reference_of(use.fingerprint), "fingerprint": ""})
            if use.fingerprint
            else use
            for use in uses
        )
        ordered.append(connector.model_copy(update={"secrets": named}))
    return tuple(ordered)


def _placed(use: SecretUse, connector: Connector, first: dict[str, str]) -> SecretUse:
    if not use.fingerprint:
        return use
    here = f"{connector.id}, key `{use.key}`"
    place = first.setdefault(use.fingerprint, here)
    return use if place == here else use.model_copy(update={"same_as": place})
