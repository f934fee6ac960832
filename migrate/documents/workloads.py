"""workloads.yaml: who owns what, written by people. kmig drafts it and never rewrites a person's words."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from migrate.model.base import Model
from migrate.model.reference import parse

_DECIDABLE = ("acl", "connector", "credential", "group", "quota", "topic")

Kind = Literal["producer", "consumer", "streams", "connector", "service"]


def _reference(text: str) -> str:
    if parse(text) is None:
        # the value is not repeated: it may be the secret itself
        raise ValueError(
            "is not a reference: write ${env:NAME}, ${file:/path:key} or ${dir:/path:name}"
        )
    return text


def _principal(text: str) -> str:
    kind, colon, name = text.partition(":")
    if not (kind and colon and name):
        raise ValueError(f"`{text}` is not of the form Type:name")
    return text


SecretReference = Annotated[str, AfterValidator(_reference)]
PrincipalName = Annotated[str, AfterValidator(_principal)]
Because = Annotated[str, Field(min_length=3)]


class TopicSelector(Model):
    """One topic by name, or all that share a prefix."""

    topic: str | None = None
    prefix: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "TopicSelector":
        if (self.topic is None) == (self.prefix is None):
            raise ValueError("say either `topic` or `prefix`")
        return self

    def selects(self, name: str) -> bool:
        """Whether the topic is meant."""
        if self.topic is not None:
            return name == self.topic
        return self.prefix is not None and name.startswith(self.prefix)

    def __str__(self) -> str:
        return self.topic if self.topic is not None else f"{self.prefix}*"


class CredentialRef(Model):
    """A SCRAM credential by its mechanism and where its secret is; `carry` keeps the same secret on the target."""

    mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"]
    secret: SecretReference
    carry: bool = False


class External(Model):
    """A secret for a system outside Kafka, and that system's address."""

    secret: SecretReference
    system: str = Field(pattern=r"^\S+$")


class SwitchCommand(Model):
    """Commands that stop and start a workload's clients; `health` succeeds while they do their work."""

    stop: Annotated[tuple[str, ...], Field(min_length=1)]
    start: Annotated[tuple[str, ...], Field(min_length=1)]
    health: tuple[str, ...] = ()


class SwitchFile(Model):
    """A configuration file of the clients, and the file that takes its place for the target."""

    path: str
    target: str


class Switch(Model):
    """How a workload's clients are stopped, pointed at the target and started."""

    command: SwitchCommand
    file: SwitchFile | None = None
    seconds: float = Field(default=60.0, gt=0, le=3600)


class Deliver(Model):
    """Where clients find their secret, and beside it the mechanism: keys of one properties file."""

    file: str
    key: str
    mechanism_key: str


class Rotation(Model):
    """How a credential is exchanged: the new secret in the user's other SCRAM mechanism, then the old one deleted."""

    strategy: Literal["mechanism-overlap"]
    deliver: Deliver


class Workload(Model):
    """One accountable user of Kafka."""

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    kind: Kind
    owner: str
    security_owner: str = ""
    sensitivity: str
    zone: str = ""
    principal: PrincipalName
    reads: tuple[TopicSelector, ...] = ()
    writes: tuple[TopicSelector, ...] = ()
    groups: tuple[str, ...] = ()
    transactional_ids: tuple[str, ...] = ()
    connector: str | None = None
    credential: CredentialRef | None = None
    external: tuple[External, ...] = ()
    switch: Switch | None = None
    rotation: Rotation | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """References to its secrets: the Kafka credential, and those of systems outside Kafka."""
        own = (self.credential.secret,) if self.credential else ()
        return (*own, *(one.secret for one in self.external))

    @property
    def every_group(self) -> tuple[str, ...]:
        """Its groups; a sink connector's is `connect-` and the connector's name."""
        if not self.connector:
            return self.groups
        return (*self.groups, f"connect-{self.connector.partition('/')[2]}")

    @model_validator(mode="after")
    def _rotatable(self) -> "Workload":
        if self.rotation is None:
            return self
        deliver = self.rotation.deliver
        place = f"${{file:{deliver.file}:{deliver.key}}}"
        if self.credential is None or self.credential.secret != place:
            raise ValueError(
                f"workload {self.name}: `rotation` delivers to {place}, which is not its credential's secret"
            )
        if self.switch is None:
            raise ValueError(
                f"workload {self.name}: `rotation` restarts clients and needs `switch`"
            )
        return self


