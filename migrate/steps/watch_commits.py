"""Gate: how often groups without members commit, watched while their consumers still do."""

from typing import ClassVar, Literal

from pydantic import Field

from migrate.model.words import listed
from migrate.ports import Sites
from migrate.preflight.quiet import windows
from migrate.steps.change import Gate


class WatchCommits(Gate):
    """Note for each group how many seconds its commits must not change until it is quiet: 0 for one with members."""

    KEY: ClassVar[str] = "watch_commits"
    NOTED: ClassVar[frozenset[str]] = frozenset({"windows"})
    LOSABLE: ClassVar[bool] = True

    op: Literal["watch_commits"] = "watch_commits"
    part: str
    side: Literal["source", "target"] = "source"
    groups: tuple[str, ...]
    least: float
    windows: dict[str, float] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"{self.KEY} {self.part}"

    def describe(self) -> str:
        """See `Change`."""
        return f"watch how {listed(self.groups, 'group')} commits on {self.side}"

    def apply(self, sites: Sites) -> "WatchCommits":
        """Look at the groups; those without members are watched for a minute at most."""
        site = sites.source if self.side == "source" else sites.target
        found = site.reader.groups(self.groups)
        joined = {group.name: 0.0 for group in found if group.members}
        alone = windows(sites, site, (g.name for g in found if g.name not in joined), self.least)
        seen = (
            f"group {name} has no member: quiet when its commits have not changed for {window:g} s"
            for name, window in sorted(alone.items())
        )
        return self.model_copy(update={"windows": joined | alone}).seeing(
            f"{listed(sorted(joined), 'group')}: members" if joined else "no group has members",
            *seen,
        )
