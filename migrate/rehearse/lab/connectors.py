"""Connectors made for a rehearsal, over Connect's REST interface."""

import time
from collections.abc import Mapping

import httpx

from migrate.errors import StepFailed

_RUNNING_SECONDS = 30.0
_BUSY = 409


def create(url: str, name: str, config: Mapping[str, str]) -> None:
    """Create a connector and wait until it and its tasks run. The config may hold secrets: it is not logged."""
    deadline = time.monotonic() + _RUNNING_SECONDS
    while True:
        answer = httpx.post(
            f"{url}/connectors", json={"name": name, "config": dict(config)}, timeout=30.0
        )
        if answer.status_code != _BUSY or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    if answer.status_code != httpx.codes.CREATED:
        raise StepFailed(
            f"the Connect worker at {url} refused connector {name}: HTTP status {answer.status_code}"
        )
    while not _running(url, name):
        if time.monotonic() > deadline:
            raise StepFailed(
                f"connector {name} or a task of it is not running after {_RUNNING_SECONDS:.0f} s"
            )
        time.sleep(0.1)


def _running(url: str, name: str) -> bool:
    answer = httpx.get(f"{url}/connectors/{name}/status", timeout=10.0)
    if answer.status_code != httpx.codes.OK:
        return False
    status = answer.json()
    states = [status["connector"]["state"], *(task["state"] for task in status["tasks"])]
    return len(states) > 1 and set(states) == {"RUNNING"}
