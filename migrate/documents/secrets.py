"""Secrets as workloads.yaml names them: by reference, with who made them, and how they are exchanged."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from migrate.model.base import Model
from migrate.model.reference import parse


def _reference(text: str) -> str:
    if parse(text) is None:
        # the value is not repeated: it may be the secret itself
        raise ValueError(
            "not a reference: write ${env:NAME}, ${file:/path:key} or ${dir:/path:name}"
        )
    return text


SecretReference = Annotated[str, AfterValidator(_reference)]


class Issued(Model):
    """Who made a credential, and when: as people know it, because brokers keep no such thing."""

    by: Annotated[str, Field(min_length=1)]
    on: date


class CredentialRef(Model):
    """A SCRAM credential by its mechanism and where its secret is.

    `carry` keeps the same secret on the target; `issue` makes a new one under the reference, a key of a properties
    file, when the wave is prepared, unless one is there.
    """

    mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"]
    secret: SecretReference
    carry: bool = False
    issue: bool = False
    issued: Issued | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "CredentialRef":
        if self.carry and self.issue:
            raise ValueError(
                "`carry` and `issue` exclude each other: the secret stays the same, or a new one is made"
            )
        if self.issue and not self.secret.startswith("${file:"):
            raise ValueError(
                "`issue` needs a secret in a properties file: ${file:/path.properties:key}"
            )
        return self


class External(Model):
    """A secret for a system outside Kafka, and that system's address."""

    secret: SecretReference
    system: str = Field(pattern=r"^\S+$")
    issued: Issued | None = None


class Deliver(Model):
    """Where clients find their secret, and beside it the mechanism: keys of one properties file."""

    file: str
    key: str
    mechanism_key: str

    @model_validator(mode="after")
    def _apart(self) -> "Deliver":
        if self.mechanism_key == self.key:
            raise ValueError(
                "`mechanism_key` must be another key than `key`: one holds the mechanism, the other the secret"
            )
        return self


class Rotation(Model):
    """How a credential is exchanged: the new secret in the user's other SCRAM mechanism, then the old one deleted."""

    strategy: Literal["mechanism-overlap"]
    deliver: Deliver
