"""The rest of the table of histories on real clusters: MirrorMaker 2, and commits that expire after a minute."""

from collections.abc import Iterator

import pytest

from migrate.rehearse.lab.local.home import Home
from tests.histories.history import VERSIONS, History, differences
from tests.histories.table import HISTORIES
from tests.live.real.run import Answers, opened, quick, run

SLOW = [history for history in HISTORIES if not quick(history)]
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", params=VERSIONS)
def answers(
    request: pytest.FixtureRequest,
    homes: dict[str, Home],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Answers]]:
    version: str = request.param
    with opened(homes[version], tmp_path_factory.mktemp("histories")) as real:
        yield version, run([h for h in SLOW if version in h.only], real)


@pytest.mark.parametrize("history", SLOW, ids=lambda history: history.name)
def test_clusters_answer_as_the_table_says(history: History, answers: tuple[str, Answers]) -> None:
    version, found = answers
    if version not in history.only:
        pytest.skip(history.because)
    answered = found[history.name]
    if isinstance(answered, Exception):
        raise answered
    assert differences(history, version, answered) == []
