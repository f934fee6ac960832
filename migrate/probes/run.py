"""Every probe in a process of its own: one that hangs is ended, one that kills its client is a finding."""

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress

from migrate.adapters.kafka.wire import Wire
from migrate.model.probe import Client, Outcome, Probe, Result
from migrate.probes.sandbox import Settings
from migrate.probes.sweep import swept

SECONDS = 120.0
"""Bound of one probe's process."""

_AT_ONCE = 4
_SAID = 300


class Probing:
    """One run of probes against a target."""

    def __init__(self, bootstrap: str, client: dict[str, str]) -> None:
        # the time in the name lets a later run remove what a killed one left, and nothing younger
        run = f"{int(time.time()):x}{secrets.token_hex(2)}"
        self.settings = Settings(bootstrap=bootstrap, client=client, run=run)
        self.attempts = 2
        self._stopped = False
        self._running: set[subprocess.Popen[str]] = set()

    def outcomes(self, probes: Iterable[Probe], seconds: float = SECONDS) -> Iterator[Outcome]:
        """Each probe through each of its clients, as they end; several run at once."""
        self._stopped = False
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            running = [
                pool.submit(self.outcome, probe, client, seconds)
                for probe in probes
                for client in probe.clients
            ]
            try:
                for done in as_completed(running):
                    yield done.result()
            finally:
                for one in running:
                    one.cancel()
                self._stopped = True
                for process in tuple(self._running):
                    process.kill()

    def outcome(self, probe: Probe, client: Client, seconds: float = SECONDS) -> Outcome:
        """One probe through one client; what fails is asked once more, because a cluster may just be starting."""
        first = self._once(probe, client, seconds, 1)
        if first.result != "fail" or self.attempts == 1 or self._stopped:
            return first
        again = self._once(probe, client, seconds, 2)
        if again.result == "fail":
            return again
        said = f"{again.evidence} (at the second attempt; at the first: {first.evidence})"
        return again.model_copy(update={"evidence": said})

    def _once(self, probe: Probe, client: Client, seconds: float, attempt: int) -> Outcome:
        began = time.monotonic()
        run = f"{self.settings.run}-{client[0]}{attempt}"
        named = self.settings.model_copy(update={"run": run})
        given = {"settings": named.model_dump(), "probe": probe.name, "client": client}
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "migrate.probes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self._running.add(process)
            if self._stopped:  # it was started while the others were being ended
                process.kill()
            try:
                out, errors = process.communicate(json.dumps(given), timeout=seconds)
                result, evidence = _said(process.returncode, out, errors)
            except subprocess.TimeoutExpired:
                process.kill()
                result, evidence = "fail", f"no answer within {seconds:.0f} s"
            finally:
                self._running.discard(process)
        took = round(time.monotonic() - began, 2)
        return Outcome(
            probe=probe.name, client=client, result=result, seconds=took, evidence=evidence
        )

    def sweep(self, wire: Wire) -> tuple[str, ...]:
        """Remove what this run made, and what runs of more than an hour ago left; what could not be removed."""
        return swept(wire, self.settings.run)


def _said(code: int, out: str, errors: str) -> tuple[Result, str]:
    """The answer, or how the process ended without one."""
    with suppress(ValueError, KeyError, IndexError):
        answer = json.loads(out.splitlines()[-1])
        return answer["result"], answer["evidence"]
    if code < 0:
        return "fail", f"the client's process was ended by {signal.Signals(-code).name}"
    last = (errors.strip().splitlines() or ["nothing was said"])[-1]
    return "fail", f"the client's process ended with {code}: {last[:_SAID]}"
