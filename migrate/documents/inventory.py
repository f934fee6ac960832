"""inventory.json: what a site said, section by section, each with how far it can be trusted."""

from datetime import datetime
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from pydantic import Field

from migrate.documents.digest import digest, without
from migrate.model.acl import Acl
from migrate.model.base import Model
from migrate.model.cluster import Broker, Group, Quota, ScramCredential, Topic
from migrate.model.connector import ConnectCluster, Connector

_Found = TypeVar("_Found")

_MOVES_BY_ITSELF = frozenset(
    # offsets, lag, members, states, and how long it took to look
    {"taken_at", "digest", "requests", "seconds", "offset", "metadata", "start", "end"}
    | {"members", "protocol_type", "state", "tasks", "controller"}
)


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
    found: _Found


class ClusterInfo(Model):
    """One cluster: its id, brokers and what they announce."""

    cluster_id: str = ""
    controller: int = -1
    brokers: tuple[Broker, ...] = ()
    features: dict[str, int] = Field(default_factory=dict)


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
    connect: Section[ConnectInfo]

    def sections(self) -> dict[str, Section[object]]:
        """Every section by its name, in reading order."""
        names = ("cluster", "acls", "scram", "quotas", "topics", "groups", "connect")
        return {name: getattr(self, name) for name in names}

    @property
    def steady_digest(self) -> str:
        """Digest of what does not move by itself: a second look at the same estate has the same one.

        Of a group's commits only the topics count: a group that begins to read another topic changes the plan.
        """
        body = self.model_dump(mode="json")
        for group in body["groups"]["found"]:
            group["commits"] = sorted({commit["topic"] for commit in group["commits"]})
        return digest(without(body, _MOVES_BY_ITSELF))
