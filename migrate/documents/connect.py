"""How the REST interface of a Connect cluster is reached, as kmig.yaml says it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticKnownError

from migrate.documents.secrets import SecretReference
from migrate.model.base import Model
from migrate.model.secrecy import classify

REST = r"^https?://[^/@\s:]+(:\d{1,5})?(/[^@\s]*)?$"
"""A REST address: it holds no user and no password, because it is printed and written down."""

RestAddress = Annotated[str, Field(pattern=REST)]


def require_references(name: str, properties: Mapping[str, str]) -> None:
    """Raise `ValueError` for client properties that hold a secret in clear."""
    for key, value in properties.items():
        if classify(key, value) not in (None, "reference", "empty"):
            # the value is not repeated: it may be the secret itself
            raise ValueError(f"`{name}`: {key} holds a secret: write a reference in its place")


def _some(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse none; a bound of the field would count a wrong address as a missing one, too."""
    if not addresses:
        short = {"field_type": "Tuple", "min_length": 1, "actual_length": 0}
        raise PydanticKnownError("too_short", short)
    return addresses


class ConnectAccess(Model):
    """The addresses of a Connect cluster's workers, and kmig's login there; one address alone may be a text.

    `tls` are the `ssl.*` client properties of Kafka, a secret by reference; paths start at the migration directory.
    `user` with `password` is Basic authentication, `token` a bearer token.
    """

    addresses: Annotated[tuple[RestAddress, ...], AfterValidator(_some)]
    tls: dict[str, str] = Field(default_factory=dict)
    user: str = Field(default="", pattern=r"^[^:]*$")
    password: SecretReference = ""
    token: SecretReference = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, written: Any) -> Any:
        if isinstance(written, str):
            return {"addresses": (written,)}
        return {"addresses": written} if isinstance(written, list | tuple) else written

    @model_serializer(mode="wrap")
    def _shortest(self, whole: SerializerFunctionWrapHandler) -> Any:
        """An address alone stays a text: digests of earlier versions hold."""
        more = len(self.addresses) > 1 or self.tls or self.user or self.token
        return whole(self) if more else self.first

    @model_validator(mode="after")
    def _one_login(self) -> "ConnectAccess":
        if bool(self.user) != bool(self.password):
            raise ValueError("`user` and `password` belong together")
        if self.user and self.token:
            raise ValueError("`user` and `token` are two logins: keep one")
        require_references("tls", self.tls)
        for key in self.tls:
            if not key.startswith("ssl."):
                raise ValueError(f"`tls`: {key} is no `ssl.*` property of a Kafka client")
        if self.tls and not all(address.startswith("https:") for address in self.addresses):
            raise ValueError("`tls` is for addresses that begin with https://")
        return self

    @property
    def first(self) -> str:
        """The address that stands for the cluster."""
        return self.addresses[0]
