"""What is decided about containers before any engine is asked, and what a failed build is called.

The engine itself is real in tests/e2e/test_docker.py; here stand the failures that cannot be provoked there.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from docker.errors import APIError, ImageNotFound
from requests import ConnectionError as GoneAway

from migrate.errors import CannotTell, StepFailed, Unreachable, UsageError
from migrate.rehearse.lab.disposable.server import ListenAddress
from migrate.rehearse.lab.disposable.server_properties import Node, ServerSpec, server_properties
from migrate.rehearse.lab.docker import image
from migrate.rehearse.lab.docker.engine import connect, engine_call
from migrate.rehearse.play import play
from migrate.rehearse.setup import Options

ROOT = Path(__file__).parents[2]
PORTS = (15001, 15002, 15003, 15004)
FILES = (Path("/d"), Path("/s"), Path("/k"))


def settings(place: ListenAddress) -> dict[str, str]:
    node = Node(1, place, PORTS, "1@source-1:15004")
    return server_properties(ServerSpec(), "3.9.1", node, FILES)


def test_a_container_differs_from_a_process_by_addresses_and_one_listener() -> None:
    here, inside = (
        settings(ListenAddress("127.0.0.1")),
        settings(ListenAddress("0.0.0.0", "source-1")),
    )
    differ = {key for key in here.keys() | inside.keys() if here.get(key) != inside.get(key)}
    assert {key for key in differ if not key.startswith("listener.name.inside.")} == {
        "listeners",
        "advertised.listeners",
        "listener.security.protocol.map",
        "inter.broker.listener.name",
    }
    assert "INSIDE://source-1:9092" in inside["advertised.listeners"]
    assert "CLIENT://127.0.0.1:15001" in inside["advertised.listeners"]
    assert "source-1" not in inside["listeners"]
    assert "PLAIN" in inside["listener.name.inside.sasl.enabled.mechanisms"]


class Building:
    """An engine that has no image, and whose build says these lines."""

    def __init__(self, *lines: dict[str, str]) -> None:
        self._lines = lines
        self.images = self
        self.api = self

    def get(self, name: str) -> Any:
        raise ImageNotFound(f"no {name}")

    def build(self, **_: object) -> Iterator[dict[str, str]]:
        yield from self._lines


STEP_2 = {"stream": "Step 2/11 : FROM ${KMIG_BASE_IMAGE} AS jars\n"}


@pytest.mark.parametrize(
    ("lines", "message", "hint"),
    [
        (
            [STEP_2, {"stream": "\n"}, {"error": "pull access denied for nope"}],
            "the base image nope could not be pulled: pull access denied",
            "make docker-base",
        ),
        (
            [STEP_2, {"stream": "Step 6/11 : RUN mvn\n"}, {"error": "write /x: no space left on device"}],
            "the disk is full where Docker keeps its data",
            "docker system df",
        ),
        (
            [{"stream": "Step 6/11 : RUN mvn\n"}, {"stream": "tar: No space left on device\n"},
             {"error": "returned a non-zero code: 2"}],
            "the disk is full",
            "docker system df",
        ),
        (
            [STEP_2, {"stream": "Step 6/11 : RUN mvn\n"}, {"stream": "\x1b[91m[ERROR] no artifact\x1b[0m\n"},
             {"error": "returned a non-zero code: 1"}],
            "| Step 6/11 : RUN mvn; | [ERROR] no artifact; | returned",
            "last lines",
        ),
    ],
)  # fmt: skip
def test_a_build_that_fails_says_what_to_do(
    lines: list[dict[str, str]], message: str, hint: str
) -> None:
    engine: Any = Building(*lines)
    with pytest.raises(CannotTell) as caught:
        image.ensure(engine, "3.9.1", {"KMIG_BASE_IMAGE": "nope"}, lambda _: None)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_an_unknown_version_is_refused_before_anything_is_built() -> None:
    engine: Any = Building()
    with pytest.raises(CannotTell, match=r"no image of Kafka 2\.8\.0"):
        image.ensure(engine, "2.8.0", {}, lambda _: None)


def test_what_the_engine_says_is_translated_once() -> None:
    full: Any = SimpleNamespace(status_code=500, reason="x", url="")
    failed = pytest.raises(StepFailed, match="could not start it: no space left on device")
    with failed as caught, engine_call("start it"):
        raise APIError("m", response=full, explanation="no space left on device")
    assert "free space" in caught.value.hint
    with (
        pytest.raises(Unreachable, match="stopped answering when asked to start it"),
        engine_call("start it"),
    ):
        raise GoneAway("aborted")


def test_an_engine_that_hangs_up_is_said_without_the_names_of_exceptions(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    door.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(CannotTell, match="no Docker engine answers at unix://") as caught:
            connect(f"unix://{path}")
        door.shutdown(socket.SHUT_RDWR)
    assert not re.search(r"[a-z](Error|Exception|Disconnected)\b", caught.value.message)


@pytest.mark.parametrize("scenario", ["broker-paused", "network-cut"])
def test_a_scenario_for_containers_is_refused_without_them(scenario: str, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    options = Options(scenario, folder, None, None, hold=False, runtime="local")
    with pytest.raises(UsageError, match="can only be played in containers"):
        play(options, print, print)
    assert not folder.exists()


@pytest.mark.parametrize("name", ["rehearsal.yaml", "automq.yaml"])
def test_compose_files_publish_on_loopback_only_and_hold_no_secret(name: str) -> None:
    text = (ROOT / "compose" / name).read_text()
    found = yaml.safe_load(text)
    assert not {"name", "version"} & found.keys(), "Compose 1.29 and 2 both take it"
    for service, said in found["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in said.get("ports", ())), service
        assert "build" not in said, service
        assert not said.get("image", "x:1").endswith((":latest", "automq", "minio")), service
    assert all(set(one) == {"file"} for one in found["secrets"].values())
    assert found["networks"].pop("clients", {}) == {}
    assert all(network == {"internal": True} for network in found["networks"].values())
    assert "anonymous set public" not in text
