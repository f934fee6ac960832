"""What `verify data` says of maps: a fault has its offsets, and nothing that was not read is passed."""

from typing import Any

import pytest

from migrate.checks.data import judge
from migrate.logs.logmap import Heading, LogMap
from migrate.logs.mapping import Mapped
from migrate.logs.runs import extended
from migrate.logs.stretches import Stretch, Word
from migrate.model.check import Verdict

HEADING = Heading("paid", 0, ("s", "t"), ("1", "2"), "key")


def of(*stretches: Stretch, left: tuple[Stretch, ...] = (), **more: Any) -> Mapped:
    known = LogMap(HEADING)
    known.add(stretches)
    return Mapped(("paid", 0), known, left, **{"finished": True, **more})


def equal(begin: int, upto: int) -> Stretch:
    runs = extended((), range(begin, upto))
    return Stretch(Word.EQUAL, (begin, upto), (begin, upto), (upto - begin,) * 2, runs=(runs, runs))


def pending(begin: int, upto: int) -> Stretch:
    return Stretch(Word.PENDING, (begin, upto), (begin, begin), (0, 0))


CASES: dict[str, tuple[Mapped, Verdict, str]] = {
    "all equal": (of(equal(0, 10)), Verdict.PASS, "10 records equal in 1 partition"),
    "not copied yet": (
        of(equal(0, 10), left=(pending(10, 15),)),
        Verdict.PASS,
        "10 records equal in 1 partition; 5 offsets not copied yet",
    ),
    "missing": (
        of(equal(0, 10), Stretch(Word.MISSING, (10, 13), (10, 10), (3, 0))),
        Verdict.FAIL,
        "paid-0: 3 records missing on the target: source offsets 10 to 12",
    ),
    "missing, and expired unread": (
        of(equal(0, 10), Stretch(Word.MISSING, (10, 510), (10, 10), (0, 0))),
        Verdict.FAIL,
        "paid-0: up to 500 records missing on the target: source offsets 10 to 509",
    ),
    "extra": (
        of(equal(0, 10), Stretch(Word.EXTRA, (10, 10), (10, 11), (0, 1))),
        Verdict.FAIL,
        "paid-0: 1 record on the target that the source does not have there: target offset 10",
    ),
    "stale": (
        of(equal(0, 10), left=(Stretch(Word.STALE, (10, 10), (4, 9), (0, 2)),)),
        Verdict.FAIL,
        "paid-0: 2 records of keys that the source has deleted: target offsets 4 to 8",
    ),
    "gone": (
        of(equal(0, 10), held=4),
        Verdict.FAIL,
        "paid-0: 4 records that the target has deleted since they were copied: source offsets 0 to 3, "
        "target offsets 0 to 3",
    ),
    "unproven": (
        of(Stretch(Word.UNPROVEN, (0, 9), (0, 7), (0, 7)), equal(9, 12)),
        Verdict.UNKNOWN,
        "paid-0: 7 records could not be compared: source offsets 0 to 8, target offsets 0 to 6",
    ),
    "not read": (
        of(unread="cannot read", finished=False),
        Verdict.UNKNOWN,
        "paid-0: not read: cannot read",
    ),
    "not read to its end": (
        of(equal(0, 10), finished=False),
        Verdict.UNKNOWN,
        "paid-0: not read to its end",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_word_has_its_verdict_and_its_offsets(case: str) -> None:
    mapped, verdict, line = CASES[case]
    (check,) = judge([mapped])
    assert (check.name, check.verdict) == ("data of paid", verdict)
    assert line in check.evidence


def test_a_part_that_was_taken_back_says_why() -> None:
    mapped = of(equal(0, 10))
    mapped.known.drop(5, 5, "the source lost what it had from offset 5 on")
    (check,) = judge([mapped])
    assert check.evidence[-1].startswith("paid-0: read again: the source lost")


def test_many_faults_are_counted() -> None:
    extras = [Stretch(Word.EXTRA, (10, 10), (n, n + 1), (0, 1)) for n in range(10, 70, 2)]
    (check,) = judge([of(equal(0, 10), *extras)])
    assert check.evidence[-1] == "… 10 more"
