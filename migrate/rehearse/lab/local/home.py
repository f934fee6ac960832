"""Kafka of one version on this machine: jars from Maven, and class-data archives that make a JVM start fast.

Cache layout: `CACHE/kafka-VERSION/libs/*.jar`, `CACHE/kafka-VERSION/broker-HASH.jsa` (and `connect-`), where HASH
stands for the JVM and the class path: an archive of another JVM is never looked at.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import CannotTell
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.lab.disposable.server import ListenAddress, Program, Server
from migrate.rehearse.lab.local.parent_death import tied_to_parent
from migrate.rehearse.lab.local.process import Process
from migrate.rehearse.lab.local.tools import Tools

VERSIONS = ("3.9.1", "4.3.1")
"""Versions whose artifacts are complete in Maven repositories; newer ones lack Connect or the tools."""

POMS = Path(__file__).parent / "kafka"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_LONGEST_SECONDS = 900
_FAST = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData")


@dataclass(frozen=True)
class Home:
    """`Kafka` of one version on this machine: its jars and archives, and the JVM that runs them."""

    version: str
    folder: Path
    tools: Tools

    @property
    def class_path(self) -> str:
        """Return the jars, always in one order: an archive applies to no other."""
        return ":".join(str(jar) for jar in sorted((self.folder / "libs").glob("*.jar")))

    def archive(self, role: str) -> Path:
        """Return the path of the class-data archive of a role (`broker`, `connect`), which may not exist yet."""
        stamp = hashlib.sha256(f"{self.tools.java_version}\n{self.class_path}".encode()).hexdigest()
        return self.folder / f"{role}-{stamp[:12]}.jsa"

    def listen_address(self, host: str) -> ListenAddress:  # noqa: ARG002
        """Return loopback."""
        return ListenAddress(HOST)

    def launch(self, program: Program) -> Server:
        """Start a process that dies with this one, from the main thread (`parent_death`)."""
        return Process(program.name, self.tool(program), program.folder, program.environ)

    def tool(self, program: Program) -> list[str]:
        """Return the JVM's command line. It holds no secret."""
        archive = self.archive(program.role)
        if program.dump:
            shared = [f"-XX:ArchiveClassesAtExit={archive}.new"]
        else:
            shared = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
        if self.version.startswith("3."):
            logging = f"-Dlog4j.configuration=file:{POMS / 'log4j.properties'}"
        else:
            logging = f"-Dlog4j2.configurationFile={POMS / 'log4j2.properties'}"
        memory = ["-Xms64m", f"-Xmx{program.heap}"]
        options = [*_FAST, *memory, *shared, logging, f"-Dkafka.logs.dir={program.folder}"]
        return [
            self.tools.java,
            *options,
            *("-cp", self.class_path),
            program.main,
            *program.arguments,
        ]


def fetch(version: str, cache: Path, tools: Tools, say: Callable[[str], None]) -> Home:
    """Return the home of a version; fetch its jars through Maven if the cache lacks them."""
    if version not in VERSIONS:
        raise CannotTell(
            f"cannot fetch Kafka {version}: the version is unknown", f"use {' or '.join(VERSIONS)}"
        )
    folder = cache / f"kafka-{version}"
    with locked(cache / f"kafka-{version}.lock"):
        if not (folder / "libs").is_dir():
            say(f"fetching Kafka {version} through Maven")
            _download(version, folder, tools)
    return Home(version, folder, tools)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, so that two rehearsals do not fill one cache at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not _taken(handle.fileno()):
            if time.monotonic() > deadline:
                raise CannotTell(
                    f"another rehearsal has held the lock {path} for {_LONGEST_SECONDS} s",
                    "wait for its end, or stop it, then rerun the command",
                )
            time.sleep(0.2)
        yield


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _download(version: str, folder: Path, tools: Tools) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    arriving = Path(tempfile.mkdtemp(prefix="libs-", dir=folder))
    pom = folder / "pom.xml"
    shutil.copy(POMS / f"pom-{version}.xml", pom)
    command = [tools.maven, "-q", "-B", "-f", str(pom), _COPY, "-DincludeScope=runtime"]
    ran = subprocess.run(
        tied_to_parent([*command, f"-DoutputDirectory={arriving}"]),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_SECONDS,
    )
    if ran.returncode or not any(arriving.glob("*.jar")):
        shutil.rmtree(arriving)
        errors = [line for line in ran.stdout.splitlines() if "ERROR" in line][:3]
        raise CannotTell(
            [f"Maven could not fetch Kafka {version}:", *(f"  | {e}" for e in errors)],
            f"run it by hand to see all of its output: mvn -f {pom} {_COPY}",
        )
    os.rename(arriving, folder / "libs")  # noqa: PTH104
