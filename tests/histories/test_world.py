"""The table of histories in the simulated world, which answers as real clusters do, or the difference is listed."""

import pytest

from migrate.rehearse.worlds import log
from tests.histories.history import VERSIONS, History, differences
from tests.histories.simulated import clients, copies, groups, records
from tests.histories.simulated.not_modelled import NOT_MODELLED
from tests.histories.simulated.play import NotModelledError, played
from tests.histories.table import HISTORIES

REGISTERED = (clients, copies, groups, records)
_CHECK_SECONDS = 0.5
"""Brokers of the table look after their logs this often; those of worlds every five minutes."""


@pytest.fixture(autouse=True)
def shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "CHECK", _CHECK_SECONDS)


def found(history: History, version: str) -> list[str]:
    try:
        return differences(history, version, played(history, version))
    except NotModelledError as error:
        return [f"not modelled: {error}"]


@pytest.mark.parametrize(
    "history", [h for h in HISTORIES if h.name not in NOT_MODELLED], ids=lambda h: h.name
)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_world_answers_as_clusters_do(history: History, version: str) -> None:
    if version not in history.only:
        pytest.skip(history.because)
    assert found(history, version) == []


@pytest.mark.parametrize("name", NOT_MODELLED)
def test_what_is_not_modelled_is_answered_otherwise(name: str) -> None:
    """Whoever teaches it to the world takes it off the list."""
    (history,) = [h for h in HISTORIES if h.name == name]
    assert any(found(history, version) for version in history.only)
