"""What stands in the way of a plan: each with its remedy, all of them at once."""

from dataclasses import dataclass

from migrate.errors import KmigError


@dataclass(frozen=True, order=True)
class Blocker:
    """One reason why there is no plan, and what to do about it."""

    rule: str
    subject: str
    remedy: str

    @property
    def lines(self) -> tuple[str, str]:
        """What it is, and the remedy."""
        return f"  {self.rule}: {self.subject}", f"    remedy: {self.remedy}"


class Blocked(KmigError):
    """There is no plan, and these are the reasons."""

    def __init__(self, blockers: list[Blocker]) -> None:
        self.blockers = tuple(sorted(set(blockers)))
        listed = (line for blocker in self.blockers for line in blocker.lines)
        super().__init__([f"no plan: {len(self.blockers)} in the way", *listed])
