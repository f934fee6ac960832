"""Both sites for the stages of a wave, built from kmig.yaml."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from migrate.adapters.address_tester import LocalAddressTester
from migrate.adapters.client_files import LocalClientFiles
from migrate.adapters.client_trial import cluster_of
from migrate.adapters.clock import SystemClock
from migrate.adapters.connect.copies import ConnectCopy
from migrate.adapters.foreign_copy import ForeignCopy
from migrate.adapters.hooks import CommandHooks
from migrate.adapters.kafka.access import KafkaAccess
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.heads import KafkaHeadStore
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.records import KafkaRecords
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.map_files import MapFiles
from migrate.adapters.properties import ClientConfig
from migrate.adapters.secret_store import PropertiesSecrets
from migrate.adapters.secrets import Secrets
from migrate.checks.network import Side, address_of
from migrate.documents.config import Config, SiteConfig
from migrate.documents.replication import Replication
from migrate.errors import KmigError, Refused
from migrate.folder import Folder
from migrate.journal.copying import copy_connectors
from migrate.model.address import Address
from migrate.ports import MovingPorts, Site, Sites, WritableSite
from migrate.ports.address_tester import AddressTester
from migrate.ports.moving import CopyCluster
from migrate.wiring.connect import tls_of, workers
from migrate.wiring.inventory_source import client_of, secrets_of, wire_of


@dataclass(frozen=True)
class OpenSites:
    """Both sites, open; the store of the journal's head; and the wire that counts the target's requests."""

    sites: Sites
    heads: KafkaHeadStore
    target_wire: Wire
    access: tuple[KafkaAccess, KafkaAccess]

    def writes(self) -> int:
        """Return how many writes were sent to the target."""
        return self.target_wire.writes


@contextmanager
def both(
    folder: Folder,
    environ: Mapping[str, str],
    *,
    moving: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[OpenSites]:
    """Open source and target; `execute.guards` judges whether they are the expected ones.

    With `moving`, also the ports that a cutover needs; their connections are opened at their first use.
    """
    config = folder.config()
    secrets = secrets_of(folder, environ)
    clients = [client_of(folder, site, secrets) for site in (config.source, config.target)]
    maps = MapFiles(folder.path, folder.disk)
    fingerprints = maps.key()
    ahead = int(config.bound_rate / 4)
    with ExitStack() as open_things:
        wires, readers, logins, records = [], [], [], []
        for name, site, client in zip(
            ("source", "target"), (config.source, config.target), clients, strict=True
        ):
            wire = wire_of(name, site, client)
            reading = KafkaRecords(
                name, site.bootstrap_servers, client.librdkafka, fingerprints, ahead
            )
            open_things.callback(wire.close)
            open_things.callback(reading.close)
            wires.append(wire)
            readers.append(KafkaReader(wire))
            logins.append(KafkaLogins(wire, secrets, client.tls, site.timeout_seconds))
            records.append(reading)
        writer = KafkaWriter(wires[1], secrets)
        moving_ports = (
            _moving_ports(folder, config, secrets, environ, open_things) if moving else None
        )
        sites = Sites(
            Site("source", readers[0], logins[0], records[0]),
            WritableSite("target", readers[1], logins[1], records[1], writer),
            SystemClock(),
            moving_ports,
            tell,
            PropertiesSecrets(folder.path, folder.disk),
            maps,
        )
        access = (
            _access(config.source, secrets, clients[0], (wires[0], logins[0])),
            _access(config.target, secrets, clients[1], (wires[1], logins[1]), writer),
        )
        heads = KafkaHeadStore(wires[1], writer, config.name)
        yield OpenSites(sites, heads, wires[1], access)


def _access(
    site: SiteConfig,
    secrets: Secrets,
    client: ClientConfig,
    side: tuple[Wire, KafkaLogins],
    writer: KafkaWriter | None = None,
) -> KafkaAccess:
    """Return a site as its workloads reach it: same addresses and trust, but another login each time, or none."""
    own, logins = side

    def connect(login: Login) -> Wire:
        return Wire(own.site, site.addresses, login, client.tls, site.timeout_seconds)

    def nobody() -> Iterator[Wire]:
        tls = client.without_certificate()
        for broker in own.brokers():
            yield Wire(own.site, [(broker.host, broker.port)], None, tls, site.timeout_seconds)

    return KafkaAccess(secrets, logins, connect, nobody, writer)


def _moving_ports(
    folder: Folder,
    config: Config,
    secrets: Secrets,
    environ: Mapping[str, str],
    open_things: ExitStack,
) -> MovingPorts:
    if config.replication is None:
        raise Refused(
            "kmig.yaml has no `replication`",
            "name the Connect cluster that runs MirrorMaker 2: docs/replicate.md",
        )
    if config.source.write_command_config is None:
        raise Refused(
            "kmig.yaml has no `source.write_command_config`",
            "name the properties file of the principal that fences the source: docs/permissions.md",
        )
    by_consent = config.source.model_copy(
        update={"command_config": config.source.write_command_config}
    )
    wire = wire_of("source", config.source, client_of(folder, by_consent, secrets))
    open_things.callback(wire.close)
    hooks, copying = CommandHooks(folder.path, environ), config.replication.copying
    copy: CopyCluster = (
        ConnectCopy(workers(folder, copying, secrets, config.target.timeout_seconds))
        if copying
        else _foreign(folder, config.replication, hooks)
    )
    return MovingPorts(
        KafkaWriter(wire, secrets),
        copy,
        hooks,
        LocalClientFiles(
            folder.path,
            folder.disk,
            partial(cluster_of, secrets=secrets, timeout=config.target.timeout_seconds),
        ),
    )


def _foreign(folder: Folder, replication: Replication, hooks: CommandHooks) -> ForeignCopy:
    commands = {"stop": replication.stop, "start": replication.start, "end": replication.end}

    def known() -> dict[str, tuple[str, ...]]:
        copies = copy_connectors(folder.executed(), finished=True)
        return {name: one.topics for name, one in copies.items()}

    return ForeignCopy(hooks, commands, known)


def network(folder: Folder, environ: Mapping[str, str]) -> tuple[tuple[Side, ...], AddressTester]:
    """Return both sites' addresses, as declared and as announced, and a tester; a site need not answer."""
    config, secrets = folder.config(), secrets_of(folder, environ)
    sides: list[Side] = []
    contexts: dict[Address, ssl.SSLContext] = {}
    for name, site in (("source", config.source), ("target", config.target)):
        client = client_of(folder, site, secrets)
        side = Side(name, site.addresses, client.tls is not None)
        wire = wire_of(name, site, client)
        try:
            side = replace(side, announced=wire.brokers())
        except KmigError as error:
            side = replace(side, error=error.message)
        finally:
            wire.close()
        if client.tls is not None:
            pairs = (*side.bootstrap, *((b.host, b.port) for b in side.announced))
            contexts |= {side.address(*pair): client.tls for pair in pairs}
        sides.append(side)
    for _, access in config.connects:
        if (context := tls_of(folder, access, secrets)) is not None:
            found = map(address_of, access.addresses)
            contexts |= {address: context for address in found if address is not None}
    return tuple(sides), LocalAddressTester(config.source.timeout_seconds, contexts)
