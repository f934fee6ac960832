"""reports/*.json: what was asked, and answered, at one moment."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from migrate.logs.translate import Translation
from migrate.model.base import Model
from migrate.model.check import Check, Verdict, worst
from migrate.model.probe import Outcome


class Report(Model):
    """Checks made together, about the waves named."""

    schema_version: Literal[1] = 1
    digest: str = ""
    name: str
    made_at: datetime
    waves: tuple[int, ...]
    checks: tuple[Check, ...]
    probes: tuple[Outcome, ...] = ()
    translations: dict[str, tuple[Translation, ...]] = Field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The worst of its checks."""
        return worst(check.verdict for check in self.checks)
