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
from migrate.rehearse.lab.disposable.server import Place, Program, Server
from migrate.rehearse.lab.local.leash import leashed
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
    """Where one version's jars and archives are, and the JVM to run them: `Kafka` on this machine."""

    version: str
    folder: Path
    tools: Tools

    @property
    def class_path(self) -> str:
        """Jars in one order, without which an archive does not apply."""
        return ":".join(str(jar) for jar in sorted((self.folder / "libs").glob("*.jar")))

    def archive(self, role: str) -> Path:
        """Where the class-data archive of a role (`broker`, `connect`) is or will be."""
        stamp = hashlib.sha256(f"{self.tools.java_version}\n{self.class_path}".encode()).hexdigest()
        return self.folder / f"{role}-{stamp[:12]}.jsa"

    def place(self, host: str) -> Place:  # noqa: ARG002
        """Loopback, for everybody."""
        return Place(HOST)

    def launch(self, program: Program) -> Server:
        """A process that dies with this one (start it from the main thread: see `leash`)."""
        return Process(program.name, self.tool(program), program.folder, program.environ)

    def tool(self, program: Program) -> list[str]:
        """The JVM's command line. It holds no secret."""
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
    """The home of a version, its jars fetched through Maven if they are not in the cache yet."""
    if version not in VERSIONS:
        raise CannotTell(f"no Kafka {version} here", f"known versions: {', '.join(VERSIONS)}")
    folder = cache / f"kafka-{version}"
    with locked(cache / f"kafka-{version}.lock"):
        if not (folder / "libs").is_dir():
            say(f"fetching Kafka {version} through Maven")
            _download(version, folder, tools)
    return Home(version, folder, tools)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`: two rehearsals fill one cache one after the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not _taken(handle.fileno()):
            if time.monotonic() > deadline:
                raise CannotTell(f"another rehearsal still holds {path}", "wait for it, or end it")
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
        leashed([*command, f"-DoutputDirectory={arriving}"]),
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
            f"to see all of it: mvn -f {pom} {_COPY}",
        )
    os.rename(arriving, folder / "libs")  # noqa: PTH104
