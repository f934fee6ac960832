"""Faults that a rehearsal causes: a worker killed or cut off, brokers frozen while a command runs."""

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
    """Send SIGKILL to the Connect worker while it copies, and start a new one."""
    copier = _copier(here)
    copier.server.kill()
    copier.start()
    copier.wait_ready()
    here.say("  the copier's worker was killed with SIGKILL and started again")


def cut_copier(here: Rehearsal) -> None:
    """Cut the Connect worker that copies off the source; the target and kmig still reach it."""
    _copier(here).server.cut("source")
    here.say("  the copier's worker was cut off the source")


def mend_copier(here: Rehearsal) -> None:
    """Connect the Connect worker that copies to the source again."""
    _copier(here).server.mend("source")
    here.say("  the copier's worker may reach the source again")


@contextmanager
def during(here: Rehearsal, fault: Fault | None) -> Iterator[None]:
    """Cause the fault while the body runs; raise `KmigError` when it never happened."""
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
        raise KmigError(
            f"no step `{fault.at}` began, so the target was never frozen",
            "name an operation of the command's wave under `fault.at`",
        )
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
        raise KmigError(
            f"the command ended before the target had been frozen for {seconds:.0f} s",
            "lower `freeze_target_seconds` in the scenario",
        )


def _begun(here: Rehearsal, operation: str, over: threading.Event) -> bool:
    """Return whether a step of the operation is in the journal before the body ends."""
    journal, mark = here.folder / JOURNAL, f'"op":"{operation}"'
    while not over.wait(_POLL_SECONDS):
        if journal.exists() and mark in journal.read_text(encoding="utf-8"):
            return True
    return False


def _copier(here: Rehearsal) -> Worker:
    if here.copier is None:
        raise KmigError(
            "the scenario has no live clients, so no copier was started",
            "add `clients` to the scenario, or remove its copier events",
        )
    return here.copier
