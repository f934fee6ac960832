"""The table of commands: all are listed, each on its line, and none is imported for it."""

import json
import re
from pathlib import Path

import pytest

import migrate.cli
from migrate.cli.commands import COMMANDS, command
from migrate.cli.main import main

ROWS = ("kmig", "Python", "confluent-kafka", "librdkafka", "kafka-python")


def test_help_lists_every_command_on_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capfd.readouterr().out.partition("Commands:\n")[2].splitlines()
    assert [line.split(maxsplit=1) for line in listed] == [list(row) for row in COMMANDS.items()]
    assert max(map(len, listed)) <= 80


def test_every_module_with_a_command_is_in_the_table() -> None:
    command_of_its_own = r"^def (\w+)\((\n|.)*?\) -> None:\n    \"\"\"(\n|.)*?Example: kmig \1"
    modules = Path(migrate.cli.__path__[0]).glob("*.py")
    found = {m.stem for m in modules if re.search(command_of_its_own, m.read_text(), re.M)}
    assert found == set(COMMANDS)
    for name in COMMANDS:
        assert command(name).name == name


def test_a_mistyped_command_is_corrected(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["plna"]) == 2
    assert "did you mean `plan`?" in capfd.readouterr().err


@pytest.mark.parametrize("typed", [["-V"], ["--version"], ["--version", "status"]])
def test_versions_are_one_a_line(typed: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(ROWS)
    assert all(re.fullmatch(r"\S+ \d+\.\d+\.\d+\S*", line) for line in lines), lines


@pytest.mark.parametrize("typed", [["-o", "json", "-V"], ["-V", "-o", "json"]])
def test_versions_as_json(typed: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == 0
    assert list(json.loads(capfd.readouterr().out)["versions"]) == list(ROWS)


def test_no_command_is_a_usage_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(tmp_path)]) == 2
    assert "missing command" in capfd.readouterr().err
