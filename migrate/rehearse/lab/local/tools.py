"""Java and Maven of this machine."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import CannotTell

_OLDEST_JAVA = 17


@dataclass(frozen=True)
class Tools:
    """Paths of `java` and `mvn`, and the output of `java -version`."""

    java: str
    java_version: str
    maven: str


def find(environ: Mapping[str, str]) -> Tools:
    """Return Java (of JAVA_HOME, else of PATH) and Maven; raise one `CannotTell` that names all that is missing."""
    path = environ.get("PATH", "")
    home = environ.get("JAVA_HOME")
    java = (shutil.which("java", path=str(Path(home) / "bin")) if home else None) or shutil.which(
        "java", path=path
    )
    maven = shutil.which("mvn", path=path)
    version = _version(java) if java else ""
    missing = []
    if not java or _major(version) < _OLDEST_JAVA:
        missing.append(f"Java {_OLDEST_JAVA} or newer ({_java_found(version)})")
    if not maven:
        missing.append("Maven")
    if missing or not java or not maven:
        raise CannotTell(
            f"real clusters on this machine need {' and '.join(missing)}",
            "install them; on Debian or Ubuntu: apt-get install openjdk-17-jre-headless maven",
        )
    return Tools(java, version, maven)


def _version(java: str) -> str:
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    return answer.stderr.strip()


def _major(version: str) -> int:
    match = re.search(r'version "(\d+)(?:\.(\d+))?', version)
    if match is None:
        return 0
    return int(match[2] or 0) if match[1] == "1" else int(match[1])


def _java_found(version: str) -> str:
    major = _major(version)
    return f"found {major}" if major else "none found"
