"""Probes run in processes of their own: what a process does to end is what the probe comes to."""

import json
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from migrate.model.permissions import PROBE_PREFIX
from migrate.model.probe import Probe
from migrate.probes import registry
from migrate.probes.catalogue import CATALOG, probe
from migrate.probes.run import ProbeRun
from migrate.probes.sweep import mine

SECRET = "marker-of-a-password"


def ended(code: str, monkeypatch: pytest.MonkeyPatch, seconds: float = 20.0) -> tuple[str, str]:
    """What a probe comes to whose process runs this code instead."""

    real = subprocess.Popen

    def popen(command: list[str], **more: Any) -> Any:
        return real([command[0], "-c", code], **more)

    monkeypatch.setattr(subprocess, "Popen", popen)
    probing = ProbeRun("127.0.0.1:1", {"sasl.password": SECRET})
    (outcome,) = probing.outcomes([probe("topic-ids")], seconds)
    return outcome.result, outcome.evidence


ANSWER = json.dumps({"result": "pass", "evidence": "fine"})


def test_an_answer_is_taken_even_after_other_output(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended(f"print('noise'); print({ANSWER!r})", monkeypatch) == ("pass", "fine")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "killed by SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
        ("raise SystemExit('broken')", "ended with exit code 1: broken"),
        ("pass", "ended with exit code 0 and no output"),
        ("import time; time.sleep(30)", "no answer within 1 s"),
    ],
)
def test_however_it_ends_it_is_a_finding(
    code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, evidence = ended(code, monkeypatch, 1.0 if "sleep" in code else 20.0)
    assert result == "fail"
    assert said in evidence


def test_a_failure_that_passes_when_repeated_says_what_the_first_attempt_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = (
        f"import pathlib; p = pathlib.Path({str(tmp_path)!r}) / 'seen'\n"
        f"print({ANSWER!r}) if p.exists() else p.touch()"
    )
    result, evidence = ended(code, monkeypatch)
    assert result == "pass"
    assert evidence == (
        "fine (repeated; first attempt: the client's process ended with exit code 0 and no output)"
    )


def test_a_failure_that_repeats_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    result, evidence = ended("raise SystemExit('broken')", monkeypatch)
    assert result == "fail"
    assert evidence == "the client's process ended with exit code 1: broken (repeated: the same)"


def test_a_probe_that_timed_out_is_repeated_with_twice_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And its own waits are twice as long too."""
    code = (
        "import json, sys, time; patience = json.load(sys.stdin)['settings']['patience']\n"
        f"time.sleep(3 / patience); print({ANSWER!r})"
    )
    result, evidence = ended(code, monkeypatch, 1.2)
    assert result == "pass"
    assert evidence == "fine (repeated; first attempt: no answer within 1 s)"


def test_failures_are_repeated_after_all_others_and_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    code = (
        "import json, sys, time; given = json.load(sys.stdin); name = given['probe']\n"
        f"log = open({str(log)!r}, 'a', buffering=1); again = given['settings']['patience'] > 1\n"
        "log.write(f'begin {name} {again}\\n'); time.sleep(0.3); log.write(f'end {name} {again}\\n')\n"
        f"print({ANSWER!r}) if again or name == 'validate-only' else sys.exit('busy')"
    )
    real, told = subprocess.Popen, list[str]()

    def popen(command: list[str], **more: Any) -> Any:
        return real([command[0], "-c", code], **more)

    monkeypatch.setattr(subprocess, "Popen", popen)
    names = ("topic-ids", "validate-only", "create-topic")
    probing = ProbeRun("127.0.0.1:1", {}, tell=told.append)
    found = {one.probe: one for one in probing.outcomes([probe(name) for name in names])}
    assert {one.result for one in found.values()} == {"pass"}
    assert "repeated" not in found["validate-only"].evidence
    repeats = log.read_text().splitlines()[6:]
    assert [line.split()[0] for line in repeats] == ["begin", "end"] * 2
    assert {line.split()[2] for line in repeats} == {"True"}
    assert told == ["repeating 2 probes that failed, with twice the time"]


def test_the_password_stands_in_no_argument_list(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; given = sys.stdin.read(); print(sys.argv); raise SystemExit(str(sys.argv))"
    _, evidence = ended(code, monkeypatch)
    assert SECRET not in evidence


def test_only_its_own_names_and_old_ones_are_removed() -> None:
    run = ProbeRun("127.0.0.1:1", {}).settings.run
    young = f"{int(run[:-4], 16) - 60:x}abcd"
    old = f"{int(run[:-4], 16) - 7_200:x}abcd"
    names = {
        f"{PROBE_PREFIX}{run}-l1-codec-gzip": True,
        f"{PROBE_PREFIX}{old}-k1-codec-gzip": True,
        f"{PROBE_PREFIX}{young}-k1-codec-gzip": False,
        f"{PROBE_PREFIX}somebody-else": False,
        f"{PROBE_PREFIX}stranger-arrr": True,
        PROBE_PREFIX: False,
        "codec-gzip": False,
    }
    assert {name: mine(name, run) for name in names} == names


def every() -> Iterator[tuple[Probe, str]]:
    for one in CATALOG:
        if one.name not in ("api-versions", "broker-restart"):
            yield from ((one, client) for client in one.clients)


def test_every_probe_of_the_catalogue_can_be_asked_and_no_other() -> None:
    import_module("migrate.probes.__main__")  # as a probe's process does
    asked = {(name, "requests") for name in registry.WITH_REQUESTS}
    through = {(one.name, c) for one, c in every() if c != "requests"}
    assert asked | through == {(one.name, client) for one, client in every()}
    assert {name for name, _ in through} == set(registry.THROUGH_CLIENT)
