"""A cluster read from kcp's state file: a section that the file cannot hold is `Unsupported`, never empty."""

import re
from collections.abc import Mapping
from typing import Never

from migrate.adapters import connector_config
from migrate.adapters.kcp.state import KcpAcl, KcpCluster, KcpConnect, KcpConnector
from migrate.errors import Unsupported
from migrate.model.acl import OPERATIONS, PATTERN_TYPES, RESOURCE_TYPES, Acl, order
from migrate.model.cluster import (
    INTERNAL_TOPICS,
    Broker,
    Group,
    Partition,
    Producers,
    Quota,
    ScramCredential,
    Topic,
    Transaction,
)
from migrate.model.connector import ConnectCluster, Connector, SecretUse
from migrate.model.words import count
from migrate.ports.survey import Surveyed, SurveyedCluster

_REDACTED = "<kcp-redacted>"
_HINT = "run kmig inventory without --from-kcp-state to read it from the cluster"
_KEPT = "kcp keeps entries that the source has deleted since kcp's first scan"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


class KcpSurvey:
    """`migrate.ports.survey.Survey` over one cluster of a state file; every section is partial at best."""

    def __init__(self, cluster: KcpCluster) -> None:
        self._cluster = cluster
        self._admin = cluster.admin

    def requests(self) -> int:
        """Return 0: a file is read, no broker is asked."""
        return 0

    def answered(self) -> tuple[int, ...]:
        """Return no ids: no broker is asked."""
        return ()

    def cluster(self) -> Surveyed[SurveyedCluster]:
        """Return the cluster's id and its brokers' addresses; broker ids are negative, as of bootstrap servers."""
        brokers = []
        for number, address in enumerate(self._admin.discovered_brokers or (), 1):
            host, _, port = address.rpartition(":")
            if host and port.isdigit():
                brokers.append(Broker(id=-number, host=host, port=int(port)))
        surveyed = SurveyedCluster(self._admin.cluster_id, -1, tuple(brokers), (), (), {})
        missing = (
            "kcp records no broker ids, API versions, features, listeners or session lifetimes"
        )
        return Surveyed(surveyed, (missing,))

    def acls(self) -> Surveyed[tuple[Acl, ...]]:
        """Return the ACLs that kcp has names for; raises for an empty list, which kcp writes for a refusal too."""
        if self._admin.acls is None:
            _cannot("kcp did not scan the ACLs of this cluster")
        if not self._admin.acls:
            _cannot(
                "kcp writes an empty list of ACLs also when listing them was refused, "
                "or when no authorizer is configured"
            )
        read = [_acl(row) for row in self._admin.acls]
        acls = order(acl for acl in read if acl is not None)
        nameless = sum(acl is None for acl in read)
        lost = f"{count(nameless, 'ACL')} left out: kcp lost their operation or resource type"
        return Surveyed(acls, (*((lost,) if nameless else ()), f"ACLs: {_KEPT}"))

    def scram_credentials(self) -> Surveyed[tuple[ScramCredential, ...]]:
        """Raise `Unsupported`: not in the file."""
        _cannot("kcp records no SCRAM users")

    def quotas(self) -> Surveyed[tuple[Quota, ...]]:
        """Raise `Unsupported`: not in the file."""
        _cannot("kcp records no quotas")

    def topics(self) -> Surveyed[tuple[Topic, ...]]:
        """Return the topics' names, partitions and effective configs."""
        if self._admin.topics is None or self._admin.topics.details is None:
            _cannot("kcp did not scan the topics of this cluster")
        topics = tuple(
            Topic(
                name=row.name,
                replication_factor=row.replication_factor,
                configs={k: v for k, v in (row.configurations or {}).items() if v is not None},
                partitions=tuple(Partition(index=index) for index in range(row.partitions)),
                internal=row.name in INTERNAL_TOPICS,
            )
            for row in sorted(self._admin.topics.details, key=lambda topic: topic.name)
        )
        sources = "kcp records effective configs, not whether the topic itself sets them"
        return Surveyed(topics, (sources, f"no topic ids, offsets or sizes; topics: {_KEPT}"))

    def groups(self) -> Surveyed[tuple[Group, ...]]:
        """Raise `Unsupported`: the file lacks what a migration needs of groups."""
        _cannot("kcp records no committed offsets, and members of classic groups only")

    def transactions(self) -> Surveyed[tuple[Transaction, ...]]:
        """Raise `Unsupported`: not in the file."""
        _cannot("kcp records no transactional ids")

    def producers(self) -> Surveyed[tuple[Producers, ...]]:
        """Raise `Unsupported`: not in the file."""
        _cannot("kcp records no producers of topics")


