"""`kmig rehearse`: the other way round (4.3.1 to 3.9.1), the folder it leaves, and --hold."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from migrate.rehearse.lab.command import CommandResult, kmig
from migrate.rehearse.lab.local.home import Home

ROOT = Path(__file__).parents[2]
BARE = Path(__file__).parents[1] / "scenarios" / "bare"


def still(folder: Path) -> Path:
    """Scenario first-wave without its clients, up to where the first wave would be copied."""
    shutil.copytree(ROOT / "scenarios" / "first-wave", folder)
    raw = yaml.safe_load((folder / "scenario.yaml").read_text())
    until = raw["commands"].index({"event": "start-clients"})
    ends = [{"run": "status"}, {"run": "audit --check"}]
    left = {"commands": raw["commands"][:until], "clients": [], "afterwards": ends}
    (folder / "scenario.yaml").write_text(yaml.safe_dump({**raw, **left}))
    return folder


@pytest.fixture(scope="module")
def rehearsed(
    homes: dict[str, Home], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, CommandResult]:
    folder = tmp_path_factory.mktemp("rehearsed") / "migration"
    scenario = still(folder.parent / "still")
    versions = ["--source-version", "4.3.1", "--target-version", "3.9.1"]
    ran = kmig(
        ["rehearse", str(scenario), "--folder", str(folder), *versions], folder.parent, os.environ
    )
    assert ran.code == 0, ran.out + ran.err
    return folder, ran


def test_it_shows_what_was_found_planned_done_and_proven(
    rehearsed: tuple[Path, CommandResult],
) -> None:
    folder, ran = rehearsed
    assert ran.out.splitlines()[-1] == f"folder: {folder}"
    assert "verdict: pass" in ran.out
    assert "starting the source: Kafka 4.3.1" in ran.err
    assert "starting the target: Kafka 3.9.1" in ran.err
    assert "effective rights  pass" in ran.out
    assert "secrets           pass" in ran.out
    peak = float(ran.out.partition("peak memory ")[2].split()[0])
    assert 0.1 < peak < 2.0


def test_the_folder_alone_still_answers(rehearsed: tuple[Path, CommandResult]) -> None:
    folder, _ = rehearsed
    assert kmig(["status"], folder, os.environ).code == 0
    assert kmig(["audit", "--check"], folder, os.environ).code == 0
    ran = kmig(["-C", str(folder), "verify"], folder.parent, os.environ)
    assert ran.code == 3
    assert "cannot reach the source at 127.0.0.1:" in ran.err
    assert ran.seconds < 10


def test_one_changed_byte_is_named(rehearsed: tuple[Path, CommandResult]) -> None:
    folder, _ = rehearsed
    journal = folder / "journal.jsonl"
    good = journal.read_bytes()
    position = len(good) // 2
    line = good[:position].count(b"\n") + 1
    try:
        journal.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        ran = kmig(["audit", "--check"], folder, os.environ)
    finally:
        journal.write_bytes(good)
    assert ran.code == 1
    assert f"line {line}" in ran.err or f"line {line + 1}" in ran.err


def test_a_rewritten_journal_is_caught_by_a_head_kept_elsewhere(
    rehearsed: tuple[Path, CommandResult],
) -> None:
    folder, _ = rehearsed
    assert kmig(["audit", "--head", "0" * 64], folder, os.environ).code == 1
    ran = kmig(["-o", "json", "audit", "--check"], folder, os.environ)
    head = json.loads(ran.out)["head"]
    assert kmig(["audit", "--head", head], folder, os.environ).code == 0


def test_nothing_outlives_a_rehearsal_that_is_killed(
    homes: dict[str, Home], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "migrate", "rehearse", str(BARE), "--hold"]
    held = subprocess.Popen(
        [*command, "--folder", str(tmp_path / "killed")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert held.stderr
    try:
        assert any("until Control-C" in line for line in held.stderr)
        family = descendants(held.pid)
    finally:
        held.kill()
        held.wait()
        held.stderr.close()
    assert len(family) >= 2
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in family):
        assert time.monotonic() < deadline, "a server outlived the rehearsal"
        time.sleep(0.05)


def descendants(root: int) -> set[int]:
    found: set[int] = set()
    for children in Path(f"/proc/{root}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found |= {child} | descendants(child)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_hold_keeps_the_clusters_up_until_it_is_interrupted(
    homes: dict[str, Home], tmp_path: Path
) -> None:
    folder = tmp_path / "held"
    command = [sys.executable, "-m", "migrate", "rehearse", str(BARE), "--hold"]
    held = subprocess.Popen(
        [*command, "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert held.stderr
    said = []
    try:
        for line in held.stderr:
            said.append(line)
            if "until Control-C" in line:
                break
        assert any(line.startswith("source  127.0.0.1:") for line in said), said
        assert kmig(["verify", "acls"], folder, os.environ).code == 0
        held.send_signal(signal.SIGINT)
        out, _ = held.communicate(timeout=30)
    finally:
        held.kill()
        held.wait()
        held.stderr.close()
        if held.stdout:
            held.stdout.close()
    assert held.returncode == 0
    assert out.splitlines()[-1] == f"folder: {folder}"
    time.sleep(0.2)
    assert kmig(["verify", "acls"], folder, os.environ).code == 3
