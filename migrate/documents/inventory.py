"""inventory.json: what was read from a site, section by section, each with how far it can be trusted."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from migrate.documents.digest import digest
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
from migrate.model.stored import StoredSecret
from migrate.model.use import ExposedSecret, Observed

_Found = TypeVar("_Found")

DERIVED = ("dependencies", "registries", "network")
"""Sections made from others: as trustworthy as those."""

EVIDENCE = ("observed", "copies")
"""Sections made from files that the operator names; they are kept until they are made again."""

_NOT_PLANNED_ON = ("transactions", "producers", "stores", *DERIVED, *EVIDENCE)
_LOOKED: dict[str, Any] = dict.fromkeys(("requests", "seconds", "answered", "error"), True)
"""Of every section: how the look went."""

_MOVES_BY_ITSELF: dict[str, Any] = {
    **dict.fromkeys(("taken_at", "digest", *_NOT_PLANNED_ON), True),
    **dict.fromkeys(("acls", "scram", "quotas"), _LOOKED),
    "cluster": {**_LOOKED, "found": {"controller", "facts", "absent"}},
    "topics": {
        **_LOOKED,
        "found": {
            "__all__": {
                **dict.fromkeys(("codecs", "largest_batch"), True),
                "partitions": {"__all__": {"start", "end", "stable", "size", "daily"}},
            }
        },
    },
    "groups": {
        **_LOOKED,
        # `protocol_type` is empty until the first consumer joins: that is no change of the estate
        "found": {"__all__": {"members", "protocol_type", "state", "error", "commits"}},
    },
    "connect": {
        **_LOOKED,
        "found": {
            "clusters": {"__all__": {"workers", "silent", "certificates", "error"}},
            "connectors": {
                "__all__": {
                    **dict.fromkeys(("state", "tasks", "positions", "workers", "error"), True),
                    "secrets": {"__all__": {"of"}},
                }
            },
        },
    },
}
"""Offsets, sizes, lag, members, states; what no plan is made from is left out as a whole."""


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
    stores: Section[tuple[StoredSecret, ...]] | None = None
    observed: Section[Observed] | None = None
    copies: Section[tuple[ExposedSecret, ...]] | None = None

    def sections(self) -> dict[str, Section[object]]:
        """Every section by its name, in reading order; observed use and copies only where they were looked for."""
        names = ("cluster", "acls", "scram", "quotas", "topics", "groups", "transactions")
        more = ("producers", "connect", *DERIVED, "stores", *EVIDENCE)
        found = {name: getattr(self, name) for name in (*names, *more)}
        return {name: section for name, section in found.items() if section is not None}

    @property
    def steady_digest(self) -> str:
        """Digest of what does not move by itself: a second look at the same estate has the same one.

        Of a group's commits only the topics count: a group that begins to read another topic changes the plan.
        """
        steady = self.model_dump_json(exclude=_MOVES_BY_ITSELF)
        read = [sorted({commit.topic for commit in group.commits}) for group in self.groups.found]
        return digest([steady, read])