def _cannot(why: str) -> Never:
    raise Unsupported(f"not in kcp's state file: {why}", _HINT)


def _acl(row: KcpAcl) -> Acl | None:
    """Return the ACL in Kafka's names; None where kcp wrote `Unknown`: the code behind it is lost."""
    permission, operation = _kafka(row.permission), _kafka(row.operation)
    kind, pattern = _kafka(row.resource_type), _kafka(row.pattern_type)
    known = operation in OPERATIONS.values() and kind in RESOURCE_TYPES.values()
    if permission not in ("ALLOW", "DENY") or not known or pattern not in PATTERN_TYPES.values():
        return None
    return Acl.model_validate(
        {
            "principal": row.principal,
            "host": row.host,
            "permission": permission,
            "operation": operation,
            "resource_type": kind,
            "pattern_type": pattern,
            "resource_name": row.resource_name,
        }
    )


def _kafka(word: str) -> str:
    """Return sarama's name in Kafka's form: `ClusterAction` becomes `CLUSTER_ACTION`."""
    return _WORD.sub("_", word).upper()


def connects(
    cluster: KcpCluster, declared: Mapping[str, str], key: bytes
) -> dict[str, "KcpConnectReader"]:
    """Return a reader for each Connect cluster by its name in `declared` (name to URL), else by host and port."""
    readers: dict[str, KcpConnectReader] = {}
    names = {_place(url): name for name, url in declared.items()}
    for scanned in cluster.admin.connect_clusters or ():
        place = _place(scanned.connect_rest_url)
        name = names.get(place, place)
        readers[name] = KcpConnectReader(name, scanned, key, cluster.unread)
    for name in declared:
        readers.setdefault(name, KcpConnectReader(name, None, key, cluster.unread))
    return readers or {"connect": KcpConnectReader("connect", None, key, cluster.unread)}


def _place(url: str) -> str:
    """Return host:port of a URL, without user and password."""
    return connector_config.bare(url).rpartition("://")[2].lower()


class KcpConnectReader:
    """`migrate.ports.ConnectReader` over one Connect cluster of a state file; None stands for one not scanned."""

    def __init__(self, name: str, scanned: KcpConnect | None, key: bytes, unread: int) -> None:
        self._name = name
        self._scanned = scanned
        self._key = key
        self._unread = unread

    def describe(self) -> ConnectCluster:
        """Return its address, and as its error what kcp does not record of it."""
        number = count(self._unread, "connector")
        managed = f"; {number} of MSK Connect not read" if self._unread else ""
        if self._scanned is None:
            _cannot(f"kcp scanned no Connect cluster {self._name}{managed}")
        return ConnectCluster(
            name=self._name,
            url=connector_config.bare(self._scanned.connect_rest_url),
            error=f"{self._name}: kcp records no tasks, plugins or positions, and redacts values "
            f"by the name of their key, references included{managed}",
        )

    def connectors(self) -> tuple[Connector, ...]:
        """See `ConnectReader`; a value that kcp has redacted is a secret of class `unknown`."""
        rows = (self._scanned and self._scanned.connectors) or ()
        return tuple(self._connector(row) for row in sorted(rows, key=lambda c: c.name))

    def _connector(self, row: KcpConnector) -> Connector:
        every = {k: "" if v is None else str(v) for k, v in (row.config or {}).items()}
        redacted = {key for key, value in every.items() if value == _REDACTED}
        config = {key: value for key, value in every.items() if key not in redacted}
        hidden = {"?"} if any(".override.sasl.jaas.config" in key for key in redacted) else set()
        unknown = tuple(SecretUse(key=key, secrecy="unknown") for key in redacted)
        topics = config.get("topics") or config.get("topic") or ""
        kind = config.get("connector.class", "")
        uses = (*connector_config.secrets(config, None, self._key), *unknown)
        return Connector(
            name=row.name,
            cluster=self._name,
            type="sink" if {"topics", "topics.regex"} & set(every) else "source",
            connector_class=kind,
            state=row.state,
            topics=tuple(sorted({t.strip() for t in topics.split(",") if t.strip()})),
            topics_regex=config.get("topics.regex", ""),
            dead_letters=config.get("errors.deadletterqueue.topic.name", ""),
            principals=tuple(sorted({*connector_config.principals(config), *hidden})),
            systems=connector_config.systems(config),
            registries=connector_config.registries(config),
            workers=(row.connect_host,) if row.connect_host else (),
            secrets=tuple(sorted(uses, key=lambda use: use.key)),
        )
