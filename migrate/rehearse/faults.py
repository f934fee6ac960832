"""What goes wrong in a rehearsal on purpose: a worker killed or cut off, brokers frozen in mid command."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from migrate.errors import KmigError
from migrate.folder import JOURNAL
from migrate.rehearse.lab.disposable.worker import Worker
from migrate.rehearse.scenario import Fault
from migrate.rehearse.setup import Rehearsal

_POLL_SECONDS = 0.02


def kill_copier(here: Rehearsal) -> None:
    """SIGKILL to the Connect worker in the middle of its copy, and a new one in its place."""
    copier = _copier(here)
    copier.server.kill()
    copier.start()
    copier.wait_ready()
    here.say("  the copier's worker was killed with -9 and started anew")


def cut_copier(here: Rehearsal) -> None:
    """The Connect worker that copies loses the source; the target and kmig still reach it."""
    _copier(here).server.cut("source")
    here.say("  the copier's worker lost the source")


def mend_copier(here: Rehearsal) -> None:
    """It finds the source again."""
    _copier(here).server.mend("source")
    here.say("  the copier's worker may reach the source again")


@contextmanager
def during(here: Rehearsal, fault: Fault | None) -> Iterator[None]:
    """Let the fault come while the body runs; a fault that never came fails the rehearsal."""
    if fault is None:
        yield
        return
    over, came = threading.Event(), threading.Event()
    failed: list[KmigError] = []

    def freeze() -> None:
        try:
            if _begun(here, fault.at, over):
                came.set()
                _freeze(here, fault.freeze_target_seconds, over)
        except KmigError as error:
            failed.append(error)

    thread = threading.Thread(target=freeze)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]
    if not came.is_set():
        raise KmigError(f"no step {fault.at} began, at which the target was to be frozen")
    here.say(
        f"  the target was frozen for {fault.freeze_target_seconds:.0f} s as a step {fault.at} began"
    )


def _freeze(here: Rehearsal, seconds: float, over: threading.Event) -> None:
    for server in here.target.servers:
        server.pause()
    ended = over.wait(seconds)
    for server in here.target.servers:
        server.resume()
    if ended:
        raise KmigError(f"the command ended before the target had been frozen for {seconds:.0f} s")


def _begun(here: Rehearsal, operation: str, over: threading.Event) -> bool:
    """Wait for the journal's line that says so; False when the body ended before."""
    journal, mark = here.folder / JOURNAL, f'"op":"{operation}"'
    while not over.wait(_POLL_SECONDS):
        if journal.exists() and mark in journal.read_text(encoding="utf-8"):
            return True
    return False


def _copier(here: Rehearsal) -> Worker:
    if here.copier is None:
        raise KmigError("the scenario has no copier that anything could happen to")
    return here.copier
