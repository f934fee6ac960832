"""Faults planted into kmig are found by the history that is kept for each, and only with the fault."""

import pytest

from tests.worlds.kept import read
from tests.worlds.planted import FOLDER, charged
from tests.worlds.plants import PLANTED, Planted


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault: Planted) -> None:
    kept = read(FOLDER / f"{fault.name}.json")
    assert kept.kind in {broken.kind for broken in charged(kept.history, fault)}
    assert kept.kind not in {broken.kind for broken in charged(kept.history)}


def test_each_history_belongs_to_a_fault() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {fault.name for fault in PLANTED}
