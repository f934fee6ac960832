"""A connector that is told to run or to stop, waited for until it does."""

from collections.abc import Iterable

from migrate.errors import CannotTell, Refused, StepFailed
from migrate.model.copier import Copier
from migrate.ports import Sites
from migrate.steps.settle import wait

_RUNNING_SECONDS = 60.0
_QUIET_SECONDS = 120.0
"""A connector ends its transaction first: 3 s is usual, 45 s was seen with a backlog on a slow object store."""

_SLOW_STATUS = (
    "set topic.tracking.enable=false on the worker (docs/replicate.md), then rerun the command"
)


def wait_running(sites: Sites, name: str) -> None:
    """Wait until a connector and its tasks run; raise at once if one has failed.

    A connector of which Connect has no status has not failed: whether it runs is unknown.
    """
    copy: Copier | None = None

    def missing() -> str:
        nonlocal copy
        copy = sites.moving.copy.copy(name)
        if copy is None:
            return "Connect does not have it"
        if copy.failure:
            raise Refused(
                f"MirrorMaker did not start: {copy.failure}",
                "remove the cause, then rerun the command",
            )
        return "" if copy.running else copy.shown

    try:
        wait(
            sites,
            f"connector {name} to run",
            missing,
            _RUNNING_SECONDS,
            "read the log of the Connect worker that copies, then rerun the command",
        )
    except StepFailed as error:
        if copy is None or copy.state:
            raise
        raise CannotTell(error.message, _SLOW_STATUS) from error


def quiet(sites: Sites, names: Iterable[str]) -> None:
    """Stop connectors and wait until none of their tasks runs."""
    connect, names = sites.moving.copy, tuple(names)
    for name in names:
        connect.stop(name)

    def running() -> str:
        left = [n for n in names if (copy := connect.copy(n)) is not None and not copy.quiet]
        return f"{', '.join(left)} still ending a transaction" if left else ""

    wait(
        sites,
        "the connectors to stop",
        running,
        _QUIET_SECONDS,
        "read the log of the Connect worker that copies, then rerun the command",
    )
