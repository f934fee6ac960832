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
_GREEN = "a green was not earned"
_TWICE = "a duplicate is not counted"

KNOWN: tuple[Known, ...] = (
    Known(
        "config-changed",
        "2",
        _LOST,
        r"its (limit of (time|size)|cleanup policy) is another one",
        "silent loss",
        "A config that is changed on the source after the plan was made is not carried, and nobody is told.",
    ),
    Known(
        "compacted-sooner",
        "",
        _LOST,
        r"the target compacts it|the source had compacted it",
        "other",
        "A group that is behind on a compacted topic misses superseded records that it would have read otherwise.",
    ),
    Known(
        "late-group",
        "7",
        f"{_TWICE}|{_LOST}",
        r"-late (processes|never gets)",
        "silent loss",
        "A group that appears after the inventory is in no wave: it is not stopped, translated or named.",
    ),
    Known(
        "undeclared-writer",
        "6",
        "a writer can write nowhere",
        r"drops its records",
        "other",
        "A writer whose declaration lacks a topic is fenced there with the others, and gets no right on the target.",
    ),
    Known(
        "quiet-too-early",
        "8",
        f"{_GREEN}|{_TWICE}",
        r"gate await_quiet: pass|assigns partitions itself, and read on after its stop hook",
        "duplicates",
        "A consumer that assigns partitions itself and commits every 5 s is called quiet after 3 s.",
    ),
    Known(
        "never-ready",
        "13",
        f"{_STUCK}|{_GREEN}",
        r"waiting for (the copy to pass every commit|the last records to be copied: \d+ records? of)|"
        r"(replicate --status|gate await_pace): pass; \d+ records of \S+ are not copied",
        "dead end",
        "A copy that has copied nothing is called ready, as long as no more than 500 records are left to copy.",
    ),
    Known(
        "beyond-end",
        "13",
        _STUCK,
        r"beyond the log's end",
        "other",
        "A commit beyond its log's end, as an unclean election leaves it, is found once the clients have stopped.",
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
        "no-commit",
        "",
        _STUCK,
        r"uncommitted is refuse",
        "dead end",
        "A group without a commit on one of its topics is refused by policy, once all clients have stopped.",
    ),
    Known(
        "groups-only",
        "18",
        _STUCK,
        r"has a commit on \S+, which is not copied with its wave",
        "dead end",
        "A consumer that declares groups and no reads is planned and copied, and refused once all have stopped.",
    ),
    Known(
        "expired-before-start",
        "",
        _TWICE,
        r"its commit on the target expired after kmig had stopped its client",
        "duplicates",
        "A cutover that goes on days later starts clients on commits that the target has forgotten meanwhile.",
    ),
    Known(
        "expired-after-stop",
        "",
        _STUCK,
        r"waiting for (commits seen earlier to be listed again|\S+ to be empty and .* does not exist now)",
        "other",
        "Commits that have expired since the inventory are missed only once the clients have stopped.",
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
        "gate-acl",
        "",
        _STUCK,
        r"an ACL of the write gate already exists on the target",
        "other",
        "That somebody has granted WRITE on the target already is found when all clients have stopped.",
    ),
    Known(
        "right-gone",
        "",
        _STUCK,
        r"does not work: (TOPIC|GROUP|TRANSACTIONAL_ID)_AUTHORIZATION_FAILED",
        "other",
        "A client that lacks a right, and so does not work on the source either, is found out once it is moved.",
    ),
    Known(
        "user-gone",
        "",
        _STUCK,
        r"hook `switch health \S+` failed with exit code 1: \S+ does not work: SASL_AUTHENTICATION_FAILED",
        "dead end",
        "That a user or its secret is gone on the target since the wave was prepared is found once all have stopped.",
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
        "tried-on-target",
        "",
        _STUCK,
        r"is already at \d+ on \S+ of the target, beyond",
        "other",
        "Commits that a trial has left on the target are found once the clients have stopped.",
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
    Known(
        "connector-gone",
        "",
        f"a dead end|{_LOST}",
        r"before it: .*somebody deletes the copy's connectors|the connector that copied it was deleted",
        "dead end",
        "A copy's connector deleted in the midst of a cutover: a rollback needs it, and nothing makes it again.",
    ),
    Known(
        "simple-consumer",
        "",
        _STUCK,
        r"group \S+ has no member",
        "dead end",
        "A consumer that assigns partitions itself, without a health hook, is waited for as a member, for ever.",
    ),
)


def expected(broken: Iterable[Broken], known: Iterable[Known]) -> bool:
    """Whether every broken promise of a seed is the doing of a known defect."""
    return all(any(one.matches(b) for one in known) for b in broken)
