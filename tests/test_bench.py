"""The bench's kept estate: what is not whole is made again, and nothing of anybody else's is removed."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.protocol.metadata import FindCoordinatorRequest, FindCoordinatorResponse

from bench import estate
from migrate.adapters.kafka.wire import Wire
from migrate.errors import Refused, StepFailed
from tests.fake_broker import FakeBroker


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What was done to a cluster that is none."""
    done: Counter[str] = Counter()

    class Nothing:
        """A cluster, a wire and a writer that take everything."""

        cluster_id = "id-1"
        admin_addresses, admin_login = (), None

        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            return lambda *_, **__: done.update([name])

    for name in ("Cluster", "Wire", "KafkaWriter"):
        monkeypatch.setattr(estate, name, Nothing)
    monkeypatch.setattr(estate, "tools", SimpleNamespace(find=lambda _: None))
    monkeypatch.setattr(estate, "home", SimpleNamespace(fetch=lambda *_: None))
    monkeypatch.setattr(estate, "archives", SimpleNamespace(ensure=lambda *_: None))
    monkeypatch.setattr(estate, "seed", lambda _: done.update(["seed"]))
    monkeypatch.setattr(estate, "_served", lambda _: None)
    return done


def test_an_estate_that_was_made_to_its_end_is_kept(tmp_path: Path, made: Counter[str]) -> None:
    folder = tmp_path / "bench"
    estate.started(folder, 0)
    (folder / "log").write_text("records")
    estate.started(folder, 0)
    assert made["seed"] == 1
    assert (folder / "log").exists()


def test_an_estate_whose_making_was_cut_short_is_removed_and_made_again(
    tmp_path: Path, made: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bench"

    def killed(_: object) -> None:
        (folder / "half").write_text("records")
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(estate, "seed", killed)
        with pytest.raises(KeyboardInterrupt):
            estate.started(folder, 0)
    estate.started(folder, 0)
    assert made["seed"] == 1
    assert not (folder / "half").exists()
    estate.started(folder, 0)
    assert made["seed"] == 1


def test_an_estate_that_does_not_hold_all_is_not_called_whole(
    tmp_path: Path, made: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bench"

    def lacking(_: object) -> None:
        raise StepFailed("1,999 of 2,000 groups")

    with monkeypatch.context() as losing:
        losing.setattr(estate, "_served", lacking)
        with pytest.raises(StepFailed):
            estate.started(folder, 0)
    estate.started(folder, 0)
    assert made["seed"] == 2, "commits that came to nothing were taken for made"


def test_a_folder_of_somebody_else_is_not_removed(tmp_path: Path, made: Counter[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(Refused, match="and no estate of the bench"):
        estate.started(tmp_path, 0)
    assert (tmp_path / "thesis.txt").read_text() == "years"
    assert not made


def test_the_coordinator_is_waited_for() -> None:
    asked: list[int] = []

    def coordinator(_: Any) -> Any:
        asked.append(15 if len(asked) < 3 else 0)
        row = FindCoordinatorResponse.Coordinator
        rows = [row(key="first", node_id=1, host="h", port=1, error_code=asked[-1])]
        return FindCoordinatorResponse(coordinators=rows)

    answers = {FindCoordinatorRequest.__name__: coordinator}
    with FakeBroker(answers).running() as broker:
        wire = Wire("bench", [("127.0.0.1", broker.port)], None)
        estate.await_coordinator(wire, seconds=20.0)
        assert asked == [15, 15, 15, 0]
        wire.close()
