"""Translation of a committed offset to the copy of its log, by the first of these methods that proves it.

`drained`: nothing is unread, and the last records of both logs are equal. `suffix equality`: the unread tail equals
the end of the copy. `empty`: neither log holds a record. Nothing weaker is called exact.
`policy` translates no commit: the group has none on that partition, and `policy.uncommitted` says where it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from migrate.logs.align import Alignment, align
from migrate.model.base import Model
from migrate.model.record import Ends, VisibleRecord
from migrate.model.words import count

Method = Literal["map", "drained", "suffix equality", "empty", "policy", "no commit", "none"]
Proof = Literal["exact", "expired", "superseded", "waived", "policy", "lower bound", "unknown"]


class Translation(Model):
    """One partition of one group: its commit on the source, its offset on the target, the proof, the records re-read.

    For a group without a commit, `source` is the offset that the policy means there, if it is known.
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
        """Whether behind it lies what is unread, and nothing else."""
        return self.proof == "exact" and not self.placed

    @property
    def sound(self) -> bool:
        """Whether it may be committed: it skips nothing that is there, or only what people accept."""
        return self.proof in ("exact", "expired", "superseded", "waived") and not self.placed

    @property
    def placed(self) -> bool:
        """Whether the group had no commit and `policy` says where it begins; old journals call that exact."""
        return self.proof == "policy" or (self.method == "no commit" and self.target is not None)

    @property
    def commit(self) -> int | None:
        """The group's own commit on the source, or None."""
        return None if self.placed else self.source


@dataclass(frozen=True)
class LogPair:
    """One partition: `tail`, the source's records up to where its copy reaches, and `other`, the end of the copy.

    `tail` begins at or before the lowest commit, with a record before it where one exists. `whole` says that `other`
    begins with the first record of the copy.
    """

    ends: Ends
    tail: Sequence[VisibleRecord]
    other: Sequence[VisibleRecord]
    whole: bool

    def aligned(self) -> Alignment:
        """Return the tail, aligned with the copy."""
        return align(self.tail, self.other)


def translate(
    topic: str, partition: int, commit: int, logs: LogPair, *, metadata: str = ""
) -> Translation:
    """Return where a reader at `commit` continues; the proof is `unknown`, with the reason, when none exists."""

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
            "none", "unknown", None, f"the commit is beyond the log's end {logs.ends.end}"
        )
    if not unread:
        return answer(*_drained(logs, commit))
    alignment = logs.aligned()
    target, extras = alignment.position(commit), alignment.extras(commit)
    if target is None or extras is None:
        missing = alignment.missing
        where = missing.offset if missing else commit
        return answer("none", "unknown", None, f"the record at offset {where} is not in the copy")
    if extras:
        places = ", ".join(str(record.offset) for record in extras[:5])
        evidence = f"the copy's tail holds {count(len(extras), 'more record')}, at offset {places}"
        return answer("suffix equality", "lower bound", target, evidence, len(extras))
    return answer("suffix equality", "exact", target, f"{unread} of {unread} records equal")


def _drained(logs: LogPair, commit: int) -> tuple[Method, Proof, int | None, str]:
    if not logs.tail and not logs.other and logs.whole:
        return "empty", "exact", 0, "neither log holds a record"
    if not logs.tail and logs.ends.start == logs.ends.end == commit:
        end = logs.other[-1].offset + 1 if logs.other else 0
        return "drained", "exact", end, "all records were read, and none is left on the source"
    if not logs.tail:
        return "none", "unknown", None, "no record is left to compare the two logs with"
    if not logs.other or logs.other[-1].mark != logs.tail[-1].mark:
        where = logs.tail[-1].offset
        return "none", "unknown", None, f"the copy does not end with the record at offset {where}"
    return (
        "drained",
        "exact",
        logs.other[-1].offset + 1,
        "nothing unread; both logs end with an equal record",
    )
