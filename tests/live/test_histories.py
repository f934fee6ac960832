"""The table on brokers of 4.3.1: histories that are quick and need no copier. `tests/e2e` plays all others."""

from tests.histories.history import History
from tests.histories.table import of_version
from tests.live.real.answered import Answered, each, fixture
from tests.live.real.run import quick

PLAYED = {"4.3.1": [history for history in of_version("4.3.1") if quick(history)]}
answered = fixture(PLAYED)


@each(PLAYED)
def test_brokers_answer_as_the_table_says(history: History, answered: Answered) -> None:
    assert answered.differences(history) == []
