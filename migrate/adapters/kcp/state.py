"""kcp-state.json: the parts of it that an inventory can use, and which of its clusters is meant.

The format is that of confluentinc/kcp, `internal/types/state.go`, state schemas 3 (kcp 0.9.0) and 4 (groups added).
What kcp adds later is passed over; what is not a state file is refused.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from migrate.errors import UsageError

_SCHEMAS = (3, 4)


class _Part(BaseModel):
    """kcp's own file: it may hold more than is read here."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class KcpAcl(_Part):
    """One ACL, in sarama's words."""

    principal: str = Field(alias="Principal")
    host: str = Field(alias="Host")
    permission: str = Field(alias="PermissionType")
    operation: str = Field(alias="Operation")
    resource_type: str = Field(alias="ResourceType")
    pattern_type: str = Field(alias="ResourcePatternType")
    resource_name: str = Field(alias="ResourceName")


class KcpTopic(_Part):
    """One topic; `configurations` are all effective ones, whoever set them."""

    name: str
    partitions: int = Field(ge=0)
    replication_factor: int
    configurations: dict[str, str | None] | None = None


class KcpTopics(_Part):
    """The topics of one scan."""

    details: tuple[KcpTopic, ...] | None = None


class KcpConnector(_Part):
    """One connector. Its `config` may hold secrets that kcp did not recognise: it is not to be shown."""

    name: str
    state: str = ""
    config: dict[str, Any] | None = Field(default=None, repr=False)
    connect_host: str = ""


class KcpConnect(_Part):
    """One Connect cluster, by the address it was asked at."""

    connect_rest_url: str
    connectors: tuple[KcpConnector, ...] | None = None


class KcpAdmin(_Part):
    """What kcp asked the brokers, and the Connect clusters beside them. None is what it did not ask."""

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
    """One cluster of the file; `unread` counts connectors that run where no Connect REST interface is."""

    name: str
    addresses: frozenset[str]
    scanned_at: datetime
    admin: KcpAdmin
    unread: int = 0


def read(path: Path, bootstrap_servers: str) -> KcpCluster:
    """The cluster that shares an address with `bootstrap_servers`, or the only one; `UsageError` otherwise."""
    found = _clusters(_state(path))
    if not found:
        raise UsageError(f"{path}: no cluster was scanned into it", "run `kcp scan clusters` first")
    wanted = {address.strip().lower() for address in bootstrap_servers.split(",")}
    same = [one for one in found if one.addresses & wanted] or found
    if len(same) > 1:
        names = ", ".join(f"{one.name} ({', '.join(sorted(one.addresses))})" for one in same)
        raise UsageError(
            f"{path}: which of its clusters is meant? {names}",
            "name an address of exactly one of them as source.bootstrap_servers in kmig.yaml",
        )
    return same[0]


def _state(path: Path) -> _State:
    try:
        body = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not JSON", "give the kcp-state.json that kcp wrote") from error
    version = body.get("schema_version") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not {"osk_sources", "msk_sources"} & set(body):
        raise UsageError(
            f"{path}: not a state file of kcp", "give the kcp-state.json that kcp wrote"
        )
    if version not in _SCHEMAS:
        advice = "bring it up to date with `kcp state upgrade`, or scan again with a kcp that writes them"
        read = " and ".join(map(str, _SCHEMAS))
        raise UsageError(f"{path}: its schema_version is {version}; kmig reads {read}", advice)
    try:
        return _State.model_validate(body)
    except ValidationError as error:
        # without the value: a state file may hold secrets
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: {where}: {first['msg']}", "scan again with kcp") from None


def _clusters(state: _State) -> list[KcpCluster]:
    at = state.updated_at or state.timestamp
    osk = [
        KcpCluster(
            name=one.id,
            addresses=_lower(one.bootstrap_servers),
            scanned_at=one.metadata.last_scanned or at,
            admin=one.admin,
        )
        for one in (state.osk_sources and state.osk_sources.clusters) or ()
    ]
    regions = (state.msk_sources and state.msk_sources.regions) or ()
    msk = [
        KcpCluster(
            name=one.name or one.arn,
            addresses=_lower(_strings(one.aws.bootstrap_brokers or {})),
            scanned_at=at,
            admin=one.admin,
            unread=len(one.aws.connectors or ()),
        )
        for region in regions
        for one in region.clusters or ()
    ]
    return osk + msk


def _strings(brokers: dict[str, Any]) -> tuple[str, ...]:
    """Addresses of every listener: AWS names each list of them differently."""
    lists = [value for value in brokers.values() if isinstance(value, str)]
    return tuple(address for value in lists for address in value.split(","))


def _lower(addresses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(address.strip().lower() for address in addresses)