class AclFilter(Model):
    """ACLs by the fields given; `resource` is `type:name` or `type:prefix*`, as `topic:reference.*`."""

    principal: str | None = None
    resource: str | None = None
    operation: str | None = None
    permission: Literal["ALLOW", "DENY"] | None = None
    host: str | None = None

    @model_validator(mode="after")
    def _some(self) -> "AclFilter":
        if not self.model_dump(exclude_none=True):
            raise ValueError("an empty filter would mean every ACL; name a principal or a resource")
        return self


class CredentialFilter(Model):
    """A user's SCRAM credentials, or the one of a mechanism."""

    principal: PrincipalName
    mechanism: str | None = None


class QuotaFilter(Model):
    """A quota entity: `user`, `client-id` or `ip`; `<default>` is the default of its kind."""

    user: str | None = None
    client_id: str | None = Field(default=None, alias="client-id")
    ip: str | None = None

    @model_validator(mode="after")
    def _some(self) -> "QuotaFilter":
        if not self.entity:
            raise ValueError("name a user, a client-id or an ip; `<default>` is the default")
        return self

    @property
    def entity(self) -> dict[str, str | None]:
        """The entity as Kafka has it, None being the default."""
        named = {"user": self.user, "client-id": self.client_id, "ip": self.ip}
        return {k: None if v == "<default>" else v for k, v in named.items() if v is not None}


class Decision(Model):
    """What a decision is about: exactly one thing, and why."""

    acl: AclFilter | None = None
    credential: CredentialFilter | None = None
    quota: QuotaFilter | None = None
    group: str | None = None
    topic: TopicSelector | None = None
    connector: str | None = None
    because: Because

    @model_validator(mode="after")
    def _one(self) -> "Decision":
        if sum(getattr(self, kind) is not None for kind in _DECIDABLE) != 1:
            raise ValueError(f"name exactly one of {', '.join(_DECIDABLE)}")
        return self

    def __str__(self) -> str:
        kind = next(k for k in _DECIDABLE if getattr(self, k) is not None)
        value = getattr(self, kind)
        if isinstance(value, Model):
            parts = value.model_dump(exclude_none=True, by_alias=True)
            return f"{kind} " + ", ".join(f"{k} {v}" for k, v in parts.items())
        return f"{kind} {value}"


class SharedDecision(Decision):
    """What belongs to no single workload: replayed with the first wave, or dropped."""

    decision: Literal["replay", "drop"]

    @model_validator(mode="after")
    def _replayable(self) -> "SharedDecision":
        if self.decision == "replay" and not (self.acl or self.quota or self.topic):
            raise ValueError("only an acl, a quota or a topic can be replayed without an owner")
        return self


class Acknowledgement(Model):
    """That a section which is not complete is planned on, and why."""

    section: str
    because: Because


class Suppression(Model):
    """A finding of an assessment that is known and borne, until a date; `subject` is the finding's, or `*`."""

    rule: str
    subject: str
    because: Because
    until: date


class Zone(Model):
    """A network boundary: the hosts that run in it, and the outside systems it may reach."""

    hosts: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()


class Workloads(Model):
    """The whole file."""

    zones: dict[str, Zone] = Field(default_factory=dict)
    workloads: tuple[Workload, ...] = ()
    shared: tuple[SharedDecision, ...] = ()
    leave_behind: tuple[Decision, ...] = ()
    acknowledge: tuple[Acknowledgement, ...] = ()
    suppress: tuple[Suppression, ...] = ()

    @property
    def references(self) -> tuple[str, ...]:
        """Every reference to a secret, each once."""
        held = (s for w in self.workloads for s in w.secrets)
        return tuple(sorted(set(held)))

    @model_validator(mode="after")
    def _consistent(self) -> "Workloads":
        for what, claims in (
            ("name", [(w.name, w.name) for w in self.workloads]),
            ("group", [(g, w.name) for w in self.workloads for g in w.groups]),
            ("connector", [(w.connector, w.name) for w in self.workloads if w.connector]),
            (
                "transactional id",
                [(t, w.name) for w in self.workloads for t in w.transactional_ids],
            ),
        ):
            owners: dict[str, str] = {}
            for claimed, owner in claims:
                if claimed in owners:
                    raise ValueError(
                        f"{what} `{claimed}` is claimed by both {owners[claimed]} and {owner}; "
                        "it belongs to exactly one workload"
                    )
                owners[claimed] = owner
        for workload in self.workloads:
            if workload.zone and workload.zone not in self.zones:
                raise ValueError(
                    f"workload {workload.name} is in zone `{workload.zone}`, not in `zones`"
                )
        return self
