"""The table of histories on real brokers: those that are quick and need no copier. `tests/e2e` plays the others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.rehearse.lab.local.home import Home
from tests.histories.history import VERSIONS, History, differences
from tests.histories.table import HISTORIES
from tests.live.real.run import Answers, opened, quick, run

QUICK = [history for history in HISTORIES if quick(history)]


@pytest.fixture(scope="module", params=VERSIONS)
def answers(
    request: pytest.FixtureRequest,
    homes: dict[str, Home],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Answers]]:
    version: str = request.param
    folder = tmp_path_factory.mktemp("histories")
    with opened(homes[version], Path(folder), copier=False) as real:
        yield version, run([h for h in QUICK if version in h.only], real)


@pytest.mark.parametrize("history", QUICK, ids=lambda history: history.name)
def test_brokers_answer_as_the_table_says(history: History, answers: tuple[str, Answers]) -> None:
    version, found = answers
    if version not in history.only:
        pytest.skip(history.because)
    answered = found[history.name]
    if isinstance(answered, Exception):
        raise answered
    assert differences(history, version, answered) == []
