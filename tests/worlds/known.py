"""Defects of kmig that its worlds have found and nobody has mended yet: each is expected, and its history must fail.

Whoever mends one takes it off here and moves its history to where it must pass.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from migrate.rehearse.worlds.judges.verdict import Broken


class Known(NamedTuple):
    """A defect: its name is its history's file, `defect` its number in the list of defects (empty for a new one).

    `kind` and `told` say which broken promises are its doing: both are searched for, `told` in "subject: told".
    """

    name: str
    defect: str
    kind: str
    told: str
    severity: Literal["silent loss", "duplicates", "rights", "dead end", "untrue green", "other"]
    sentence: str

    def matches(self, broken: Broken) -> bool:
        """Whether a broken promise is this defect's doing."""
        text = f"{broken.subject}: {broken.told}"
        return bool(re.match(self.kind, broken.kind) and re.search(self.told, text))


_STUCK = "a cutover is refused after its clients were stopped|a dead end"

KNOWN: tuple[Known, ...] = (
    Known(
        "broker-defaults",
        "2",
        "a record is lost or skipped",
        r"its limit of time is another one",
        "silent loss",
        "Defaults that the source's brokers set for topics are neither compared nor carried to the target.",
    ),
    Known(
        "groups-only",
        "18",
        _STUCK,
        r"has a commit on \S+, which is not copied with its wave",
        "dead end",
        "A consumer that declares groups and no reads is planned and copied, and refused once all have stopped.",
    ),
)


def expected(broken: Iterable[Broken], known: Iterable[Known]) -> bool:
    """Whether every broken promise of a seed is the doing of a known defect."""
    return all(any(one.matches(b) for one in known) for b in broken)
