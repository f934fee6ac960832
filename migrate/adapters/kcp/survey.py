"""A cluster as kcp's state file has it: what the file cannot hold is `Unsupported`, and never empty."""

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
from migrate.ports.survey import Surveyed, SurveyedCluster

_REDACTED = "<kcp-redacted>"
_HINT = "take the inventory from the cluster itself to have it"
_KEPT = "kcp keeps what the source has deleted since its first scan"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


class KcpSurvey:
    """`migrate.ports.survey.Survey` over one cluster of a state file; every section is partial at best."""

    def __init__(self, cluster: KcpCluster) -> None:
        self._cluster = cluster
        self._admin = cluster.admin

    def requests(self) -> int:
        """Nothing is asked."""
        return 0

    def answered(self) -> tuple[int, ...]:
        """Nobody."""
        return ()

    def cluster(self) -> Surveyed[SurveyedCluster]:
        """Its id and its brokers' addresses; ids are negative, as a client's are before brokers told theirs."""
        brokers = []
        for number, address in enumerate(self._admin.discovered_brokers or (), 1):
            host, _, port = address.rpartition(":")
            if host and port.isdigit():
                brokers.append(Broker(id=-number, host=host, port=int(port)))
        sight = SurveyedCluster(self._admin.cluster_id, -1, tuple(brokers), (), (), {})
        missing = "kcp records no broker's id, versions, features, listeners or session bound"
        return Surveyed(sight, (missing,))

    def acls(self) -> Surveyed[tuple[Acl, ...]]:
        """Those that kcp has names for. An empty list says nothing: kcp takes a refusal for one."""
        if self._admin.acls is None:
            _cannot("kcp scanned no ACLs here")
        if not self._admin.acls:
            _cannot(
                "kcp writes no ACLs also where listing them was refused, or no authorizer is on"
            )
        read = [_acl(one) for one in self._admin.acls]
        found = order(acl for acl in read if acl is not None)
        nameless = sum(acl is None for acl in read)
        lost = f"{nameless} ACLs name what kcp has no word for, and are left out"
        return Surveyed(found, (*((lost,) if nameless else ()), f"of ACLs {_KEPT}"))

    def scram_credentials(self) -> Surveyed[tuple[ScramCredential, ...]]:
        """Not in the file."""
        _cannot("kcp records no SCRAM users")

    def quotas(self) -> Surveyed[tuple[Quota, ...]]:
        """Not in the file."""
        _cannot("kcp records no quotas")

    def topics(self) -> Surveyed[tuple[Topic, ...]]:
        """Names, partitions and effective configs."""
        if self._admin.topics is None or self._admin.topics.details is None:
            _cannot("kcp scanned no topics here")
        found = tuple(
            Topic(
                name=one.name,
                replication_factor=one.replication_factor,
                configs={k: v for k, v in (one.configurations or {}).items() if v is not None},
                partitions=tuple(Partition(index=index) for index in range(one.partitions)),
                internal=one.name in INTERNAL_TOPICS,
            )
            for one in sorted(self._admin.topics.details, key=lambda topic: topic.name)
        )
        sources = "kcp records each config as it is in effect, not whether the topic itself sets it"
        return Surveyed(found, (sources, f"no ids, offsets or sizes; of topics {_KEPT}"))

    def groups(self) -> Surveyed[tuple[Group, ...]]:
        """Not in the file as a migration needs them."""
        _cannot(
            "kcp records no committed offsets, and no members of groups other than classic ones"
        )

    def transactions(self) -> Surveyed[tuple[Transaction, ...]]:
        """Not in the file."""
        _cannot("kcp records no transactional ids")

    def producers(self) -> Surveyed[tuple[Producers, ...]]:
        """Not in the file."""
        _cannot("kcp records no producers that their leaders remember")


def _cannot(why: str) -> Never:
    raise Unsupported(why, _HINT)


