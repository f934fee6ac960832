"""The Docker engine of this machine, and what it says when it cannot.

Folders are mounted into containers at the same path, so that an engine elsewhere is of no use.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from docker import DockerClient
from docker.context import ContextAPI
from docker.errors import APIError, DockerException
from requests import RequestException

from migrate.adapters.connection_errors import why
from migrate.errors import CannotTell, StepFailed, Unreachable

_DEFAULT = "unix:///var/run/docker.sock"
_TIMEOUT = 60
NO_ROOM = "no space left on device"
"""How the engine, and what runs in a build, say that the disk is full."""
_WITHOUT = "or leave it out: kmig rehearse --runtime local, with Java 17 and Maven"


def address(environ: Mapping[str, str]) -> str:
    """Where the engine is: as DOCKER_HOST says, else Docker's current context."""
    return environ.get("DOCKER_HOST") or _of_context() or _DEFAULT


def connect(address: str) -> DockerClient:
    """A client of the engine; `CannotTell` with a remedy when there is none to use."""
    kind, _, path = address.partition("://")
    if kind != "unix":
        raise CannotTell(
            f"the Docker engine at {address} may be another machine, and folders of this one are mounted",
            f"let DOCKER_HOST name a socket of this machine, {_WITHOUT}",
        )
    _knock(address, path)
    try:
        client = DockerClient(base_url=address, version="auto", timeout=_TIMEOUT)
        client.ping()
    except (DockerException, RequestException) as error:
        raise CannotTell(
            f"no Docker engine answers at {address}: {_said(error)}", _WITHOUT
        ) from error
    return client


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Ask the engine for something: what it refuses is `StepFailed`, and `Unreachable` when it does not answer."""
    try:
        yield
    except APIError as error:
        message = _said(error)
        hint = ""
        if "address already in use" in message or "port is already allocated" in message:
            hint = "something else took the port in the meantime; start again"
        elif NO_ROOM in message:
            hint = "make room where the engine keeps its data (docker system df), then start again"
        raise StepFailed(f"Docker could not {what}: {message}", hint) from error
    except (DockerException, RequestException) as error:
        raise Unreachable(
            f"the Docker engine does not answer any more, asked to {what}",
            "what it still runs is removed by the next kmig rehearse --runtime docker",
        ) from error


def _of_context() -> str:
    """The socket of the context that the docker command would use."""
    try:
        return str(ContextAPI.get_current_context().Host or "")
    except DockerException:
        return ""


def _knock(address: str, path: str) -> None:
    """The reasons that a person can mend, before any library hides them."""
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(_TIMEOUT)
        try:
            door.connect(path)
        except PermissionError as error:
            raise CannotTell(
                f"this user may not use the Docker engine at {address}",
                f"sudo usermod -aG docker $USER and a new login, {_WITHOUT}",
            ) from error
        except OSError as error:
            started = "start it (sudo systemctl start docker)" if Path(path).parent.exists() else ""
            raise CannotTell(
                f"no Docker engine answers at {address}: {error.strerror or error}",
                f"{started or 'name its socket in DOCKER_HOST'}, {_WITHOUT}",
            ) from error


def _said(error: Exception) -> str:
    """In the engine's own words, or what became of the connection."""
    said = getattr(error, "explanation", None) or why(error, _TIMEOUT)
    return str(said).strip().partition("\n")[0]
