"""The one base of everything kmig writes down or passes around."""

from typing import Any

from pydantic import BaseModel, ConfigDict

_GIVEN: set[str] = set()


class Model(BaseModel):
    """Frozen, hashable where its fields are, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002
        """Forget which fields were given: nothing asks, and in a large estate it is half of what a model takes."""
        object.__setattr__(self, "__pydantic_fields_set__", _GIVEN)
