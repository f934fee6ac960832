"""What a scenario may be, and what its errors say."""

from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.rehearse.scenario import load


def test_one_that_is_like_another_says_only_what_differs() -> None:
    tiny, paused = load("tiny"), load("broker-paused")
    same = {"name", "about", "runtime", "commands"}
    assert paused.model_dump(exclude=same) == tiny.model_dump(exclude=same)
    assert (paused.name, paused.runtime) == ("broker-paused", "docker")
    assert [played.fault for played in paused.commands if played.fault]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, or no mapping of keys"),
        ("- a list", "is empty, or no mapping of keys"),
        ("name: [", "cannot read scenario"),
        ("like: nowhere-known", "unknown scenario: `nowhere-known`"),
        ("like: {folder}", "`like` leads back to the scenario itself"),
        ("like: tiny\nruntime: moon", "cannot read scenario"),
    ],
)
def test_a_bad_one_is_a_usage_error(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(text.replace("{folder}", str(tmp_path)))
    (tmp_path / "workloads.yaml").write_text("workloads: []\n")
    with pytest.raises(UsageError, match=message):
        load(str(tmp_path))
