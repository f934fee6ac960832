"""The Docker engine of this machine, and its errors with a remedy.

Folders are mounted into containers at the same path, so an engine on another machine is of no use.
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
"""Part of the error of the engine, and of programs in a build, when the disk is full."""
_WITHOUT = "or run without Docker: kmig rehearse --runtime local, with Java 17 and Maven"


def address(environ: Mapping[str, str]) -> str:
    """Return the engine's address: DOCKER_HOST, else that of Docker's current context."""
    return environ.get("DOCKER_HOST") or _of_context() or _DEFAULT


def connect(address: str) -> DockerClient:
    """Return a client of the engine; raise `CannotTell` with a remedy when it cannot be used."""
    kind, _, path = address.partition("://")
    if kind != "unix":
        raise CannotTell(
            f"the Docker engine at {address} is not behind a local socket, so it cannot mount this machine's folders",
            f"set DOCKER_HOST to a socket of this machine, {_WITHOUT}",
        )
    _require_socket(address, path)
    try:
        client = DockerClient(base_url=address, version="auto", timeout=_TIMEOUT)
        client.ping()
    except (DockerException, RequestException) as error:
        raise CannotTell(
            f"no Docker engine answers at {address}: {_reason(error)}", f"start Docker, {_WITHOUT}"
        ) from error
    return client


@contextmanager
def engine_call(what: str) -> Iterator[None]:
    """Raise `StepFailed` for what the engine refuses in the body, and `Unreachable` when it does not answer.

    `what` completes "Docker could not".
    """
    try:
        yield
    except APIError as error:
        message = _reason(error)
        hint = ""
        if "address already in use" in message or "port is already allocated" in message:
            hint = "rerun the command: another program took the port meanwhile"
        elif NO_ROOM in message:
            hint = "free space where the engine keeps its data (docker system df), then rerun the command"
        raise StepFailed(f"Docker could not {what}: {message}", hint) from error
    except (DockerException, RequestException) as error:
        raise Unreachable(
            f"the Docker engine stopped answering when asked to {what}",
            "start Docker, then rerun the command: it removes what is left of this rehearsal",
        ) from error


def _of_context() -> str:
    """Return the socket of the context that the docker command would use."""
    try:
        return str(ContextAPI.get_current_context().Host or "")
    except DockerException:
        return ""


def _require_socket(address: str, path: str) -> None:
    """Raise `CannotTell` for what a person can put right, before a library hides it."""
    with socket.socket(socket.AF_UNIX) as local:
        local.settimeout(_TIMEOUT)
        try:
            local.connect(path)
        except PermissionError as error:
            raise CannotTell(
                f"no permission to use the Docker engine at {address}",
                f"run sudo usermod -aG docker $USER and log in again, {_WITHOUT}",
            ) from error
        except OSError as error:
            started = "start it (sudo systemctl start docker)" if Path(path).parent.exists() else ""
            raise CannotTell(
                f"no Docker engine answers at {address}: {error.strerror or error}",
                f"{started or 'set DOCKER_HOST to its socket'}, {_WITHOUT}",
            ) from error


def _reason(error: Exception) -> str:
    """Return the first line of the engine's own explanation, or what became of the connection."""
    reason = getattr(error, "explanation", None) or why(error, _TIMEOUT)
    return str(reason).strip().partition("\n")[0]
