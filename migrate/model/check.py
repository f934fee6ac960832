"""What a check answers: pass, unknown or fail, with evidence. No evidence is never a pass."""

from collections.abc import Iterable
from enum import StrEnum

from migrate.model.base import Model


class Verdict(StrEnum):
    """Three-valued truth; `unknown` is neither of the others."""

    PASS = "pass"
    UNKNOWN = "unknown"
    FAIL = "fail"


class Check(Model):
    """One question, answered."""

    name: str
    verdict: Verdict
    evidence: tuple[str, ...]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """`fail` over `unknown` over `pass`; nothing asked is `unknown`."""
    found = set(verdicts)
    if Verdict.FAIL in found:
        return Verdict.FAIL
    if Verdict.UNKNOWN in found or not found:
        return Verdict.UNKNOWN
    return Verdict.PASS


def judged(name: str, faults: Iterable[str], proof: str, *, at_most: int = 20) -> Check:
    """`fail` with the faults, or `pass` with the proof; a long list of faults ends in its count."""
    listed = list(faults)
    if not listed:
        return Check(name=name, verdict=Verdict.PASS, evidence=(proof,))
    shown = listed[:at_most]
    if len(listed) > at_most:
        shown.append(f"… {len(listed) - at_most} more")
    return Check(name=name, verdict=Verdict.FAIL, evidence=tuple(shown))
