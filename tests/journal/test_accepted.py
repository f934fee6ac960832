"""What people accepted while a migration ran is found again: each question by its name, each stray write."""

from datetime import UTC, datetime

import pytest

from migrate.journal.accepted import accepted
from migrate.journal.entry import ROOT, Entry
from migrate.journal.standing import Journal
from migrate.steps import LookAhead, SettleStrays, Step
from migrate.steps.settle_strays import Stray

AT = datetime(2026, 1, 1, tzinfo=UTC)
LOOK = LookAhead(because="test", until="")
LOST = SettleStrays(
    because="the batch job is known",
    number=1,
    how="lost",
    ends=(),
    since=(),
    found=(Stray(topic="t", partition=0, begin=5, end=7, records=2),),
)


def journal(*said: tuple[str, Step, str]) -> Journal:
    entries = []
    for event, step, detail in said:
        common = {"seq": 1, "at": AT, "by": "ann", "wave": 1, "stage": "cutover", "prev": ROOT}
        common |= {"event": event, "key": step.key, "step": step, "detail": detail}
        entries.append(Entry.model_validate(common))
    return Journal(tuple(entries))


@pytest.mark.parametrize(
    ("detail", "found"),
    [
        ("rights are as planned: the source allows 9 rights; transactions end: 0 open", []),
        (
            "rights are as planned: no answer; rights are as planned is accepted unknown: seen by hand; twice",
            [("rights are as planned", "seen by hand; twice")],
        ),
        (
            "a: b; hooks can run is accepted unknown: they ran; transactions end is accepted unknown: none",
            [("hooks can run", "they ran"), ("transactions end", "none")],
        ),
    ],
)
def test_questions_that_needed_no_answer_are_named_with_their_reason(
    detail: str, found: list[tuple[str, str]]
) -> None:
    known = accepted(
        journal(("done", LOOK, detail), ("done", LOOK, detail), ("failed", LOOK, detail))
    )
    assert [(one.what, one.because) for one in known] == [
        (f"without an answer: {what}", why) for what, why in found
    ]


def test_a_stray_write_that_was_given_up_is_told_with_who_did_it() -> None:
    (one,) = accepted(journal(("started", LOST, ""), ("done", LOST, LOST.outcome())))
    assert one == (
        1,
        "settle 2 stray records as lost: t-0 offsets 5 to 6 (2 records)",
        "the batch job is known",
        AT,
        "ann",
    )
