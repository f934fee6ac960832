"""Every probe in a process of its own: one that hangs is killed, one that kills its client is a finding."""

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from typing import NamedTuple

from migrate.adapters.kafka.wire import Wire
from migrate.model.probe import Client, Outcome, Probe, Result
from migrate.model.words import count
from migrate.probes.sandbox import Settings
from migrate.probes.sweep import swept

SECONDS = 120.0
"""Bound of one probe's process."""

AT_ONCE = 4
"""Probes that run beside each other: a target, or this machine, that cannot take more makes them time out."""

_LONGER = 2
_LAST_LINE = 300

Pair = tuple[Probe, Client]


class _Attempt(NamedTuple):
    """Which attempt it is, how many seconds its process may take, and how much longer its waits are."""

    number: int
    seconds: float
    patience: float


class ProbeRun:
    """One run of probes against one side."""

    def __init__(
        self,
        bootstrap: str,
        client: dict[str, str],
        site: str = "target",
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        # the time in the name lets a later run remove what a killed one left, and nothing younger
        run = f"{int(time.time()):x}{secrets.token_hex(2)}"
        self.settings = Settings(bootstrap=bootstrap, client=client, run=run, site=site)
        self.attempts = 2
        self._tell = tell
        self._stopped = False
        self._running: set[subprocess.Popen[str]] = set()

    def outcomes(self, probes: Iterable[Probe], seconds: float = SECONDS) -> Iterator[Outcome]:
        """Yield the outcome of each probe through each of its clients, as they end; several run at once.

        A probe that fails is repeated when all others have ended, with twice the time: it may have waited for a
        cluster that was starting, or for a machine that was busy with the others. A few are repeated one at a time.
        """
        pairs = [(probe, client) for probe in probes for client in probe.clients]
        failed: dict[Pair, Outcome] = {}
        for pair, outcome in self._run(pairs, _Attempt(1, seconds, 1), AT_ONCE):
            if outcome.result == "fail" and self.attempts > 1:
                failed[pair] = outcome
            else:
                yield outcome
        if not failed:
            return
        self._tell(f"repeating {count(len(failed), 'probe')} that failed, with twice the time")
        again = _Attempt(2, _LONGER * seconds, _LONGER)
        at_once = 1 if len(failed) <= AT_ONCE else AT_ONCE
        for pair, outcome in self._run(list(failed), again, at_once):
            yield _repeated(failed[pair], outcome)

    def _run(
        self, pairs: list[Pair], attempt: _Attempt, at_once: int
    ) -> Iterator[tuple[Pair, Outcome]]:
        self._stopped = False
        with ThreadPoolExecutor(at_once) as pool:
            waiting = {pool.submit(self._once, *pair, attempt): pair for pair in pairs}
            try:
                for done in as_completed(waiting):
                    yield waiting[done], done.result()
            finally:
                for future in waiting:
                    future.cancel()
                self._stopped = True
                for process in tuple(self._running):
                    process.kill()

    def _once(self, probe: Probe, client: Client, attempt: _Attempt) -> Outcome:
        began = time.monotonic()
        own = {"run": f"{self.settings.run}-{client[0]}{attempt.number}"}
        settings = self.settings.model_copy(update={**own, "patience": attempt.patience})
        given = {"settings": settings.model_dump(), "probe": probe.name, "client": client}
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "migrate.probes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self._running.add(process)
            if self._stopped:  # it was started while the others were being killed
                process.kill()
            try:
                out, errors = process.communicate(json.dumps(given), timeout=attempt.seconds)
                result, evidence = _answer(process.returncode, out, errors)
            except subprocess.TimeoutExpired:
                process.kill()
                result, evidence = "fail", f"no answer within {attempt.seconds:.0f} s"
            finally:
                self._running.discard(process)
        took = round(time.monotonic() - began, 2)
        return Outcome(
            probe=probe.name, client=client, result=result, seconds=took, evidence=evidence
        )

    def sweep(self, wire: Wire, kinds: Iterable[str] = ()) -> tuple[str, ...]:
        """Remove what this run made, and what runs of more than an hour ago left; return what could not be removed.

        Only things of these kinds, or of all.
        """
        return swept(wire, self.settings.run, frozenset(kinds))


def _repeated(first: Outcome, second: Outcome) -> Outcome:
    """Return the second outcome, whose evidence also tells the first one's."""
    same = second.result == "fail" and second.evidence == first.evidence
    before = "repeated: the same" if same else f"repeated; first attempt: {first.evidence}"
    return second.model_copy(update={"evidence": f"{second.evidence} ({before})"})


def _answer(code: int, out: str, errors: str) -> tuple[Result, str]:
    """Return the probe's answer, or how its process ended without one."""
    with suppress(ValueError, KeyError, IndexError):
        answer = json.loads(out.splitlines()[-1])
        return answer["result"], answer["evidence"]
    if code < 0:
        return "fail", f"the client's process was killed by {signal.Signals(-code).name}"
    ended = f"the client's process ended with exit code {code}"
    if not errors.strip():
        return "fail", f"{ended} and no output"
    return "fail", f"{ended}: {errors.strip().splitlines()[-1][:_LAST_LINE]}"
