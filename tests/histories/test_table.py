"""The table itself: every history is named once, and every known defect rests on facts in it."""

import pytest

from tests.histories.history import VERSIONS, History, differences
from tests.histories.ops import OK, CreateTopic, Ends
from tests.histories.table import HISTORIES

MODELLED_DEFECTS = set(range(1, 19))
"""19 is about scale and 20 about code that was read."""


def test_names_are_unique() -> None:
    assert len({history.name for history in HISTORIES}) == len(HISTORIES) >= 60


def test_every_defect_has_its_facts() -> None:
    assert {number for history in HISTORIES for number in history.defects} == MODELLED_DEFECTS


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
def test_what_differs_and_what_is_left_out_is_said(history: History) -> None:
    assert set(history.differs) <= set(history.only) <= set(VERSIONS)
    assert all(0 <= n < len(history.turns) for rows in history.differs.values() for n in rows)
    assert bool(history.because) == (history.only != VERSIONS)
    assert history.fact.endswith(".")


def test_a_difference_names_the_operation_and_both_answers() -> None:
    turns = ((CreateTopic("t"), OK), (Ends("t"), (0, 0, 0)))
    history = History("h", "A fact.", turns, differs={"3.9.1": {1: (0, 1, 1)}})
    assert differences(history, "4.3.1", (OK, (0, 0, 0))) == []
    assert differences(history, "3.9.1", (OK, (0, 1, 1))) == []
    (line,) = differences(history, "4.3.1", (OK, (0, 1, 1)))
    assert line == "1. Ends(topic='t', partition=0): (0, 1, 1), and not (0, 0, 0)"
    assert differences(history, "4.3.1", (OK,)) == ["1 answers to 2 operations"]
