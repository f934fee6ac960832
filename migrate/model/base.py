"""The one base of everything kmig writes down or passes around."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Frozen, hashable where its fields are, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
