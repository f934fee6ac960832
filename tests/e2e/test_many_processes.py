"""Maps made by several processes, and by workers of a Dask cluster: the same ones, also when a worker dies."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from distributed import LocalCluster

from migrate.rehearse.scenario import load
from tests.e2e.test_verify_data import copied, fill, last, verified
from tests.moving.arena import Arena, Moving

pytestmark = pytest.mark.timeout(600)
MANY = 20_000


def lines(folder: Path) -> dict[str, list[str]]:
    """What the maps say, without when it was read."""
    return {
        path.name: [line for line in path.read_text().splitlines() if '"seen"' not in line]
        for path in sorted((folder / "maps").glob("*.jsonl"))
    }


def again(moving: Moving, verify: dict[str, object]) -> dict[str, list[str]]:
    """The maps made anew with this policy."""
    path = moving.folder / "kmig.yaml"
    config = yaml.safe_load(path.read_text())
    config["policy"] = {**(config.get("policy") or {}), "verify": verify}
    path.write_text(yaml.safe_dump(config))
    moving.must("plan")
    for one in (moving.folder / "maps").glob("*.jsonl"):
        one.unlink()
    assert "equal" in verified(moving, 0)
    return lines(moving.folder)


@contextmanager
def scheduler(moving: Moving) -> Iterator[LocalCluster]:
    """A scheduler with two workers that resolve the references as kmig does."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in moving.here.environ.items():
            environment.setenv(name, value)
        with LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster:
            yield cluster


@pytest.mark.filterwarnings("ignore")
def test_the_maps_are_the_same_whoever_makes_them(arena: Arena, tmp_path: Path) -> None:
    folder = tmp_path / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as moving:
        for command in (
            ["inventory"],
            ["plan"],
            ["apply", "1", "--yes"],
            ["replicate", "1", "--yes"],
        ):
            moving.must(*command)
        begin = last(arena.source)
        fill(arena.source, 0, MANY)
        copied(arena, begin + MANY)
        alone = again(moving, {"processes": 1})
        assert len(alone) == 4
        assert again(moving, {"processes": 2}) == alone
        with scheduler(moving) as cluster:
            address = cluster.scheduler_address
            assert again(moving, {"workers": address}) == alone
            pid = next(iter(cluster.workers.values())).pid

            def kill() -> None:
                time.sleep(1.5)
                os.kill(pid, signal.SIGKILL)

            killer = threading.Thread(target=kill)
            killer.start()
            assert again(moving, {"workers": address}) == alone
            killer.join()
        refused = verified_with(moving, "tcp://example.org:8786")
        assert "is reached without TLS, and it executes what it is sent" in refused
        refused = verified_with(moving, "tcp://127.0.0.1:9")
        assert "cannot reach the Dask scheduler" in refused
        assert "Traceback" not in refused


def verified_with(moving: Moving, address: str) -> str:
    """What is said where that scheduler cannot be used."""
    with pytest.raises(AssertionError) as told:
        again(moving, {"workers": address})
    return str(told.value)
