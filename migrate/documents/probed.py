"""What `kmig probe`'s script wrote on another host: what a workload may do, asked from there."""

from typing import Literal

from pydantic import AwareDatetime

from migrate.model.access import EffectiveAccess
from migrate.model.base import Model


class ProbedSide(Model):
    """One side's answers; `from_host` is the address that the connection had on the host."""

    from_host: str
    cluster_id: str
    effective: EffectiveAccess


class Probed(Model):
    """The whole file."""

    schema_version: Literal[1] = 1
    workload: str
    asked_at: AwareDatetime
    sides: dict[Literal["source", "target"], ProbedSide]
