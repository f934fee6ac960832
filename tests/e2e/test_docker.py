"""Rehearsals in containers, on an engine of the tests' own; every scenario is killed once before it is played."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from migrate.errors import StepFailed
from migrate.rehearse.lab.disposable.server import Program
from migrate.rehearse.lab.docker.runtime import LABEL, DockerRuntime
from tests.conftest import CACHE
from tests.e2e import container
from tests.e2e.engine import Engine, bridges

ROOT = Path(__file__).parents[2]
KMIG = [sys.executable, "-m", "migrate"]
SCENARIOS = ("first-wave", "broker-paused", "network-cut")
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    before = bridges()
    forwards = Path("/proc/sys/net/ipv4/ip_forward").read_text()
    place = tmp_path_factory.mktemp("engine")
    made = Engine(CACHE / "docker", place)
    made.start()
    try:
        subprocess.run([ROOT / "compose/kafka/base.sh", "kmig-base"], env=made.environ, check=True)
        yield made
    finally:
        made.stop()
    assert not made.leftovers()
    assert bridges() == before
    assert Path("/proc/sys/net/ipv4/ip_forward").read_text() == forwards


@pytest.fixture(scope="module")
def image(engine: Engine, wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """kmig's own, for runbooks."""
    container.build(engine, wheels, tmp_path_factory.mktemp("context"))
    yield
    container.remove(engine)


@pytest.fixture
def javaless(engine: Engine, tmp_path: Path) -> dict[str, str]:
    """A machine with an engine, and without Java or Maven."""
    (tmp_path / "bin").mkdir()
    environ = {**engine.environ, "PATH": str(tmp_path / "bin")}
    environ.pop("JAVA_HOME", None)
    assert shutil.which("java", path=environ["PATH"]) is None
    return environ


def labelled(engine: Engine) -> list[str]:
    client = engine.client
    containers = client.containers.list(all=True, filters={"label": LABEL})
    names = [str(c.name) for c in containers]
    return names + [str(n.name) for n in client.networks.list(filters={"label": LABEL})]


def ends_by_kill(environ: dict[str, str], scenario: str, folder: Path, at: str) -> None:
    """kmig is killed with -9 as soon as it says `at`."""
    command = [*KMIG, "rehearse", scenario, "--runtime", "docker", "--folder", str(folder)]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if at in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert at in said[-1], said


