"""A Docker engine of the tests' own, which takes everything it started with it.

It runs in process and mount namespaces of its own, tied to its parent: when it or its starter ends, containers,
shims and mounts end too. It makes no firewall rule and forwards nothing; the bridges that it leaves are removed.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

from migrate.errors import CannotTell
from migrate.rehearse.lab.docker.engine import connect
from migrate.rehearse.lab.local.parent_death import tied_to_parent

_UP_SECONDS = 60.0


class Engine:
    """`start` it, use `environ`, look at it through `client`, `stop` it."""

    def __init__(self, data: Path, place: Path) -> None:
        self._data, self._place = data, place
        self.socket = place / "docker.sock"
        self._bridges = bridges()

    @property
    def environ(self) -> dict[str, str]:
        """What a command needs to use it, and to build where nothing can be pulled."""
        named = {"DOCKER_HOST": f"unix://{self.socket}", "KMIG_BASE_IMAGE": "kmig-base"}
        return {**os.environ, **named, "KMIG_BUILD_NETWORK": "host"}

    def start(self) -> None:
        """Up, and answering."""
        for tool in ("dockerd", "debootstrap", "docker-compose"):
            assert shutil.which(tool), f"{tool} is missing: .ci/run installs it"
        self._data.mkdir(parents=True, exist_ok=True)
        for stale in (self._place / "docker.pid", self._place / "run/containerd/containerd.pid"):
            stale.unlink(missing_ok=True)
        with (self._place / "dockerd.log").open("ab") as log:
            self._unshare = subprocess.Popen(
                tied_to_parent(self._command()), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + _UP_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, (self._place / "dockerd.log").read_text()[-3000:]
            time.sleep(0.1)

    def stop(self) -> None:
        """Nothing of it is left: no process, no mount, no bridge."""
        self.client.close()
        self._unshare.kill()
        self._unshare.wait()
        deadline = time.monotonic() + 20
        while self.leftovers() and time.monotonic() < deadline:
            time.sleep(0.2)
        for bridge in bridges() - self._bridges:
            subprocess.run(["ip", "link", "delete", bridge], check=True)
        for group in Path("/sys/fs/cgroup").glob("**/docker"):
            for folder in (*sorted(group.glob("*"), reverse=True), group):
                if folder.is_dir():
                    folder.rmdir()

    def wait_emptied(self) -> None:
        """Wait until it holds no container of Compose; those of Docker's own builder come and go by themselves."""
        deadline = time.monotonic() + 60
        label = "com.docker.compose.project"
        while left := self.client.containers.list(
            all=True, ignore_removed=True, filters={"label": label}
        ):
            assert time.monotonic() < deadline, [(one.name, one.status) for one in left]
            time.sleep(0.2)

    def leftovers(self) -> list[str]:
        """Processes and mounts that are its own."""
        mark = str(self._data)
        mounts = [m for m in Path("/proc/self/mounts").read_text().splitlines() if mark in m]
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if mark in line or str(self._place) in line:
                found.append(line)
        return [*found, *mounts]

    def _answers(self) -> bool:
        try:
            self.client = connect(f"unix://{self.socket}")
        except CannotTell:
            return False
        return True

    def _command(self) -> list[str]:
        confined = ["unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"]
        own = ["--data-root", str(self._data), "--exec-root", str(self._place / "run")]
        files = ["--pidfile", str(self._place / "docker.pid"), "-H", f"unix://{self.socket}"]
        return [*confined, "dockerd", *own, *files, "--iptables=false", "--ip-forward=false"]


def bridges() -> set[str]:
    """Docker's network interfaces on this machine."""
    names = {path.name for path in Path("/sys/class/net").iterdir()}
    return {name for name in names if name == "docker0" or name.startswith("br-")}
