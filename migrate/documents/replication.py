"""`replication` in kmig.yaml: who copies the topics, and how it is reached."""

from typing import Literal

from pydantic import Field, model_validator

from migrate.documents.authored import Misplaced
from migrate.documents.connect import ConnectAccess, RestAddress, require_references
from migrate.model.base import Model

_OWN = (
    *("connect", "workers", "source_principal", "worker_principal", "worker_group"),
    *("source", "target", "overrides"),
)
_HOOKS = ("stop", "start", "end")


class Replication(Model):
    """The Connect cluster that copies, and how its connectors log in to both sides: with references, never secrets.

    `principal` is who writes the copies on the target; `worker_principal` is whom the worker itself logs in as: its
    rights are printed, nothing else depends on it. `source` and `target` are client properties as the worker
    resolves them; `overrides` are further connector settings. `megabytes_per_second` is how fast it copies, as
    measured: plans count with it.

    With engine `external` or `identical` somebody else runs the copy: kmig compares it, and tells it by the hooks
    `stop`, `start` and `end` what to do. An `identical` one keeps the offsets.
    """

    engine: Literal["mirrormaker2", "external", "identical"] = "mirrormaker2"
    connect: ConnectAccess | None = None
    workers: tuple[RestAddress, ...] = ()
    principal: str = Field(default="", pattern=r"^[^:]+:.+$")
    source_principal: str = ""
    worker_principal: str = ""
    worker_group: str = "connect-cluster"
    source: dict[str, str] = Field(default_factory=dict)
    target: dict[str, str] = Field(default_factory=dict)
    overrides: dict[str, str] = Field(default_factory=dict)
    megabytes_per_second: float | None = Field(default=None, gt=0)
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()

    @property
    def foreign(self) -> bool:
        """Whether somebody else runs the copy."""
        return self.engine != "mirrormaker2"

    @property
    def copying(self) -> ConnectAccess | None:
        """How the workers that copy are reached: `connect`, and the addresses of `workers` with the same login."""
        if self.connect is None:
            return None
        known = dict.fromkeys((*self.connect.addresses, *self.workers))
        return self.connect.model_copy(update={"addresses": tuple(known)})

    @model_validator(mode="after")
    def _referenced(self) -> "Replication":
        for side in ("source", "target", "overrides"):
            require_references(side, getattr(self, side))
        return self

    @model_validator(mode="after")
    def _of_its_engine(self) -> "Replication":
        needed = ("stop", "start") if self.foreign else ("connect", "principal")
        if lacking := [key for key in needed if not getattr(self, key)]:
            raise Misplaced(f"is missing, and engine {self.engine} needs it", lacking[0])
        alien = _OWN if self.foreign else _HOOKS
        defaults = {
            key: type(self).model_fields[key].get_default(call_default_factory=True)
            for key in alien
        }
        if unused := [key for key in alien if getattr(self, key) != defaults[key]]:
            raise Misplaced(f"means nothing to engine {self.engine}", unused[0])
        return self
