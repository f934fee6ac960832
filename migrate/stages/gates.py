"""What must be so between the stages of a wave: who says so, what shows it, and what stops the wave."""

from collections.abc import Iterable, Iterator

from migrate.documents.plan import StageGate, Wave
from migrate.documents.workloads import Workload


def gates(wave: Wave, workloads: Iterable[Workload]) -> Iterator[StageGate]:
    """One before each stage that has anything to do. Where nobody answers for security, the owners do."""
    mine = list(workloads)
    owners = tuple(sorted({w.owner for w in mine}))
    security = tuple(sorted({w.security_owner for w in mine if w.security_owner})) or owners
    number = wave.number
    yield StageGate(
        before="replicate",
        owners=security,
        evidence=f"`kmig verify acls` says `pass` after `kmig apply {number}`",
        stop="`fail` or `unknown` in any line",
    )
    yield StageGate(
        before="cutover",
        owners=owners,
        evidence=f"`kmig replicate {number} --status` says `ready` in every line",
        stop="a copy that is slower than its producers; an owner who does not consent",
    )
    yield StageGate(
        before="rotate",
        owners=owners,
        evidence="`kmig verify` says `pass`; the owners see their own metrics move on target",
        stop="`fail` in any line; a stray write on source",
    )
    yield StageGate(
        before="close",
        owners=security,
        evidence="`kmig rotate` says `proven`"
        if wave.rotates
        else "the owners are content: no credential of this wave is rotated",
        stop="`NOT PROVEN`: the remedy that it names comes first"
        if wave.rotates
        else "a client that still looks for source",
    )
