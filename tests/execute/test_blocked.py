"""A wave with a finding that blocks it does not begin a stage, and goes on with one that it has begun."""

from datetime import date
from typing import Any

import pytest

from migrate.documents.plan import StageName, Wave
from migrate.errors import Exit, Refused, UsageError
from migrate.estate import Estate
from migrate.execute.blocked import require_unblocked
from migrate.journal.standing import Journal
from tests.assess.test_blocking import BEYOND, wave
from tests.assess.test_rules import an_estate
from tests.plan.test_kept import CUT, STOP, journal

NOTHING = Journal(entries=())
TODAY = date(2026, 1, 1)
BEGUN: dict[str, tuple[Journal, StageName, bool]] = {
    # what was done: the journal, the stage that is asked for, whether it goes on
    "nothing": (NOTHING, "prepare", False),
    "the cutover was begun": (CUT, "cutover", True),
    "the cutover was begun, and another stage is asked for": (CUT, "rotate", False),
    "the cutover was taken back": (
        journal((1, "cutover", "started", STOP), (1, "cutover", "undone", STOP)),
        "cutover",
        False,
    ),
    "nothing, and `close` ends what is left": (NOTHING, "close", True),
    # nobody stands still for it, and a plan made since may grant more
    "the wave is prepared, and planned again": (
        journal((1, "prepare", "done", STOP)),
        "prepare",
        False,
    ),
}


def goes_on(estate: Estate, done: Journal, of: Wave, stage: StageName) -> bool:
    try:
        require_unblocked(estate, done, of, stage, TODAY)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("name", BEGUN)
def test_a_stage_that_was_begun_goes_on(name: str) -> None:
    done, stage, expected = BEGUN[name]
    assert goes_on(an_estate(**BEYOND), done, wave("a"), stage) is expected


@pytest.mark.parametrize("stage", ["prepare", "replicate", "cutover", "rotate"])
def test_every_stage_before_the_end_waits(stage: StageName) -> None:
    assert not goes_on(an_estate(**BEYOND), NOTHING, wave("a"), stage)
    assert goes_on(an_estate(**BEYOND), NOTHING, wave("b"), stage)
    assert goes_on(an_estate(), NOTHING, wave("a"), stage)


def test_a_refusal_says_rule_subject_evidence_and_both_ways_on() -> None:
    with pytest.raises(Refused) as refused:
        require_unblocked(an_estate(**BEYOND), NOTHING, wave("a"), "cutover", TODAY)
    assert refused.value.exit is Exit.REFUSED
    assert refused.value.lines == (
        "wave 1 is blocked by 1 finding",
        "  offset-beyond-end: group g: t-0: committed 11, log ends at 10",
    )
    assert "reset the group" in refused.value.hint
    assert "under `suppress` in workloads.yaml, with `because` and `until`" in refused.value.hint


def test_an_acceptance_of_an_unknown_rule_is_said_and_not_passed_over() -> None:
    written: dict[str, Any] = {
        "rule": "offset-beyond-ends",
        "subject": "*",
        "because": "a slip of the pen",
        "until": "2027-01-01",
    }
    estate = an_estate(**BEYOND, people={"suppress": [written]})
    with pytest.raises(
        UsageError, match=r"`offset-beyond-ends` \(did you mean `offset-beyond-end`\?"
    ):
        require_unblocked(estate, NOTHING, wave("a"), "prepare", TODAY)


@pytest.mark.parametrize(("today", "waits"), [("2026-01-10", False), ("2026-01-11", True)])
def test_an_acceptance_holds_until_its_day_and_no_longer(today: str, waits: bool) -> None:
    """When a stage acts the inventory may be days old, and an acceptance over."""
    written: dict[str, Any] = {
        "rule": "offset-beyond-end",
        "subject": "*",
        "because": "it is reset at the switch",
        "until": "2026-01-10",
    }
    estate = an_estate(**BEYOND, people={"suppress": [written]})
    try:
        require_unblocked(estate, NOTHING, wave("a"), "prepare", date.fromisoformat(today))
    except Refused:
        assert waits
    else:
        assert not waits
