"""Completion: what a shell offers, in the form of each shell, without the modules that a command works with."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.cli.commands import COMMANDS
from migrate.cli.main import main

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "plans" / "first-wave"
SHELLS = ("bash", "zsh", "fish")


def asked(shell: str, typed: str) -> dict[str, str]:
    """What the shell's script sets when TAB is pressed at the end of a line."""
    if shell == "bash":
        words = typed.split(" ")
        place = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    else:
        place = {"_TYPER_COMPLETE_ARGS": typed, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    return {"_KMIG_COMPLETE": f"complete_{shell}", **place}


def offered(
    shell: str, typed: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> str:
    for name, value in asked(shell, typed).items():
        monkeypatch.setenv(name, value)
    assert main([]) == 0
    said = capfd.readouterr()
    assert not said.err
    return said.out


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("kmig re", "replicate review rehearse"),
        ("kmig rehearse ", "broker-paused first-wave network-cut tiny"),
        ("kmig rehearse fi", "first-wave"),
        ("kmig rehearse tiny --runtime ", "local docker"),
        ("kmig verify a", "acls access"),
        ("kmig verify acls off", "offsets"),
        (f"kmig -C {EXAMPLE} apply ", "1 2"),
        (f"kmig -C {EXAMPLE} plan --why l", "ledger"),
        ("kmig show g", "groups"),
        (f"kmig -C {EXAMPLE} show topics --workload d", "dashboard"),
        (f"kmig -C {EXAMPLE} show topics --wave ", "1 2"),
        ("kmig -o ", "table json"),
        ("kmig -C /nowhere approve ", ""),
        (f"kmig -C {ROOT} plan --why ", ""),
    ],
)
def test_known_values_are_offered(
    typed: str, found: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert offered("bash", typed, monkeypatch, capfd).split() == found.split()


@pytest.mark.parametrize(
    "plan", ["", "[]", '{"waves": 3}', '{"waves": [{"number": 1}]}', "[" * 9999]
)
def test_a_damaged_plan_offers_nothing(
    plan: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_text(plan)
    assert offered("bash", f"kmig -C {tmp_path} apply ", monkeypatch, capfd).split() == []


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_all_commands(
    shell: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    out = offered(shell, "kmig ", monkeypatch, capfd)
    assert all(name in out for name in COMMANDS)
    if shell != "bash":
        assert "Order waves" in out or COMMANDS["plan"][:20] in out


@pytest.mark.parametrize("typed", ["kmig ", "kmig rehearse ", "kmig verify ", "kmig plan --why "])
def test_no_client_library_is_imported(typed: str) -> None:
    code = (
        "import json, sys; from migrate.cli.main import main; main([])\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asked("bash", typed)},
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(json.loads(ran.stdout.splitlines()[-1]))
    assert not imported & {"kafka", "confluent_kafka", "httpx", "docker", "jinja2", "cryptography"}
    assert typed == "kmig verify " or "migrate.documents" not in imported


def test_bash_completes_with_the_script_that_kmig_shows(tmp_path: Path) -> None:
    """A real bash; the script names kmig, which is here as on a path."""
    (tmp_path / "kmig").symlink_to(Path(sys.executable).with_name("kmig"))
    bash = shutil.which("bash")
    assert bash
    script = (
        'eval "$(kmig --show-completion bash)"; complete -p kmig\n'
        "COMP_WORDS=(kmig rehearse ne); COMP_CWORD=2; _kmig_completion kmig\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    environ["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    ran = subprocess.run(
        [bash, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "network-cut", ran.stdout + ran.stderr