def rehearse(
    environ: dict[str, str], scenario: str, folder: Path
) -> subprocess.CompletedProcess[str]:
    command = [*KMIG, "rehearse", scenario, "--runtime", "docker", "--folder", str(folder)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_once_then_played_to_the_end(
    scenario: str, engine: Engine, javaless: dict[str, str], tmp_path: Path
) -> None:
    client = engine.client
    foreign = client.containers.create("kmig-base", ["sleep", "600"])
    foreign.start()
    network = client.networks.create("foreign")
    try:
        at = "building the estate" if scenario == "first-wave" else "kmig apply 1"
        ends_by_kill(javaless, scenario, tmp_path / "killed", at)
        left = client.containers.list(filters={"label": LABEL})
        assert left
        for container in left:
            ports = container.attrs["NetworkSettings"]["Ports"]
            hosts = [b["HostIp"] for bound in ports.values() for b in bound or ()]
            assert set(hosts) == {"127.0.0.1"}, container.name
        ran = rehearse(javaless, scenario, tmp_path / "played")
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
        assert re.search(r"removed \d+ containers and 3 networks: left by a rehearsal", ran.stderr)
        assert "verdict: pass" in ran.stdout
        assert f"folder: {tmp_path / 'played'}" in ran.stdout
        found = json.loads((tmp_path / "played/reports/judge.json").read_text())
        assert found["lost"] == 0
        for group in found["groups"]:
            for fault in ("skipped", "duplicated", "reordered"):
                assert group[fault]["number"] == 0, group
        assert not labelled(engine)
        foreign.reload()
        assert foreign.status == "running"
        network.reload()
        why(scenario, tmp_path / "played")
    finally:
        foreign.remove(force=True)
        network.remove()


def why(scenario: str, folder: Path) -> None:
    """What the operator read while the fault lasted."""
    transcript = (folder / "transcript.txt").read_text()
    if scenario == "broker-paused":
        # within a request, or as a new connection opens: the freeze begins wherever kmig is by then
        said = r"(no answer to \w+ from|cannot reach) the target"
        assert re.search(f"error: {said}", transcript), transcript[-6000:]
    if scenario == "network-cut":
        assert "stands still: 0 records/s" in transcript
        assert "reaches the source" in " ".join(transcript.split())


@pytest.mark.parametrize(
    ("change", "code", "message", "hint"),
    [
        ({"KMIG_BASE_IMAGE": "kmig/no-such-image:1"}, 3, "no-such-image:1 could not be pulled", "make docker-base"),
        ({"DOCKER_HOST": "unix:///nowhere/docker.sock"}, 3, "no Docker engine answers", "--runtime local"),
        ({"DOCKER_HOST": "tcp://10.0.0.1:2375"}, 3, "is not behind a local socket", "--runtime local"),
    ],
)  # fmt: skip
def test_bad_input_is_said_once_and_leaves_nothing(
    change: dict[str, str], code: int, message: str, hint: str, engine: Engine, tmp_path: Path
) -> None:
    ran = rehearse({**engine.environ, **change}, "tiny", tmp_path / "run")
    assert ran.returncode == code, ran.stderr
    assert message in ran.stderr
    assert hint in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not labelled(engine)


def test_a_user_without_access_to_the_socket_is_told_how_to_get_it(engine: Engine) -> None:
    """As `nobody`, in a process that had imported everything before."""
    script = (
        "import os; from migrate.rehearse.lab.docker.engine import connect\n"
        "from migrate.errors import KmigError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        f"try: connect('unix://{engine.socket}')\n"
        "except KmigError as error: print(error.message, '|', error.hint, '|', int(error.exit))\n"
    )
    folder = engine.socket.parent
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "no permission to use the Docker engine" in ran.stdout, ran.stderr
    assert "usermod -aG docker" in ran.stdout
    assert ran.stdout.strip().endswith("| 3")


def test_a_port_that_something_else_took_is_named(engine: Engine, tmp_path: Path) -> None:
    runtime = DockerRuntime(tmp_path, tmp_path, engine.environ, print)
    runtime.open()
    try:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            program = Program(
                name="source broker 1",
                main="kafka.Kafka",
                folder=tmp_path / "b",
                host="source-1",
                sites=("source",),
                ports=(port,),
            )
            with pytest.raises(
                StepFailed, match=f"could not start source broker 1: .*{port}"
            ) as caught:
                runtime.kafka("3.9.1").launch(program)
        assert "rerun the command" in caught.value.hint
    finally:
        runtime.close()
    assert not labelled(engine)


def test_the_image_has_neither_java_nor_root_and_its_files_belong_to_who_runs_it(
    engine: Engine, image: None, tmp_path: Path
) -> None:
    folder = container.given(shutil.copytree(ROOT / "plans/first-wave", tmp_path / "first-wave"))
    assert container.run(engine, folder, "--version").stdout.startswith("kmig 0.")
    for command in ("plan", "status", "audit --check"):
        ran = container.run(engine, folder, *command.split())
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {path.stat().st_uid for path in folder.rglob("*")} == {container.OWNER}
    assert (folder / "plan.json").stat().st_mode & 0o777 == 0o600
    java = container.run(engine, folder, "-c", "command -v java mvn gcc", program="sh")
    assert java.stdout == ""
    assert engine.client.images.get(container.TAG).attrs["Config"]["User"] == "10001:10001"


def test_compose_starts_the_same_clusters(engine: Engine, image: None, tmp_path: Path) -> None:
    folder = tmp_path / "trial"
    command = [sys.executable, "-m", "migrate.rehearse.compose", str(folder)]
    ran = subprocess.run(command, env=engine.environ, capture_output=True, text=True, check=False)
    end = ran.stdout.partition("to end: ")[2].split()
    try:
        assert ran.returncode == 0, ran.stderr
        look = [*KMIG, "-C", str(folder), "inventory"]
        found = subprocess.run(
            look, env=engine.environ, capture_output=True, text=True, check=False
        )
        assert found.returncode == 0, found.stdout + found.stderr
        from_the_image(engine, folder, tmp_path / "mounted")
        both = [*end[: end.index("down")]]
        at = both.index("-f") + 1
        both += ["-f", str(Path(both[at]).with_name("automq.yaml")), "config"]
        for name in ("store-user", "store-password"):
            (folder / "secrets" / name).write_text("only to be named")
        valid = subprocess.run(
            both, env=engine.environ, capture_output=True, text=True, check=False
        )
        assert valid.returncode == 0, valid.stderr
        assert "automqinc/automq:1.7.3" in valid.stdout
    finally:
        subprocess.run(end, env=engine.environ, capture_output=True, check=True)
    engine.wait_emptied()


def from_the_image(engine: Engine, trial: Path, folder: Path) -> None:
    """The clusters, inventoried and planned by a container with what people wrote, and the secrets."""
    folder.mkdir()
    for name in ("kmig.yaml", "workloads.yaml"):
        shutil.copy(trial / name, folder)
    shutil.copytree(trial / "secrets", folder / "secrets")
    container.given(folder)
    _succeeds(engine, folder, "inventory")
    _answer(folder / "workloads.yaml")
    _succeeds(engine, folder, "plan")


def _succeeds(engine: Engine, folder: Path, command: str) -> None:
    ran = container.run(engine, folder, command)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (folder / f"{command}.json").stat().st_uid == container.OWNER


def _answer(drafted: Path) -> None:
    """What the draft asks for: who answers for the worker, where its secret is, and how it is switched."""
    known = yaml.safe_load(drafted.read_text())
    (worker,) = known["workloads"]
    secret = "${file:secrets/source-connect.properties:password}"
    worker["owner"] = "platform"
    worker["credential"] = {"mechanism": "SCRAM-SHA-256", "secret": secret, "carry": True}
    worker["switch"] = {"command": {"stop": ["true"], "start": ["true"]}}
    drafted.write_text(yaml.safe_dump(known))


def test_an_engine_that_stops_in_the_middle(engine: Engine, tmp_path: Path) -> None:
    """The last test: the engine is stopped and started."""
    command = [*KMIG, "rehearse", "tiny", "--runtime", "docker", "--folder", str(tmp_path / "cut")]
    process = subprocess.Popen(command, env=engine.environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        if "kmig plan" in line:
            engine.stop()
    process.stderr.close()
    assert process.wait() in (1, 3)
    engine.start()
    assert "the Docker engine stopped answering" in said
    assert "Traceback" not in said
    assert (tmp_path / "cut/inventory.json").exists()
    ran = rehearse(engine.environ, "tiny", tmp_path / "again")
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
    assert "left by a rehearsal that was killed" in ran.stderr
    assert not labelled(engine)
