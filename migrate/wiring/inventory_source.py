"""The source for an inventory, and clients of either site, built from kmig.yaml."""

import secrets as randomness
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from migrate.adapters.clock import FixedClock, SystemClock
from migrate.adapters.kafka.survey import KafkaSurvey
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.places import Places, Store
from migrate.adapters.properties import ClientConfig, read
from migrate.adapters.secrets import Secrets
from migrate.documents.config import Config, SiteConfig, StoreConfig
from migrate.folder import WORKLOADS, Folder
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.take import InventorySource
from migrate.model.reference import parse
from migrate.ports import ConnectReader


@contextmanager
def source(folder: Folder, environ: Mapping[str, str]) -> Iterator[InventorySource]:
    """Open the source for an inventory."""
    config = folder.config()
    secrets = secrets_of(folder, environ)
    client = client_of(folder, config.source, secrets)
    wire = wire_of("source", config.source, client)
    key = randomness.token_bytes(16)
    connects = _connects(folder, config, secrets, key)
    try:
        yield InventorySource(
            survey=KafkaSurvey(wire),
            connects=connects,
            clock=SystemClock(),
            principal=config.source.principal or client.principal,
            bootstrap_servers=config.source.bootstrap_servers,
            declared=_declared(config.source),
            places=places(folder, config, environ, key),
            references=folder.workloads().references if folder.has(WORKLOADS) else (),
        )
    finally:
        wire.close()


def places(folder: Folder, config: Config, environ: Mapping[str, str], key: bytes) -> Places:
    """Return where references lead: this machine, and the stores of kmig.yaml; no store is opened yet.

    Fingerprints of secrets are made with `key`, as those of literals in connectors are.
    """
    secrets, seconds = secrets_of(folder, environ), config.source.timeout_seconds
    stores = {one.name: partial(_store, one, secrets, seconds) for one in config.stores}
    return Places(environ, folder.path, stores, key)


def _store(named: StoreConfig, secrets: Secrets, timeout: float) -> Store:
    from migrate.adapters.vault import VaultStore
    from migrate.adapters.vault_api import VaultApi

    reference = parse(named.token)
    assert reference is not None  # kmig.yaml is read strictly
    token = secrets.resolve(reference).strip()
    api = VaultApi(named.name, named.address, token, namespace=named.namespace, timeout=timeout)
    return VaultStore(api, named.name, named.address, SystemClock().now)


def _connects(
    folder: Folder, config: Config, secrets: Secrets, key: bytes
) -> Mapping[str, ConnectReader]:
    if not config.connect:
        return {}
    from migrate.adapters.connect.reader import ConnectRest
    from migrate.wiring.connect import workers

    timeout = config.source.timeout_seconds
    return {
        c.name: ConnectRest(c.name, workers(folder, c.source, secrets, timeout, name=c.name), key)
        for c in config.connect
    }


def from_kcp(folder: Folder, path: Path) -> InventorySource:
    """Return the source from a state file of kcp, as of the time of that file; no connection is opened."""
    from migrate.adapters.kcp.state import read as read_kcp
    from migrate.adapters.kcp.survey import KcpSurvey, connects

    config = folder.config()
    cluster = read_kcp(path, config.source.bootstrap_servers)
    declared = {connect.name: connect.source.first for connect in config.connect}
    return InventorySource(
        survey=KcpSurvey(cluster),
        connects=connects(cluster, declared, randomness.token_bytes(16)),
        clock=FixedClock(cluster.scanned_at),
        principal=config.source.principal or "",
        bootstrap_servers=config.source.bootstrap_servers,
        declared=_declared(config.source),
    )


def secrets_of(folder: Folder, environ: Mapping[str, str]) -> Secrets:
    """Return the resolver for references in the folder's files."""
    return Secrets(environ, folder.path)


def client_of(folder: Folder, site: SiteConfig, secrets: Secrets) -> ClientConfig:
    """Return how kmig logs in to a site."""
    if site.command_config is None:
        return ClientConfig(None, None)
    return read(folder.path / site.command_config, secrets)


def wire_of(name: str, site: SiteConfig, client: ClientConfig) -> Wire:
    """Return the connections to a site's brokers; they are opened at their first request."""
    return Wire(name, site.addresses, client.login, client.tls, site.timeout_seconds)


def _declared(site: SiteConfig) -> DeclaredAuthorizer:
    return DeclaredAuthorizer(site.super_users, site.allow_everyone_if_no_acl_found)
