"""The ladder: where a committed offset of one log continues in its copy, by the first method that proves it.

`drained`: nothing is unread, and the last record of both logs is the same one. `suffix equality`: the unread tail is
found again at the end of the copy. `empty`: neither log holds a record. Nothing weaker is called exact.
`policy` is no translation of a commit: the group has none there, and `policy.uncommitted` says where it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from migrate.logs.align import Alignment, align
from migrate.model.base import Model
from migrate.model.record import Ends, VisibleRecord

Method = Literal["drained", "suffix equality", "empty", "policy", "no commit", "none"]
Proof = Literal["exact", "policy", "lower bound", "unknown"]


class Translation(Model):
    """One partition of one group: where it stood, where it continues, how that is known, what may be read again.

    Placed by policy, it did not stand at `source`: that is the place on the source which the policy means, if known.
    """

    topic: str
    partition: int
    source: int | None
    target: int | None
    lag: int
    method: Method
    proof: Proof
    reread: int = 0
    evidence: str
    metadata: str = ""
    before: int | None = None

    @property
    def exact(self) -> bool:
        """Whether it may be committed without a waiver."""
        return self.proof == "exact" and not self.placed

    @property
    def placed(self) -> bool:
        """Whether the group had no commit there, and policy says where it begins; journals of old call that exact."""
        return self.proof == "policy" or (self.method == "no commit" and self.target is not None)

    @property
    def commit(self) -> int | None:
        """The group's own commit on the source, or None."""
        return None if self.placed else self.source


@dataclass(frozen=True)
class LogPair:
    """What was read of one partition: `tail` of the one log up to where its copy goes, and `other`, the copy's end.

    `tail` begins at or before the lowest commit, with some record before it where there is one; `whole` says that
    `other` begins at the first record of the copy.
    """

    ends: Ends
    tail: Sequence[VisibleRecord]
    other: Sequence[VisibleRecord]
    whole: bool

    def aligned(self) -> Alignment:
        """The tail found again."""
        return align(self.tail, self.other)


def translate(
    topic: str, partition: int, commit: int, logs: LogPair, *, metadata: str = ""
) -> Translation:
    """Where a reader at `commit` continues; the proof is `unknown`, with the reason, where none can be given."""

    def answer(
        method: Method, proof: Proof, target: int | None, evidence: str, reread: int = 0
    ) -> Translation:
        return Translation(
            topic=topic,
            partition=partition,
            source=commit,
            target=target,
            lag=unread,
            method=method,
            proof=proof,
            reread=reread,
            evidence=evidence,
            metadata=metadata,
        )

    unread = sum(record.offset >= commit for record in logs.tail)
    if commit > logs.ends.end:
        return answer(
            "none", "unknown", None, f"the commit lies beyond the log's end {logs.ends.end}"
        )
    if not unread:
        return answer(*_drained(logs, commit))
    found = logs.aligned()
    target, extras = found.position(commit), found.extras(commit)
    if target is None or extras is None:
        lost = found.missing
        where = lost.offset if lost else commit
        return answer("none", "unknown", None, f"the record at offset {where} is not in the copy")
    if extras:
        places = ", ".join(str(record.offset) for record in extras[:5])
        evidence = f"{len(extras)} more records stand in the copy's tail, at {places}"
        return answer("suffix equality", "lower bound", target, evidence, len(extras))
    return answer("suffix equality", "exact", target, f"{unread} of {unread} records equal")


def _drained(logs: LogPair, commit: int) -> tuple[Method, Proof, int | None, str]:
    if not logs.tail and not logs.other and logs.whole:
        return "empty", "exact", 0, "neither log holds a record"
    if not logs.tail and logs.ends.start == logs.ends.end == commit:
        end = logs.other[-1].offset + 1 if logs.other else 0
        return "drained", "exact", end, "the source holds no record any more, and all were read"
    if not logs.tail:
        return "none", "unknown", None, "no record is left to compare the two logs by"
    if not logs.other or logs.other[-1].mark != logs.tail[-1].mark:
        where = logs.tail[-1].offset
        return "none", "unknown", None, f"the copy does not end with the record at offset {where}"
    return "drained", "exact", logs.other[-1].offset + 1, "nothing unread; both logs end alike"
