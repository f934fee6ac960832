"""The command line without a cluster: messages, exit codes, nothing half-written."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrate.cli import evidence
from migrate.cli.main import main
from migrate.folder import INVENTORY, Folder
from migrate.model.use import Observed
from tests.estate import section

EXAMPLE = Path(__file__).parents[2] / "plans" / "first-wave"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    folder = tmp_path / "first-wave"
    shutil.copytree(EXAMPLE, folder)
    return folder


def test_init_writes_what_kmig_can_read_and_never_overwrites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "new"
    assert main(["init", str(target)]) == 0
    folder = Folder(target)
    assert folder.config().name == "new"
    assert "group.id=mm2" in (target / "worker.properties").read_text()
    assert folder.workloads().workloads == ()
    (target / "kmig.yaml").write_text("mine")
    assert main(["init", str(target)]) == 4
    assert "exists and is not overwritten" in capsys.readouterr().err
    assert (target / "kmig.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        *(("a b/c d", "c-d"), ("käse", "k-se"), ("...", "..."), ("ß", "my-migration")),
        # what YAML would read as a number, a date, nothing or a truth value
        *((name, name) for name in ("1", "2026-01-01", "1e3", ".inf", "null", "Yes", "off")),
    ],
)
def test_a_migration_is_named_after_its_directory(
    tmp_path: Path, directory: str, name: str
) -> None:
    assert main(["init", str(tmp_path / directory)]) == 0
    assert Folder(tmp_path / directory).config().name == name


def test_the_worker_of_the_page_is_the_one_that_init_writes(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    page = (Path(__file__).parents[2] / "docs" / "replicate.md").read_text()
    assert f"```properties\n{(tmp_path / 'worker.properties').read_text()}```" in page


def test_the_commented_examples_in_the_drafted_files_are_valid(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    text = (tmp_path / "workloads.yaml").read_text()
    lines = []
    for line in text.splitlines():
        if line.startswith("#  "):
            lines.append(line[1:])
        else:
            lines.append(line.replace(": []", ":").replace(": {}", ":"))
    (tmp_path / "workloads.yaml").write_text("\n".join(lines))
    found = Folder(tmp_path).workloads()
    assert [w.name for w in found.workloads] == ["billing-api"]
    assert len(found.shared) == len(found.leave_behind) == len(found.acknowledge) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["frobnicate"], 2, "unknown command"),
        (["apply"], 2, "missing argument"),
        (["apply", "one"], 2, "invalid value for `WAVE`"),
        (["-o", "xml", "status"], 2, "xml"),
        (["apply", "9", "--yes"], 2, "no wave 9 in plan.json"),
        (["verify", "everything"], 2, "unknown subject to verify: `everything`"),
        (["plan", "--why", "nobody"], 2, "unknown workload: `nobody`"),
        (["rollback", "9", "--yes"], 2, "no wave 9 in plan.json"),
        (["audit", "--head", "ff"], 2, "64 hexadecimal digits"),
        (["audit", "--head", ""], 2, "64 hexadecimal digits"),
        (["rehearse", "nowhere"], 2, "unknown scenario: `nowhere`"),
    ],
)
def test_usage_errors(
    arguments: list[str], code: int, says: str, example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-C", str(example), *arguments]) == code
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["inventory", "plan", "apply 1", "verify", "rollback 1", "status"]
)
def test_an_empty_directory_says_what_is_missing(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["-C", str(tmp_path), *command.split()])
    err = capsys.readouterr().err
    assert code == 2
    assert "kmig.yaml does not exist" in err or "plan.json does not exist" in err
    assert "hint: " in err


def test_a_missing_directory_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("inventory", "plan", "status", "audit"):
        assert main(["-C", str(tmp_path / "nowhere"), command]) == 2
        assert (
            f"migration directory does not exist: {tmp_path / 'nowhere'}" in capsys.readouterr().err
        )


def test_a_command_config_that_is_missing(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-C", str(example), "inventory"]) == 2
    err = capsys.readouterr().err
    assert "cannot read" in err
    assert "source.properties" in err


def test_json_has_a_schema_version(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("status", "audit", "plan", "plan --why order-enricher", "audit --check"):
        assert main(["-C", str(example), "-o", "json", *command.split()]) == 0
        version = 2 if command == "plan" else 1
        assert json.loads(capsys.readouterr().out)["schema_version"] == version


def test_the_source_and_the_target_with_one_address(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = example / "kmig.yaml"
    address = Folder(example).config().source.bootstrap_servers
    target = Folder(example).config().target.bootstrap_servers
    config.write_text(config.read_text().replace(target, address))
    assert main(["-C", str(example), "plan"]) == 4
    assert "have an address in common" in capsys.readouterr().err


def test_no_star_grants_are_printed_where_the_default_is_not_declared_closed(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = example / "kmig.yaml"
    text = config.read_text().replace("  command_config", "  principal: User:kmig\n  #")
    config.write_text(text)
    assert main(["-C", str(example), "inventory", "--permissions"]) == 0
    out = capsys.readouterr().out
    assert "allow User:kmig --operation Read --operation DescribeConfigs --topic '*'" in out
    config.write_text(text.replace("allow_everyone_if_no_acl_found: false", "", 1))
    assert main(["-C", str(example), "inventory", "--permissions"]) == 4
    assert "would shut out all others" in capsys.readouterr().err


def test_evidence_is_kept_for_the_same_cluster_alone(example: Path) -> None:
    folder = Folder(example)
    found = folder.inventory()
    mine, seen = found.cluster.found.cluster_id, section(Observed(decisions=7))
    folder.save(INVENTORY, found.model_copy(update={"observed": seen}))
    assert evidence.kept(folder, mine) == {"observed": seen}
    assert evidence.kept(folder, "another") == {}
    folder.write(INVENTORY, (example / INVENTORY).read_text().replace("7", "8", 1))
    assert evidence.kept(folder, mine) == {}, "edited: made anew"


def test_a_fault_in_workloads_yaml_is_said_before_the_source_is_asked(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example / "workloads.yaml").write_text("workloads: [{name: 7}]\n")
    before = (example / INVENTORY).read_bytes()
    assert main(["-C", str(example), "inventory"]) == 2
    assert "workloads.yaml:1: workload 7: `name` must be a text" in capsys.readouterr().err
    assert (example / INVENTORY).read_bytes() == before


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    (tmp_path / "kmig.yaml").write_text(
        'version: 1\nname: x\nsource: {bootstrap_servers: "127.0.0.1:1"}\n'
        'target: {bootstrap_servers: "127.0.0.1:2"}\n'
    )
    code = (
        "import time; from migrate.cli import main as m, status\n"
        "import typer\n"
        "def slow(context: typer.Context) -> None:\n"
        "    'x'\n"
        "    print('here', flush=True); time.sleep(20)\n"
        "m.app.command('slow')(slow)\n"
        "import sys; sys.argv = ['kmig', 'slow']\n"
        "from migrate.__main__ import run; run()\n"
    )
    ran = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert ran.stdout
    assert ran.stdout.readline() == "here\n"
    time.sleep(0.1)
    ran.send_signal(signal.SIGINT)
    _, err = ran.communicate(timeout=10)
    assert ran.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("after", [0.0, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_a_signal_at_any_moment_of_the_start_is_no_traceback(after: float, example: Path) -> None:
    command = [sys.executable, "-m", "migrate", "-C", str(example), "plan"]
    ran = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _catches(
        ran, signal.SIGTERM
    )  # before kmig's first line the interpreter dies of it, as any program
    time.sleep(after)
    ran.send_signal(signal.SIGTERM)
    _, err = ran.communicate(timeout=20)
    assert "Traceback" not in err
    assert ran.returncode in (0, 130)


def _catches(ran: subprocess.Popen[str], number: int) -> None:
    """Wait until a process has a handler for the signal, as the kernel says."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status = Path(f"/proc/{ran.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
        if int(caught.split()[1], 16) >> (number - 1) & 1:
            return
        time.sleep(0.002)
    raise AssertionError("no handler within 20 s")


def test_a_signal_while_a_class_is_made_is_an_interrupt_too() -> None:
    # before Python 3.12 what `__set_name__` raises comes wrapped; commands import as they go
    code = (
        "from migrate.cli import main as m\n"
        "from migrate.errors import Interrupted\n"
        "def importing():\n"
        "    'x'\n"
        "    raise RuntimeError('Error calling __set_name__') from Interrupted()\n"
        "m.app.command('importing')(importing)\n"
        "import sys; sys.argv = ['kmig', 'importing']\n"
        "from migrate.__main__ import run; run()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert ran.returncode == 130
    assert "interrupted" in ran.stderr
    assert "Traceback" not in ran.stderr


IN_A_FINALIZER = """
import os, signal, sys, time
import migrate.cli.main as command
from migrate.__main__ import run

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.05)

def main(arguments):
    Finalized()
    time.sleep(5)
    return 0

command.main = main
run()
"""


def test_a_signal_where_no_exception_can_leave_is_not_lost() -> None:
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-c", IN_A_FINALIZER], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (130, "")
    assert time.monotonic() - began < 4


def test_output_that_cannot_be_written_is_no_failed_check(example: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        ran = subprocess.run(
            [sys.executable, "-m", "migrate", "-C", str(example), "status"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 3
    assert ran.stderr == (
        "error: cannot write to standard output: No space left on device\nexit 3\n"
    )


def test_a_disk_without_room_for_the_lock_is_named(example: Path) -> None:
    """Not standard output, which can be written to."""
    limit = f"ulimit -f 0; exec {sys.executable} -m migrate -C {example} assess"
    ran = subprocess.run(["bash", "-c", limit], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.startswith(
        f"error: cannot write lock {example / '.kmig.lock'}: File too large\n"
    )
    assert "hint: nothing was changed; free disk space" in ran.stderr


def test_an_error_without_a_file_blames_none(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: Folder) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Folder, "plan", full)
    assert main(["-C", str(example), "status"]) == 3
    assert capsys.readouterr().err == "error: No space left on device\nexit 3\n"


def test_an_ascii_terminal_still_gets_its_answer(example: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "migrate", "-C", str(example), "status"],
        env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_json_nested_without_end_is_refused(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example / "plan.json").write_text("[" * 100_000)
    assert main(["-C", str(example), "status"]) == 4
    assert "plan.json" in capsys.readouterr().err


def test_a_wave_is_not_touched_before_everybody_has_approved_it_as_it_is(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def kmig(*arguments: str) -> tuple[int, str]:
        code = main(["-C", str(example), *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    (example / "journal.jsonl").unlink()  # nothing was executed yet
    config = example / "kmig.yaml"
    text = config.read_text()
    assert kmig("plan")[0] == 0
    wave = Folder(example).plan().waves[1].digest
    with_policy = re.sub(
        r"^policy:\n", "policy:\n  approvals: [owner, security_owner]\n", text, flags=re.M
    )
    assert with_policy != text
    config.write_text(with_policy)
    assert kmig("plan")[0] == 0
    assert Folder(example).plan().waves[1].digest == wave
    assert "`kmig approve 2 --as security_owner`" in (example / "runbook.md").read_text()
    for command in ("cutover", "rotate"):
        code, said = kmig(command, "2", "--yes")
        assert (code, "refused: wave 2 is not approved by its owner" in said) == (4, True)
        assert "hint: run `kmig approve 2 --as owner`" in said
    assert "for billing-team, " in kmig("approve", "2", "--as", "owner")[1]
    assert "not approved by its security owner" in kmig("cutover", "2", "--yes")[1]
    assert kmig("approve", "2", "--as", "security_owner")[0] == 0
    assert "not approved" not in kmig("cutover", "2", "--yes")[1]
    people = example / "workloads.yaml"
    people.write_text(people.read_text().replace("owner: billing-team", "owner: another-team", 1))
    assert kmig("plan")[0] == 0
    code, said = kmig("cutover", "2", "--yes")
    assert code == 4
    assert "the wave has changed since" in said
    assert kmig("audit", "--check")[0] == 0
    assert "approved by kmig approve 2 --as owner: for " in kmig("audit")[1]
    assert kmig("approve", "2", "--as", "nobody")[0] == 2


def test_what_would_be_different_is_said_and_nothing_is_written(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (example / "plan.json").read_bytes()
    assert main(["-C", str(example), "plan", "--diff", str(example / "plan.json")]) == 0
    assert capsys.readouterr().out == "no difference\n"
    (example / "journal.jsonl").unlink()  # as before anything was executed
    people = example / "workloads.yaml"
    people.write_text(
        people.read_text().replace("sensitivity: public", "sensitivity: confidential", 1)
    )
    assert main(["-C", str(example), "plan", "--diff", str(example / "plan.json")]) == 0
    assert (
        "workload web-tracker: wave 1 public-1 → wave 2 confidential-1: sensitivity"
        in capsys.readouterr().out
    )
    assert (example / "plan.json").read_bytes() == before
    assert main(["-C", str(example), "plan", "--diff", "nowhere.json"]) == 2


def test_a_wave_that_is_not_copied_is_no_pass_of_its_copies(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example / "journal.jsonl").unlink()
    assert main(["-C", str(example), "replicate", "1", "--status"]) == 1
    said = capsys.readouterr().err
    assert "the copies of wave 1 were not started" in said
    assert "hint: run `kmig replicate 1`" in said