def _acl(one: KcpAcl) -> Acl | None:
    """The ACL in Kafka's words; None where kcp's library had none (`Unknown`): the number behind it is lost."""
    permission, operation = _kafka(one.permission), _kafka(one.operation)
    kind, pattern = _kafka(one.resource_type), _kafka(one.pattern_type)
    known = operation in OPERATIONS.values() and kind in RESOURCE_TYPES.values()
    if permission not in ("ALLOW", "DENY") or not known or pattern not in PATTERN_TYPES.values():
        return None
    return Acl.model_validate(
        {
            "principal": one.principal,
            "host": one.host,
            "permission": permission,
            "operation": operation,
            "resource_type": kind,
            "pattern_type": pattern,
            "resource_name": one.resource_name,
        }
    )


def _kafka(word: str) -> str:
    """`TransactionalID` and `ClusterAction` as Kafka writes them."""
    return _WORD.sub("_", word).upper()


def connects(
    cluster: KcpCluster, declared: Mapping[str, str], key: bytes
) -> dict[str, "KcpConnectReader"]:
    """Connect clusters by name: `declared` names them by address, others go by their host and port."""
    made: dict[str, KcpConnectReader] = {}
    names = {_place(url): name for name, url in declared.items()}
    for one in cluster.admin.connect_clusters or ():
        name = names.get(_place(one.connect_rest_url), _place(one.connect_rest_url))
        made[name] = KcpConnectReader(name, one, key, cluster.unread)
    for name in declared:
        made.setdefault(name, KcpConnectReader(name, None, key, cluster.unread))
    return made or {"connect": KcpConnectReader("connect", None, key, cluster.unread)}


def _place(url: str) -> str:
    """host:port of an address, without a user or a password that may stand there."""
    return connector_config.bare(url).rpartition("://")[2].lower()


class KcpConnectReader:
    """`migrate.ports.ConnectReader` over one Connect cluster of a state file, or over none that was scanned."""

    def __init__(self, name: str, found: KcpConnect | None, key: bytes, unread: int) -> None:
        self._name = name
        self._found = found
        self._key = key
        self._unread = unread

    def describe(self) -> ConnectCluster:
        """Its address, and what is not known of it."""
        managed = f"; {self._unread} of MSK Connect are not read" if self._unread else ""
        if self._found is None:
            _cannot(f"kcp scanned no Connect cluster {self._name}{managed}")
        return ConnectCluster(
            name=self._name,
            url=connector_config.bare(self._found.connect_rest_url),
            error=f"{self._name}: kcp records no tasks, plugins or positions, "
            f"and replaces values by their key's name, references with them{managed}",
        )

    def connectors(self) -> tuple[Connector, ...]:
        """Each with the class of its secrets: `unknown` for what kcp has redacted."""
        there = (self._found and self._found.connectors) or ()
        return tuple(self._connector(one) for one in sorted(there, key=lambda c: c.name))

    def _connector(self, one: KcpConnector) -> Connector:
        every = {k: "" if v is None else str(v) for k, v in (one.config or {}).items()}
        redacted = {key for key, value in every.items() if value == _REDACTED}
        config = {key: value for key, value in every.items() if key not in redacted}
        hidden = {"?"} if any(".override.sasl.jaas.config" in key for key in redacted) else set()
        unknown = tuple(SecretUse(key=key, secrecy="unknown") for key in redacted)
        topics = config.get("topics") or config.get("topic") or ""
        kind = config.get("connector.class", "")
        uses = (*connector_config.secrets(config, None, self._key), *unknown)
        return Connector(
            name=one.name,
            cluster=self._name,
            type="sink" if {"topics", "topics.regex"} & set(every) else "source",
            connector_class=kind,
            state=one.state,
            topics=tuple(sorted({t.strip() for t in topics.split(",") if t.strip()})),
            topics_regex=config.get("topics.regex", ""),
            dead_letters=config.get("errors.deadletterqueue.topic.name", ""),
            principals=tuple(sorted({*connector_config.principals(config), *hidden})),
            systems=connector_config.systems(config),
            registries=connector_config.registries(config),
            workers=(one.connect_host,) if one.connect_host else (),
            secrets=tuple(sorted(uses, key=lambda use: use.key)),
        )
