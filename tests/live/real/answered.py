"""What tests that play the table on real clusters share: the fixture, and what it is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from migrate.rehearse.lab.local.home import Home
from tests.histories.history import History, differences
from tests.live.real.run import Answers, copies_too, opened, run

Played = Mapping[str, Sequence[History]]


@dataclass(frozen=True)
class Answered:
    """What the clusters of one version answered."""

    version: str
    answers: Answers

    def differences(self, history: History) -> list[str]:
        """A line for each answer that is not the table's."""
        found = self.answers[history.name]
        if isinstance(found, Exception):
            raise found
        return differences(history, self.version, found)


def fixture(played: Played) -> object:
    """A module's fixture: all histories of a version are played before the first is looked at."""

    @pytest.fixture(scope="module")
    def answered(
        request: pytest.FixtureRequest,
        homes: dict[str, Home],
        tmp_path_factory: pytest.TempPathFactory,
    ) -> Iterator[Answered]:
        version: str = request.param
        histories = played[version]
        copier = any(copies_too(history) for history in histories)
        with opened(homes[version], tmp_path_factory.mktemp("histories"), copier=copier) as real:
            yield Answered(version, run(histories, real))

    return answered


def each(played: Played) -> pytest.MarkDecorator:
    """A test of every version, as the fixture, with its histories."""
    pairs = [
        pytest.param(version, history, id=f"{version}-{history.name}")
        for version, histories in played.items()
        for history in histories
    ]
    # with a scope of their own each pair would have clusters of its own
    return pytest.mark.parametrize(
        ("answered", "history"), pairs, indirect=["answered"], scope="module"
    )
