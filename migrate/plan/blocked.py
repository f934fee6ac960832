"""What keeps a plan from being made: every blocker at once, each with its remedy."""

from dataclasses import dataclass

from migrate.errors import KmigError
from migrate.model.words import count


@dataclass(frozen=True, order=True)
class Blocker:
    """One reason why no plan can be made, and what to do about it.

    `place` orders them as a person mends them: missing facts, then workloads.yaml entry by entry, then the rest.
    """

    place: tuple[int, str, int]
    rule: str
    subject: str
    remedy: str

    @property
    def lines(self) -> tuple[str, str]:
        """Return the blocker as text: a line for the reason, a line for the remedy."""
        return f"  {self.rule}: {self.subject}", f"    remedy: {self.remedy}"


class Blocked(KmigError):
    """No plan can be made, for these reasons."""

    def __init__(self, blockers: list[Blocker]) -> None:
        self.blockers = tuple(sorted(set(blockers)))
        listed = (line for blocker in self.blockers for line in blocker.lines)
        super().__init__([f"no plan was made: {count(len(self.blockers), 'blocker')}", *listed])
