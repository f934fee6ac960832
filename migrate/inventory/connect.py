"""The section `connect`: Connect clusters and their connectors; equal literal secrets name their first place."""

from collections.abc import Mapping

from migrate.documents.inventory import ConnectInfo, Section, State
from migrate.errors import KmigError, Unsupported
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.ports import Clock, ConnectReader


def section(connects: Mapping[str, ConnectReader], clock: Clock) -> Section[ConnectInfo]:
    """Read every Connect cluster; one that does not answer makes the section partial, not empty."""
    began = clock.monotonic()
    clusters: list[ConnectCluster] = []
    connectors: list[Connector] = []
    errors: list[str] = []
    silent: list[State] = []
    for name, connect in sorted(connects.items()):
        try:
            described, own = connect.describe(), connect.connectors()
        except KmigError as error:
            clusters.append(ConnectCluster(name=name, url="", error=error.message))
            errors.append(error.message)
            silent.append(_standing(error))
            continue
        workers = {worker for connector in own for worker in connector.workers}
        clusters.append(described.model_copy(update={"workers": tuple(sorted(workers))}))
        connectors += own
        errors += [described.error] if described.error else []
        errors += [f"{c.id}: {c.error}" for c in own if c.error]
    standing = State.PARTIAL if errors else State.COMPLETE
    if silent and len(silent) == len(connects):
        standing = State.REFUSED if State.REFUSED in silent else State.UNSUPPORTED
    hint = "start the Connect workers, or correct `connect` in kmig.yaml" if silent else ""
    return Section[ConnectInfo](
        standing=standing,
        error="; ".join(errors),
        hint="" if standing is State.UNSUPPORTED else hint,
        seconds=round(clock.monotonic() - began, 3),
        found=ConnectInfo(clusters=tuple(clusters), connectors=_shared(connectors)),
    )


def _standing(error: KmigError) -> State:
    return State.UNSUPPORTED if isinstance(error, Unsupported) else State.REFUSED


def _shared(connectors: list[Connector]) -> tuple[Connector, ...]:
    """Return the connectors in order; a literal secret that an earlier place holds too names that place."""
    first: dict[str, str] = {}
    ordered = []
    for connector in sorted(connectors, key=lambda c: c.id):
        uses = tuple(_placed(use, connector, first) for use in connector.secrets)
        ordered.append(connector.model_copy(update={"secrets": uses}))
    return tuple(ordered)


def _placed(use: SecretUse, connector: Connector, first: dict[str, str]) -> SecretUse:
    if not use.fingerprint:
        return use
    here = f"{connector.id}, key `{use.key}`"
    place = first.setdefault(use.fingerprint, here)
    return use.model_copy(update={"fingerprint": "", "same_as": "" if place == here else place})
