"""The base class of all documents and models."""

from typing import Any

from pydantic import BaseModel, ConfigDict

_GIVEN: set[str] = set()


class Model(BaseModel):
    """A frozen model, hashable where its fields are, that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002
        """Drop the set of explicitly given fields: nothing uses it, and it is half of a model's memory."""
        object.__setattr__(self, "__pydantic_fields_set__", _GIVEN)
