"""The table of histories on real clusters, but for what `make test` plays: copies, long waits, and all of 3.9.1."""

import pytest

from tests.histories.history import History
from tests.histories.table import of_version
from tests.live.real.answered import Answered, each, fixture
from tests.live.real.run import quick

pytestmark = pytest.mark.timeout(900)
PLAYED = {
    "3.9.1": of_version("3.9.1"),
    "4.3.1": [history for history in of_version("4.3.1") if not quick(history)],
}
answered = fixture(PLAYED)


@each(PLAYED)
def test_clusters_answer_as_the_table_says(history: History, answered: Answered) -> None:
    assert answered.differences(history) == []
