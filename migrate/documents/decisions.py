"""Written decisions about what belongs to no single workload, stays behind, or is accepted; each with its reason."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from migrate.model.base import Model

DECIDABLE = ("acl", "connector", "credential", "group", "quota", "topic", "transactional_id")


def _principal(text: str) -> str:
    kind, colon, name = text.partition(":")
    if not (kind and colon and name):
        raise ValueError(f"`{text}` is not a principal of the form Type:name")
    return text


PrincipalName = Annotated[str, AfterValidator(_principal)]
Because = Annotated[str, Field(min_length=3)]


class TopicSelector(Model):
    """One topic by name, or all that share a prefix."""

    topic: str | None = None
    prefix: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "TopicSelector":
        if (self.topic is None) == (self.prefix is None):
            raise ValueError("write either `topic` or `prefix`")
        return self

    def selects(self, name: str) -> bool:
        """Whether the topic is meant."""
        if self.topic is not None:
            return name == self.topic
        return self.prefix is not None and name.startswith(self.prefix)

    def __str__(self) -> str:
        return self.topic if self.topic is not None else f"{self.prefix}*"


def _named(value: object) -> object:
    """Return a bare name as the selector of that topic."""
    return {"topic": value} if isinstance(value, str) else value


class AclFilter(Model):
    """ACLs by the fields given; `resource` is `type:name` or `type:prefix*`, as `topic:reference.*`."""

    principal: str | None = None
    resource_type: Literal["topic", "group", "cluster", "transactional-id"] | None = None
    resource: str | None = None
    operation: str | None = None
    permission: Literal["ALLOW", "DENY"] | None = None
    host: str | None = None

    @model_validator(mode="after")
    def _some(self) -> "AclFilter":
        if not self.model_dump(exclude_none=True):
            raise ValueError(
                "an empty filter would match every ACL: name a principal or a resource"
            )
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
            raise ValueError(
                "the quota names no `user`, `client-id` or `ip` (`<default>` is the default of its kind)"
            )
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
    topic: Annotated[TopicSelector | None, BeforeValidator(_named)] = None
    transactional_id: str | None = None
    connector: str | None = None
    because: Because

    @model_validator(mode="after")
    def _one(self) -> "Decision":
        if sum(getattr(self, kind) is not None for kind in DECIDABLE) != 1:
            raise ValueError(f"a decision is about exactly one of {', '.join(DECIDABLE)}")
        return self

    def __str__(self) -> str:
        kind = next(k for k in DECIDABLE if getattr(self, k) is not None)
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
            raise ValueError(
                "only an acl, a quota or a topic can be replayed without an owner: give the rest to a workload"
            )
        return self


class Acknowledgement(Model):
    """That a section which is not complete is planned on, and why."""

    section: str
    because: Because


class Widening(Model):
    """ACLs that a target can express only as wider ones, and why that is accepted."""

    acl: AclFilter
    because: Because


class Suppression(Model):
    """A finding of an assessment that is accepted until a date; `subject` is the finding's, or `*`."""

    rule: str
    subject: str
    because: Because
    until: date
