"""inventory.json: what a site said, section by section, each with how far it can be trusted."""

from datetime import datetime
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from pydantic import Field

from migrate.documents.digest import digest, without
from migrate.model.acl import Acl
from migrate.model.base import Model
from migrate.model.cluster import (
    Broker,
    BrokerFacts,
    Group,
    Producers,
    Quota,
    ScramCredential,
    Topic,
    Transaction,
)
from migrate.model.connector import ConnectCluster, Connector
from migrate.model.dependency import Dependency, NetworkPath, Registry
from migrate.model.use import Copy, Observed

_Found = TypeVar("_Found")

_MOVES_BY_ITSELF = frozenset(
    # offsets, sizes, lag, members, states, who answered, and how long it took to look
    {"taken_at", "digest", "requests", "seconds", "answered", "offset", "metadata", "start", "end"}
    | {"stable", "size", "members", "protocol_type", "state", "tasks", "controller", "positions"}
    | {"workers", "facts", "absent", "error"}
)
DERIVED = ("dependencies", "registries", "network")
"""Sections made from others: as trustworthy as those."""

EVIDENCE = ("observed", "copies")
"""Sections made from files that the operator names; they are kept until they are made anew."""

_NOT_PLANNED_ON = ("transactions", "producers", *DERIVED, *EVIDENCE)


class State(StrEnum):
    """How far a section can be trusted: everything, some of it, none (it was refused), or not offered."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"


class Section(Model, Generic[_Found]):
    """What was found, and whether it is all there is."""

    standing: State
    error: str = ""
    hint: str = ""
    requests: int = 0
    seconds: float = 0.0
    answered: tuple[int, ...] = ()
    found: _Found


class ClusterInfo(Model):
    """One cluster: its id, platform, brokers and what they announce; what the operator declared of it.

    `defaults` are broker configs that decide what a topic is like where it sets nothing itself.
    """

    cluster_id: str = ""
    platform: str = ""
    controller: int = -1
    brokers: tuple[Broker, ...] = ()
    facts: tuple[BrokerFacts, ...] = ()
    absent: tuple[int, ...] = ()
    features: dict[str, int] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    super_users: tuple[str, ...] = ()
    allow_everyone_if_no_acl_found: bool | None = None


class ConnectInfo(Model):
    """Connect clusters, and the connectors of those that answered."""

    clusters: tuple[ConnectCluster, ...] = ()
    connectors: tuple[Connector, ...] = ()


class Inventory(Model):
    """The whole file."""

    schema_version: Literal[1] = 1
    digest: str = ""
    taken_at: datetime
    principal: str
    bootstrap_servers: str
    cluster: Section[ClusterInfo]
    acls: Section[tuple[Acl, ...]]
    scram: Section[tuple[ScramCredential, ...]]
    quotas: Section[tuple[Quota, ...]]
    topics: Section[tuple[Topic, ...]]
    groups: Section[tuple[Group, ...]]
    transactions: Section[tuple[Transaction, ...]]
    producers: Section[tuple[Producers, ...]]
    connect: Section[ConnectInfo]
    dependencies: Section[tuple[Dependency, ...]]
    registries: Section[tuple[Registry, ...]]
    network: Section[tuple[NetworkPath, ...]]
    observed: Section[Observed] | None = None
    copies: Section[tuple[Copy, ...]] | None = None

    def sections(self) -> dict[str, Section[object]]:
        """Every section by its name, in reading order; observed use and copies only where they were looked for."""
        names = ("cluster", "acls", "scram", "quotas", "topics", "groups", "transactions")
        more = ("producers", "connect", *DERIVED, *EVIDENCE)
        found = {name: getattr(self, name) for name in (*names, *more)}
        return {name: section for name, section in found.items() if section is not None}

    @property
    def steady_digest(self) -> str:
        """Digest of what does not move by itself: a second look at the same estate has the same one.

        Of a group's commits only the topics count: a group that begins to read another topic changes the plan.
        """
        body = self.model_dump(mode="json")
        for group in body["groups"]["found"]:
            group["commits"] = sorted({commit["topic"] for commit in group["commits"]})
        for section in _NOT_PLANNED_ON:
            del body[section]
        return digest(without(body, _MOVES_BY_ITSELF))
