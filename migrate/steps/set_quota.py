"""Set the quota values of one entity on the target."""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.cluster import quota_name
from migrate.model.words import amount
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle


class SetQuota(Change):
    """Values of one entity; `before` holds what the target had for the same keys."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["set_quota"] = "set_quota"
    entity: dict[str, str | None]
    values: dict[str, float]
    before: dict[str, float | None] | None = None

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"set_quota {quota_name(self.entity)}"

    def describe(self) -> str:
        """One line."""
        values = ", ".join(f"{key} {amount(value)}" for key, value in sorted(self.values.items()))
        return f"set quota of {quota_name(self.entity)}: {values}"

    def guard(self, sites: Sites) -> None:
        """Refuse when somebody has set other values since they were noted."""
        now = self._now(sites)
        if self.before is not None and now not in (self.before, self.values):
            raise Refused(
                f"the quota of {quota_name(self.entity)} on target was changed since kmig looked",
                "restore it by hand, or take it out of the plan",
            )

    def aim(self, sites: Sites) -> "SetQuota":
        """Note what is there."""
        return self.model_copy(update={"before": self._now(sites)})

    def present(self, sites: Sites) -> bool:
        """Whether the values are in force."""
        return self._now(sites) == self.values

    def apply(self, sites: Sites) -> "SetQuota":
        """Set them."""
        if not self.present(sites):
            sites.target.writer.set_quota(self.entity, self.values)
        settle(sites.clock, f"quota of {quota_name(self.entity)}", lambda: self.present(sites))
        return self

    def guard_undo(self, sites: Sites) -> None:
        """Refuse when somebody has set other values since."""
        if self._now(sites) not in (self._former, self.values):
            raise Refused(
                f"the quota of {quota_name(self.entity)} on target was changed since kmig set it",
                "restore it by hand",
            )

    def undo(self, sites: Sites) -> None:
        """Put back what was there."""
        self.guard_undo(sites)
        before = self._former
        if self._now(sites) == before:
            return
        sites.target.writer.set_quota(self.entity, before)
        back = lambda: self._now(sites) == before  # noqa: E731
        settle(sites.clock, f"the former quota of {quota_name(self.entity)}", back)

    @property
    def _former(self) -> dict[str, float | None]:
        return self.before or dict.fromkeys(self.values)

    def _now(self, sites: Sites) -> dict[str, float | None]:
        found = (q for q in sites.target.reader.quotas() if q.entity == self.entity)
        there = next((q.values for q in found), {})
        return {key: there.get(key) for key in self.values}
