"""Probes run in processes of their own: what a process does to end is what the probe comes to."""

import json
import subprocess
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from migrate.model.permissions import PROBE_PREFIX
from migrate.model.probe import Probe
from migrate.probes import registry
from migrate.probes.catalogue import CATALOG, probe
from migrate.probes.run import Probing
from migrate.probes.sweep import mine

SECRET = "marker-of-a-password"


def ended(code: str, monkeypatch: pytest.MonkeyPatch, seconds: float = 20.0) -> tuple[str, str]:
    """What a probe comes to whose process runs this code instead."""

    real = subprocess.Popen

    def popen(command: list[str], **more: Any) -> Any:
        return real([command[0], "-c", code], **more)

    monkeypatch.setattr(subprocess, "Popen", popen)
    probing = Probing("127.0.0.1:1", {"sasl.password": SECRET})
    found = probing.outcome(probe("topic-ids"), "requests", seconds)
    return found.result, found.evidence


ANSWER = json.dumps({"result": "pass", "evidence": "fine"})


def test_an_answer_is_taken_even_after_other_output(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended(f"print('noise'); print({ANSWER!r})", monkeypatch) == ("pass", "fine")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "ended by SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV"),
        ("raise SystemExit('broken')", "ended with 1: broken"),
        ("pass", "ended with 0: nothing was said"),
        ("import time; time.sleep(30)", "no answer within 1 s"),
    ],
)
def test_however_it_ends_it_is_a_finding(
    code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, evidence = ended(code, monkeypatch, 1.0 if "sleep" in code else 20.0)
    assert result == "fail"
    assert said in evidence


def test_a_failure_is_asked_once_more_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    code = (
        f"import pathlib; p = pathlib.Path({str(tmp_path)!r}) / 'seen'\n"
        f"print({ANSWER!r}) if p.exists() else p.touch()"
    )
    result, evidence = ended(code, monkeypatch)
    assert result == "pass"
    assert (
        evidence
        == "fine (at the second attempt; at the first: the client's process ended with 0: nothing was said)"
    )


def test_the_password_stands_in_no_argument_list(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; given = sys.stdin.read(); print(sys.argv); raise SystemExit(str(sys.argv))"
    _, evidence = ended(code, monkeypatch)
    assert SECRET not in evidence


def test_only_its_own_names_and_old_ones_are_removed() -> None:
    run = Probing("127.0.0.1:1", {}).settings.run
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
    asked = {(name, "requests") for name in registry.ASKED}
    through = {(one.name, c) for one, c in every() if c != "requests"}
    assert asked | through == {(one.name, client) for one, client in every()}
    assert {name for name, _ in through} == set(registry.THROUGH)
