"""kcp-state.json: the parts that an inventory can use, and the choice of one of its clusters.

The format is that of confluentinc/kcp, `internal/types/state.go`, state schemas 3 (kcp 0.9.0) and 4 (groups added).
Unknown keys are ignored; a file that is no state file is refused.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from migrate.errors import UsageError

_SCHEMAS = (3, 4)


class _Part(BaseModel):
    """A part of kcp's file; it may hold more than is read here."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class KcpAcl(_Part):
    """One ACL, with the names that the Go library sarama gives to types and operations."""

    principal: str = Field(alias="Principal")
    host: str = Field(alias="Host")
    permission: str = Field(alias="PermissionType")
    operation: str = Field(alias="Operation")
    resource_type: str = Field(alias="ResourceType")
    pattern_type: str = Field(alias="ResourcePatternType")
    resource_name: str = Field(alias="ResourceName")


class KcpTopic(_Part):
    """One topic; `configurations` are all effective configs, set on the topic or not."""

    name: str
    partitions: int = Field(ge=0)
    replication_factor: int
    configurations: dict[str, str | None] | None = None


class KcpTopics(_Part):
    """The topics of one scan."""

    details: tuple[KcpTopic, ...] | None = None


class KcpConnector(_Part):
    """One connector. Its `config` may hold secrets that kcp did not recognise: never show it."""

    name: str
    state: str = ""
    config: dict[str, Any] | None = Field(default=None, repr=False)
    connect_host: str = ""


class KcpConnect(_Part):
    """One Connect cluster, by the address of its REST interface."""

    connect_rest_url: str
    connectors: tuple[KcpConnector, ...] | None = None


class KcpAdmin(_Part):
    """What kcp read from the brokers and from the Connect clusters beside them; None is what it did not ask for."""

    cluster_id: str = ""
    discovered_brokers: tuple[str, ...] | None = None
    topics: KcpTopics | None = None
    acls: tuple[KcpAcl, ...] | None = None
    connect_clusters: tuple[KcpConnect, ...] | None = None


class _Metadata(_Part):
    last_scanned: datetime | None = None


class _Aws(_Part):
    bootstrap_brokers: dict[str, Any] | None = None
    connectors: tuple[Any, ...] | None = Field(default=None, repr=False)


class _Osk(_Part):
    id: str
    bootstrap_servers: tuple[str, ...] = ()
    admin: KcpAdmin = Field(default=KcpAdmin(), alias="kafka_admin_client_information")
    metadata: _Metadata = _Metadata()


class _Msk(_Part):
    name: str = ""
    arn: str
    admin: KcpAdmin = Field(default=KcpAdmin(), alias="kafka_admin_client_information")
    aws: _Aws = Field(default=_Aws(), alias="aws_client_information")


class _Region(_Part):
    clusters: tuple[_Msk, ...] | None = None


class _MskSources(_Part):
    regions: tuple[_Region, ...] | None = None


class _OskSources(_Part):
    clusters: tuple[_Osk, ...] | None = None


class _State(_Part):
    schema_version: int
    timestamp: datetime
    updated_at: datetime | None = None
    osk_sources: _OskSources | None = None
    msk_sources: _MskSources | None = None


class KcpCluster(_Part):
    """One cluster of the file; `unread` counts connectors of MSK Connect, which has no REST interface."""

    name: str
    addresses: frozenset[str]
    scanned_at: datetime
    admin: KcpAdmin
    unread: int = 0


def read(path: Path, bootstrap_servers: str) -> KcpCluster:
    """Return the cluster that shares an address with `bootstrap_servers`, or the only one; else `UsageError`."""
    clusters = _clusters(_state(path))
    if not clusters:
        raise UsageError(f"{path} holds no scanned cluster", "run `kcp scan clusters` first")
    wanted = {address.strip().lower() for address in bootstrap_servers.split(",")}
    candidates = [cluster for cluster in clusters if cluster.addresses & wanted] or clusters
    if len(candidates) > 1:
        names = ", ".join(f"{c.name} ({', '.join(sorted(c.addresses))})" for c in candidates)
        raise UsageError(
            f"{path} holds {len(candidates)} clusters that can be the source: {names}",
            "set source.bootstrap_servers in kmig.yaml to an address of exactly one of them",
        )
    return candidates[0]


def _state(path: Path) -> _State:
    try:
        body = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"cannot read kcp's state file {path}: {error.strerror}",
            "give the path of the kcp-state.json that kcp wrote",
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is not valid JSON", "give the path of the kcp-state.json that kcp wrote"
        ) from error
    version = body.get("schema_version") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not {"osk_sources", "msk_sources"} & set(body):
        raise UsageError(
            f"{path} is not a state file of kcp",
            "give the path of the kcp-state.json that kcp wrote",
        )
    if version not in _SCHEMAS:
        supported = " and ".join(map(str, _SCHEMAS))
        raise UsageError(
            f"{path} has schema_version {version}; kmig reads {supported}",
            "upgrade it with `kcp state upgrade`, or scan again with a newer kcp",
        )
    try:
        return _State.model_validate(body)
    except ValidationError as error:
        # without the value: a state file may hold secrets
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{path} has an invalid value at {where}: {first['msg']}", "scan again with kcp"
        ) from None


def _clusters(state: _State) -> list[KcpCluster]:
    at = state.updated_at or state.timestamp
    osk = [
        KcpCluster(
            name=cluster.id,
            addresses=_lower(cluster.bootstrap_servers),
            scanned_at=cluster.metadata.last_scanned or at,
            admin=cluster.admin,
        )
        for cluster in (state.osk_sources and state.osk_sources.clusters) or ()
    ]
    regions = (state.msk_sources and state.msk_sources.regions) or ()
    msk = [
        KcpCluster(
            name=cluster.name or cluster.arn,
            addresses=_lower(_strings(cluster.aws.bootstrap_brokers or {})),
            scanned_at=at,
            admin=cluster.admin,
            unread=len(cluster.aws.connectors or ()),
        )
        for region in regions
        for cluster in region.clusters or ()
    ]
    return osk + msk


def _strings(brokers: dict[str, Any]) -> tuple[str, ...]:
    """Return the addresses of every listener: AWS has a key of its own for each kind of listener."""
    lists = [value for value in brokers.values() if isinstance(value, str)]
    return tuple(address for value in lists for address in value.split(","))


def _lower(addresses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(address.strip().lower() for address in addresses)
