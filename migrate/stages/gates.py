"""The gates between the stages of a wave: who signs, what evidence is needed, and what stops the wave."""

from collections.abc import Iterable, Iterator

from migrate.documents.plan import StageGate, Wave
from migrate.documents.workloads import Workload


def gates(wave: Wave, workloads: Iterable[Workload]) -> Iterator[StageGate]:
    """Yield a gate before each stage after `prepare`. Without a security owner, the owners sign for security too."""
    mine = list(workloads)
    owners = tuple(sorted({w.owner for w in mine}))
    security = tuple(sorted({w.security_owner for w in mine if w.security_owner})) or owners
    number = wave.number
    yield StageGate(
        before="replicate",
        owners=security,
        evidence=f"`kmig verify acls` prints `pass` after `kmig apply {number}`",
        stop="`fail` or `unknown` in any line",
    )
    yield StageGate(
        before="cutover",
        owners=owners,
        evidence=f"`kmig replicate {number} --status` prints `ready` in every line",
        stop="a copy that is slower than its producers; an owner who does not consent",
    )
    yield StageGate(
        before="rotate",
        owners=owners,
        evidence="`kmig verify` prints `pass`, and the owners' own metrics show traffic on the target",
        stop="`fail` in any line; a stray write on the source",
    )
    yield StageGate(
        before="close",
        owners=security,
        evidence="`kmig rotate` prints `proven` for each credential"
        if wave.rotates
        else "the owners agree: no credential of this wave is rotated",
        stop="`NOT PROVEN`: first apply the remedy that it prints"
        if wave.rotates
        else "a client that still connects to the source",
    )
