"""Which waves a close ends, and with them what their switches kept."""

from pathlib import Path

import pytest

from migrate.execute.act import state_of
from migrate.execute.run import preview
from migrate.stages.close import close, waves_ended_by
from tests.execute.moving import directory


@pytest.mark.parametrize(
    ("owns", "number", "waves"),
    [
        ("n y", 2, [1, 2]),
        ("n n y", 3, [1, 2, 3]),
        ("y n y", 3, [2, 3]),
        ("y y", 2, [2]),
        ("y", 1, [1]),
        ("n y", 1, []),
        ("y n", 2, []),
    ],
)
def test_a_close_ends_its_wave_and_those_of_consumers_only_before_it(
    owns: str, number: int, waves: list[int]
) -> None:
    """A wave of consumers only (`n`) can be rolled back until a later one is closed."""
    assert list(waves_ended_by(number, lambda one: owns.split()[one - 1] == "y")) == waves


def test_what_was_kept_goes_last_each_file_once(tmp_path: Path) -> None:
    folder = directory(tmp_path, [])
    made = state_of(folder, 1, folder.executed()).move()
    keys = [step.key for step in preview(close(made, (), ("a", "b")))]
    assert keys == [
        "watch_source at the close",
        "delete_acls copier",
        "forget_file a",
        "forget_file b",
    ]
