"""Connect clusters and their connectors; equal literal secrets are told by where they stand first."""

from collections.abc import Mapping

from migrate.documents.inventory import ConnectInfo, Section, State
from migrate.errors import KmigError, Unsupported
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.ports import Clock, ConnectReader


def section(connects: Mapping[str, ConnectReader], clock: Clock) -> Section[ConnectInfo]:
    """Every Connect cluster asked; one that does not answer is named, and the others count."""
    began = clock.monotonic()
    clusters: list[ConnectCluster] = []
    connectors: list[Connector] = []
    errors: list[str] = []
    silent: list[State] = []
    for name, connect in sorted(connects.items()):
        try:
            found, there = connect.describe(), connect.connectors()
        except KmigError as error:
            clusters.append(ConnectCluster(name=name, url="", error=error.message))
            errors.append(error.message)
            silent.append(_standing(error))
            continue
        workers = {worker for connector in there for worker in connector.workers}
        clusters.append(found.model_copy(update={"workers": tuple(sorted(workers))}))
        connectors += there
        errors += [found.error] if found.error else []
        errors += [f"{c.id}: {c.error}" for c in there if c.error]
    standing = State.PARTIAL if errors else State.COMPLETE
    if silent and len(silent) == len(connects):
        standing = State.REFUSED if State.REFUSED in silent else State.UNSUPPORTED
    hint = "start Connect's REST interface, or correct `connect` in kmig.yaml" if silent else ""
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
    """The connectors in order, each literal that stood somewhere before naming that place."""
    first: dict[str, str] = {}
    made = []
    for connector in sorted(connectors, key=lambda c: c.id):
        uses = tuple(_placed(use, connector, first) for use in connector.secrets)
        made.append(connector.model_copy(update={"secrets": uses}))
    return tuple(made)


def _placed(use: SecretUse, connector: Connector, first: dict[str, str]) -> SecretUse:
    if not use.fingerprint:
        return use
    here = f"{connector.id}, key `{use.key}`"
    seen = first.setdefault(use.fingerprint, here)
    return use.model_copy(update={"fingerprint": "", "same_as": "" if seen == here else seen})
