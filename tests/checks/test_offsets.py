"""The judge of committed offsets: only a proven commit that still stands passes."""

import pytest

from migrate.checks.offsets import OffsetFacts, judge
from migrate.logs.translate import Translation
from migrate.model.check import Verdict
from migrate.model.record import Ends
from tests.execute.moving import WAVE

ONE = WAVE.model_copy(update={"groups": ("ledger",)})
PROVEN = Translation(
    topic="paid",
    partition=0,
    source=9,
    target=5,
    lag=0,
    method="drained",
    proof="exact",
    evidence="both logs end alike",
)


@pytest.mark.parametrize(
    ("found", "there", "verdict", "said"),
    [
        (
            {"ledger": (PROVEN,)},
            5,
            Verdict.PASS,
            "1 partition: at or after the translated commit",
        ),
        (
            {"ledger": (PROVEN.model_copy(update={"method": "policy", "proof": "policy"}),)},
            5,
            Verdict.PASS,
            "; 1 placed by policy.uncommitted",
        ),
        (  # as earlier versions wrote it
            {"ledger": (PROVEN.model_copy(update={"method": "no commit", "source": None}),)},
            5,
            Verdict.PASS,
            "; 1 placed by policy.uncommitted",
        ),
        (
            {"ledger": (PROVEN,)},
            7,
            Verdict.PASS,
            "1 partition: at or after the translated commit",
        ),
        ({"ledger": (PROVEN,)}, 4, Verdict.FAIL, "commit 4 on the target is below 5"),
        ({"ledger": (PROVEN,)}, None, Verdict.FAIL, "no commit on the target"),
        (
            {"ledger": (PROVEN, PROVEN.model_copy(update={"source": None, "method": "no commit"}))},
            5,
            Verdict.PASS,
            "2 partitions: at or after the translated commit; 1 placed by policy.uncommitted",
        ),
        (
            {"ledger": (PROVEN.model_copy(update={"proof": "lower bound"}),)},
            5,
            Verdict.FAIL,
            "lower bound",
        ),
        ({"ledger": ()}, None, Verdict.UNKNOWN, "the group had none on the source"),
        ({}, None, Verdict.UNKNOWN, "not cut over"),
    ],
)
def test_only_a_proven_commit_that_stands_passes(
    found: dict[str, tuple[Translation, ...]], there: int | None, verdict: Verdict, said: str
) -> None:
    commits = {} if there is None else {"ledger": {("paid", 0): there}}
    (check,) = judge(ONE, found, OffsetFacts(commits))
    assert check.verdict is verdict
    assert said in check.evidence[0]


@pytest.mark.parametrize(
    ("log", "verdict", "said"),
    [
        (Ends(start=0, stable=9, end=9), Verdict.PASS, "1 partition: at or after"),
        (Ends(start=5, stable=9, end=9), Verdict.PASS, "1 partition: at or after"),
        (Ends(start=0, stable=5, end=5), Verdict.PASS, "1 partition: at or after"),
        (
            Ends(start=7, stable=9, end=9),
            Verdict.FAIL,
            "paid-0: commit 5 is before the log, which begins at 7: 2 offsets deleted unread",
        ),
        (
            Ends(start=0, stable=4, end=4),
            Verdict.FAIL,
            "paid-0: commit 5 is beyond the log, which ends at 4",
        ),
    ],
)
def test_a_commit_outside_its_log_is_no_pass(log: Ends, verdict: Verdict, said: str) -> None:
    place = ("paid", 0)
    facts = OffsetFacts({"ledger": {place: 5}}, {place: log})
    (check,) = judge(ONE, {"ledger": (PROVEN,)}, facts)
    assert (check.verdict, said in " ".join(check.evidence)) == (verdict, True)
