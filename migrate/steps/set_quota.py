"""Set the quota values of one entity on the target."""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.cluster import quota_name
from migrate.model.words import amount
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle


class SetQuota(Change):
    """Set quota values of one entity; `before` are the target's earlier values of the same keys."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["set_quota"] = "set_quota"
    entity: dict[str, str | None]
    values: dict[str, float]
    before: dict[str, float | None] | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"set_quota {quota_name(self.entity)}"

    def describe(self) -> str:
        """See `Change`."""
        values = ", ".join(f"{key} {amount(value)}" for key, value in sorted(self.values.items()))
        return f"set quota of {quota_name(self.entity)}: {values}"

    def guard(self, sites: Sites) -> None:
        """Refuse if the values were changed after they were noted."""
        now = self._now(sites)
        if self.before is not None and now not in (self.before, self.values):
            raise Refused(
                f"the quota of {quota_name(self.entity)} on the target was changed after kmig read it",
                "restore it by hand, or remove it from the plan",
            )

    def aim(self, sites: Sites) -> "SetQuota":
        """Note the target's values."""
        return self.model_copy(update={"before": self._now(sites)})

    def present(self, sites: Sites) -> bool:
        """Whether the target has these values."""
        return self._now(sites) == self.values

    def apply(self, sites: Sites) -> "SetQuota":
        """Set the values, and wait until the target shows them."""
        if not self.present(sites):
            sites.target.writer.set_quota(self.entity, self.values)
        settle(sites.clock, f"quota of {quota_name(self.entity)}", lambda: self.present(sites))
        return self

    def guard_undo(self, sites: Sites) -> None:
        """Refuse if the values were changed after kmig set them."""
        if self._now(sites) not in (self._former, self.values):
            raise Refused(
                f"the quota of {quota_name(self.entity)} on the target was changed after kmig set it",
                "restore the value that kmig set, or the earlier one, then rerun the command",
            )

    def undo(self, sites: Sites) -> None:
        """Restore the earlier values."""
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
        quotas = (q for q in sites.target.reader.quotas() if q.entity == self.entity)
        values = next((q.values for q in quotas), {})
        return {key: values.get(key) for key in self.values}
