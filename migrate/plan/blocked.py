"""What stands in the way of a plan: each with its remedy, all of them at once."""

from dataclasses import dataclass

from migrate.errors import KmigError


@dataclass(frozen=True, order=True)
class Blocker:
    """One reason why there is no plan, and what to do about it."""

    rule: str
    subject: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}\n    remedy: {self.remedy}"


class Blocked(KmigError):
    """There is no plan, and these are the reasons."""

    def __init__(self, blockers: list[Blocker]) -> None:
        self.blockers = tuple(sorted(set(blockers)))
        listing = "\n".join(f"  {blocker}" for blocker in self.blockers)
        super().__init__(f"no plan: {len(self.blockers)} in the way\n{listing}")
