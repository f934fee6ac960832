"""The image of one Kafka version, built where it is missing: compose/kafka/Dockerfile over a base with Java.

`KMIG_BASE_IMAGE` names another base than the public one, `KMIG_BUILD_NETWORK` the network that the build may use.
"""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

from docker import DockerClient
from docker.errors import ImageNotFound

from migrate.errors import CannotTell
from migrate.rehearse.lab.docker.engine import NO_ROOM, engine_call
from migrate.rehearse.lab.local.home import POMS, VERSIONS

BASE = "eclipse-temurin:17-jre"
_PACKAGE = Path(__file__).parents[3]
_DOCKERFILE = "kafka/Dockerfile"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PAST_THE_BASE = re.compile(r"Step ([3-9]|\d\d+)/")
"""The Dockerfile's second step asks for the base."""


def ensure(
    client: DockerClient, version: str, environ: Mapping[str, str], say: Callable[[str], None]
) -> str:
    """Return the tag of the version's image; build the image unless the engine has it."""
    if version not in VERSIONS:
        raise CannotTell(
            f"no image of Kafka {version}: the version is unknown", f"use {' or '.join(VERSIONS)}"
        )
    base = environ.get("KMIG_BASE_IMAGE") or BASE
    files = _files(version)
    stamp = hashlib.sha256(repr((base, _id(client, base), sorted(files.items()))).encode())
    tag = f"kmig-kafka:{version}-{stamp.hexdigest()[:12]}"
    if not _id(client, tag):
        say(f"building the image of Kafka {version} on {base}, once")
        arguments = {"KMIG_BASE_IMAGE": base, "KAFKA_VERSION": version}
        _build(client, tag, files, arguments, environ.get("KMIG_BUILD_NETWORK", ""))
    return tag


def compose_folder() -> Path:
    """Return the folder of the files for Docker: in the package that was installed, or in the project."""
    places = (_PACKAGE / "compose", _PACKAGE.parent / "compose")
    return next(place for place in places if place.is_dir())


def _id(client: DockerClient, name: str) -> str:
    with engine_call(f"look for the image {name}"):
        try:
            return str(client.images.get(name).id)
        except ImageNotFound:
            return ""


def _files(version: str) -> dict[str, bytes]:
    """Return the build's context: path in the project → content."""
    names = (f"pom-{version}.xml", "log4j.properties", "log4j2.properties")
    resources = {f"migrate/rehearse/lab/local/kafka/{n}": (POMS / n).read_bytes() for n in names}
    return {"Dockerfile": (compose_folder() / _DOCKERFILE).read_bytes(), **resources}


def _build(
    client: DockerClient, tag: str, files: dict[str, bytes], arguments: dict[str, str], network: str
) -> None:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    context.seek(0)
    output: list[str] = []
    with engine_call(f"build {tag}"):
        for line in client.api.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            buildargs=arguments,
            network_mode=network or None,
            rm=True,
            forcerm=True,
            decode=True,
        ):
            output += _COLOUR.sub("", str(line.get("stream", ""))).splitlines()
            if error := line.get("error"):
                raise _failed(tag, arguments["KMIG_BASE_IMAGE"], str(error), output)


def _failed(tag: str, base: str, error: str, output: list[str]) -> CannotTell:
    """Return the error of a build, with its last lines and what a person can do."""
    text = "\n".join([*output, error])
    last = [line for line in output if line.strip()][-4:]
    quoted = [f"  | {line.strip()[:300]}" for line in [*last, error]]
    if NO_ROOM in text.lower():
        return CannotTell(
            [
                f"building the image {tag} failed: the disk is full where Docker keeps its data",
                *quoted,
            ],
            "free space there (docker system df shows what takes it), then rerun the command",
        )
    if not any(_PAST_THE_BASE.match(line) for line in output):
        return CannotTell(
            f"the base image {base} could not be pulled: {error}",
            "set KMIG_BASE_IMAGE to another one; make docker-base builds one from Debian packages",
        )
    return CannotTell(
        [f"building the image {tag} failed:", *quoted],
        "read the last lines of the build above, then rerun the command",
    )
