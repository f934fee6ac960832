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
_LOST = "a record is lost or skipped"
_TWICE = "a duplicate is not counted"

KNOWN: tuple[Known, ...] = (
    Known(
        "late-client",
        "7",
        f"{_TWICE}|{_LOST}|a cutover is refused after its clients were stopped",
        r"\S+-late\b",
        "duplicates",
        "A group that begins to read once its workload has moved: no wave takes it, and the plan refuses to.",
    ),
    Known(
        "election-compacted",
        "",
        _TWICE,
        r"copied again after an unclean election of a compacted topic",
        "duplicates",
        "What a copier of 3.9 copies again after an unclean election of a compacted topic counts as superseded.",
    ),
    Known(
        "moved-elsewhere",
        "",
        "a dead end",
        r"plan: error: no plan was made: 1 blocker; before it: .*in a copy of the directory",
        "dead end",
        "A copy of the directory has cut the wave over: the plan asks who owns its fence, and names no way on.",
    ),
    Known(
        "blocked-late",
        "",
        _STUCK,
        r"to run: RUNNING, 0 tasks",
        "dead end",
        "A name that MirrorMaker does not copy blocks the wave of its producers, and not the first that copies it.",
    ),
    Known(
        "rare-poller",
        "",
        _STUCK,
        r"commits nothing, and has unread records",
        "other",
        "A consumer that polls a few times a day is never seen to move by a gate that looks for a minute.",
    ),
    Known(
        "journal-gone",
        "",
        "a dead end",
        r"(no plan was made: \d+ blockers?|apply \d+: refused: topic \S+ on the target holds records.*); "
        r"before it: .*a file of the migration directory is deleted",
        "dead end",
        "A deleted journal is taken for an empty one until a command acts: status and plan lead the wrong way.",
    ),
    Known(
        "head-expired",
        "",
        "a dead end",
        r"replicate \d+: refused: topic \S+ on the target is not empty: .*; before it: "
        r".*somebody types a command in a copy of the directory",
        "dead end",
        "The note of who acted last expires on the target after seven days: an old copy of the directory acts again.",
    ),
)


def expected(broken: Iterable[Broken], known: Iterable[Known]) -> bool:
    """Whether every broken promise of a seed is the doing of a known defect."""
    return all(any(one.matches(b) for one in known) for b in broken)
