"""Waits outlast an election, a restart of a broker or of a worker; what does not pass ends them at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.adapters.kafka.answers import failure
from migrate.errors import (
    CannotTell,
    KmigError,
    NotAuthorized,
    Passing,
    Rejected,
    StepFailed,
    Unreachable,
)
from migrate.steps.settle import settle, wait
from tests.execute.moving import world
from tests.fakes.memory import MemoryClock

RESTARTS = (Unreachable("no answer from s:9092", ""), Passing("t-0 has no leader", ""))


def _answers(*said: KmigError | str) -> Callable[[], str]:
    """What is missing, look by look; the last answer stays."""
    left = list(said)

    def missing() -> str:
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, KmigError):
            raise one
        return one

    return missing


@pytest.mark.parametrize("passing", RESTARTS, ids=lambda one: type(one).__name__)
def test_what_passes_by_itself_is_waited_for(passing: KmigError, tmp_path: Path) -> None:
    missing = _answers("9 records", passing, passing, "")
    wait(world(tmp_path, []).sites(), "the last records", missing, 30.0)
    shown = _answers(passing, "no", passing, "")
    settle(MemoryClock(), "2 ACLs", lambda: not shown())


@pytest.mark.parametrize("passing", RESTARTS, ids=lambda one: type(one).__name__)
def test_what_does_not_pass_in_time_is_the_reason(passing: KmigError, tmp_path: Path) -> None:
    with pytest.raises(type(passing), match=passing.message):
        wait(world(tmp_path, []).sites(), "the last records", _answers(passing), 30.0)
    with pytest.raises(type(passing), match=passing.message):
        settle(MemoryClock(), "2 ACLs", lambda: bool(_answers(passing)()))


@pytest.mark.parametrize("other", [NotAuthorized("no READ", ""), StepFailed("the copy has failed")])
def test_anything_else_ends_a_wait_at_once(other: KmigError, tmp_path: Path) -> None:
    asked = _answers(other, "")
    with pytest.raises(type(other)):
        wait(world(tmp_path, []).sites(), "the last records", asked, 30.0)


@pytest.mark.parametrize(
    ("code", "kind"), [(6, Passing), (5, Passing), (16, Passing), (3, StepFailed)]
)
def test_what_moves_or_is_elected_passes_by_itself(code: int, kind: type[KmigError]) -> None:
    assert type(failure("list the ends of t", code)) is kind
    assert issubclass(Passing, CannotTell)
    assert type(failure("create ACLs", code, otherwise=Rejected)) is Rejected  # nothing was changed
