"""What kmig does wrong today, each as a small history, and what is charged: worlds and judges are not blind to it.

Whoever mends a defect sees its row fail, and takes it off.
"""

import pytest

from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.judges import judged
from migrate.rehearse.worlds.play import play
from tests.worlds import defects
from tests.worlds.typed import run


@pytest.mark.parametrize(
    ("history", "charged"),
    [
        pytest.param(
            defects.GAP, set(), id="3: retention overtakes a copy: said, and lost all the same"
        ),
        pytest.param(defects.RECOPIED, set(), id="3: a copy begins again behind its readers: said"),
        pytest.param(defects.MADE_ANEW, set(), id="4: a topic is made anew: said, and accepted"),
        pytest.param(
            defects.NOT_QUIET, set(), id="8: a self-assigned consumer reads on: waited for"
        ),
        pytest.param(
            defects.STUCK_BETWEEN,
            {"a dead end"},
            id="new: neither back nor forward, once the source forgot its commits",
        ),
    ],
)
def test_a_defect_is_charged(history: History, charged: set[str]) -> None:
    found = judged(play(history, run))
    green = "a green was not earned"
    assert {b.subject if b.kind == green else b.kind for b in found} == charged


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(defects.UNCOMPRESSED, id="1: a copy outgrows retention.bytes"),
        pytest.param(defects.BROKER_DEFAULTS, id="2: the target keeps records for less"),
        pytest.param(defects.UNSEEN_COMMITS, id="15: commits that are not listed for a minute"),
        pytest.param(defects.EXPIRED_BEFORE_ROLLBACK, id="16: commits expired before a rollback"),
        pytest.param(defects.NOT_TAKEN_BACK, id="16: a topic that was first read on the target"),
    ],
)
def test_what_is_mended_is_not_charged(history: History) -> None:
    played = play(history, run)
    assert played.finished
    assert judged(played) == ()


def test_a_commit_that_is_made_again_takes_no_group_back() -> None:
    """17, mended: what a step has translated is not committed to a group that has moved on since."""
    assert "a group is taken back" not in {b.kind for b in judged(play(defects.TAKEN_BACK, run))}
