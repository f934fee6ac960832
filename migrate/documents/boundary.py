"""The boundary of a credential, from creation to revocation: `kmig trace` prints it, `kmig review` keeps it."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from migrate.model.base import Model

Kind = Literal["kafka", "external"]
"""A login to Kafka, or a secret of a system outside it."""


class Line(Model):
    """One fact with its evidence. Where kmig could not look, `known` is false and the evidence says why."""

    what: str
    evidence: str
    known: bool = True


class Credential(Model):
    """One credential of the estate, never its secret.

    `name` is the principal of a Kafka login; of another secret its reference, or the place of its literal. `secrets`
    are all its references and places. `workloads` are those that declare or use it: none if nobody does.
    """

    name: str
    kind: Kind
    principal: str = ""
    mechanisms: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    connectors: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()

    @property
    def clusters(self) -> tuple[str, ...]:
        """Return the Connect clusters whose connectors use it."""
        return tuple(sorted({name.partition("/")[0] for name in self.connectors}))


class NamesToCome(Model):
    """A grant that also covers names which do not exist yet: all of a type, or those with a prefix.

    Without a type it is the open default: everything that no ACL covers.
    """

    operation: str
    resource_type: str = ""
    prefix: str = ""

    def __str__(self) -> str:
        if not self.resource_type:
            return f"{self.operation} on every name that no ACL covers, by the default"
        kind = self.resource_type.lower().replace("_", " ")
        return f"{self.operation} on {kind} {f'prefix {self.prefix}' if self.prefix else '*'}"


class Rights(Model):
    """What the holder of a Kafka login may do on one side, by the authorizer's own decision.

    Operations by name; one that depends on the client's address names it: `READ from 10.1.0.7`, `READ except from
    10.1.0.7`. `patterns` are the grants that also cover names which do not exist yet. `complete` is false where more
    may be allowed than is listed: `unknown` says why. `everything` is set where nothing is denied: a super user, or
    no authorizer.
    """

    side: Literal["source", "target"]
    complete: bool
    unknown: tuple[str, ...] = ()
    everything: str = ""
    topics: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    transactional_ids: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    cluster: tuple[str, ...] = ()
    users: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    patterns: tuple[NamesToCome, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def may_grant(self) -> bool:
        """Whether it may create ACLs and SCRAM credentials, and so give itself the rights that it lacks."""
        return not self.everything and any(one.partition(" ")[0] == "ALTER" for one in self.cluster)

    def topics_for(self, operation: str) -> tuple[str, ...]:
        """Return the topics on which an operation is allowed, from any address or from some."""
        granting = {
            operations
            for operations in set(self.topics.values())
            if any(one.partition(" ")[0] == operation for one in operations)
        }
        return tuple(t for t, operations in self.topics.items() if operations in granting)


class Reach(Model):
    """How far a credential reaches: how many topics and outside systems, and the highest sensitivity beyond its own.

    `beyond` is `unknown` where it reaches what no workload declares. `through_worker` counts the topics and systems
    that only other credentials of its Connect workers open. It may be more where `workers_certain` is false. The
    other numbers may be more where `certain` is false: rights are not all known, it may give itself others, or a
    config topic of Connect opens it other secrets.
    """

    writes: int = 0
    reads: int = 0
    systems: int = 0
    through_worker: int = 0
    beyond: str = ""
    certain: bool = True
    workers_certain: bool = True


class Advice(Model):
    """The one change that shrinks a credential's reach most; `less` is by how many topics and systems."""

    change: Literal["narrower rights", "an identity of its own", "a worker of its own"]
    how: str
    less: int


class Runtime(Model):
    """Where credentials are used: a Connect cluster, any of whose workers runs any connector, or a client's host.

    `credentials` are those that it resolves or logs in with; `lowest` and `highest` the sensitivities of the
    workloads in it; `systems` what it reaches outside Kafka.
    """

    name: str
    kind: Literal["connect", "host"]
    workers: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    lowest: str = ""
    highest: str = ""
    zones: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


Choice = Literal["application", "connector runtime", "principal", "namespace", "customer account"]
CHOICES: tuple[Choice, ...] = (
    "application",
    "connector runtime",
    "principal",
    "namespace",
    "customer account",
)
"""Where a boundary can be drawn, from the widest to the account outside Kafka."""


Holds = Literal["yes", "no", "unknown", "–"]
"""Whether a boundary holds; `–` where a workload needs none."""


class BoundaryChoice(Model):
    """Whether one boundary holds for one workload, and the evidence."""

    workload: str
    choice: Choice
    holds: Holds
    because: str


class Boundary(Model):
    """All that is known of one credential, section by section; `restarts` are in the order of a rotation."""

    credential: Credential
    accountable: tuple[Line, ...]
    issued: tuple[Line, ...]
    stored: tuple[Line, ...]
    readers: tuple[Line, ...]
    source: Rights | None = None
    target: Rights | None = None
    systems: tuple[Line, ...]
    beside: tuple[Line, ...]
    restarts: tuple[Line, ...]
    death: tuple[Line, ...]
    reach: Reach
    advice: Advice | None = None

    def sections(self) -> dict[str, tuple[Line, ...]]:
        """Return the sections of lines by their titles, in reading order; rights are apart."""
        return {
            "accountable": self.accountable,
            "issued": self.issued,
            "stored": self.stored,
            "readers": self.readers,
            "systems": self.systems,
            "beside": self.beside,
            "restarts": self.restarts,
            "death": self.death,
        }


class Reached(Model):
    """How far a credential reaches, without its sections: what a list of all credentials is made of."""

    credential: Credential
    reach: Reach
    advice: Advice | None = None


Role = Literal["source connector", "sink connector", "busiest producer", "most regulated consumer"]
ROLES: tuple[Role, ...] = (
    "source connector",
    "sink connector",
    "busiest producer",
    "most regulated consumer",
)
"""What a review looks at."""


class Reviewed(Model):
    """One workload of a review, why it stands for its role, and the boundaries of its credentials.

    `workload` is empty where the estate has none for the role.
    """

    role: Role
    workload: str = ""
    because: str
    boundaries: tuple[Boundary, ...] = ()


class Change(Model):
    """One difference between two reviews; `before` or `after` is empty where the line is new or gone."""

    role: Role
    credential: str
    section: str
    what: str
    before: str = ""
    after: str = ""


class Review(Model):
    """The whole file: what was looked at, and what has changed since the review before.

    `since` is the day of that review, None for the first; `inventory` is the steady digest of what it was made from,
    and `as_of` the time of that inventory. Where `since_as_of` is the same, no cluster was looked at in between.
    """

    schema_version: Literal[1] = 1
    digest: str = ""
    taken_at: datetime
    as_of: datetime
    inventory: str
    reviewed: tuple[Reviewed, ...]
    since: date | None = None
    since_as_of: datetime | None = None
    changes: tuple[Change, ...] = ()
