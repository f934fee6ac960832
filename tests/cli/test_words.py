"""Where global options may stand, and how examples are shown."""

from pathlib import Path

import pytest

from migrate.cli.main import app, main
from migrate.cli.words import globals_first
from migrate.errors import Exit

EXAMPLE = Path(__file__).parents[2] / "plans" / "first-wave"


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("-C d status", "-C d status"),
        ("status -C d", "-C d status"),
        ("status -o json -C d", "-o json -C d status"),
        ("plan --why x -ojson", "-ojson plan --why x"),
        ("plan --output=json --why x", "--output=json plan --why x"),
        ("verify acls -- -C d", "verify acls -- -C d"),
        ("status -C", "-C"),
        ("apply 1 --export terraform", "apply 1 --export terraform"),
    ],
)
def test_a_global_option_is_taken_wherever_it_stands(typed: str, taken: str) -> None:
    assert globals_first(typed.split()) == taken.split()


def test_no_command_has_an_option_of_its_own_by_a_global_name(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for command in app.registered_commands:
        main([command.name or "", "--help"])
        options = capfd.readouterr().out.partition("Options:")[2]
        assert not {"-C", "-o", "--output"} & set(options.replace(",", " ").split())


def test_a_global_option_after_the_verb_works(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--check", "-C", str(EXAMPLE), "-o", "json"]) == Exit.OK
    assert '"schema_version"' in capfd.readouterr().out


def test_a_global_option_without_its_value_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-C"]) == Exit.USAGE
    assert "error: option `-C` needs a value\nhint: run `kmig --help`" in capfd.readouterr().err


def test_help_shows_examples_one_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    main(["plan", "--help"])
    lines = capfd.readouterr().out.splitlines()
    first = lines.index("  Examples:")
    assert lines[first + 1].strip() == "kmig plan --why order-enricher"
    assert lines[first + 2].strip().startswith("kmig plan --diff ")


@pytest.mark.parametrize(
    ("typed", "said", "path"),
    [
        ("statu", "unknown command: `statu` (did you mean `status`?)", "kmig"),
        ("nothing", "unknown command: `nothing`", "kmig"),
        ("apply", "missing argument `WAVE`", "kmig apply"),
        ("apply x", "invalid value for `WAVE`: it must be a whole number", "kmig apply"),
        ("status extra", "unexpected argument: `extra`", "kmig status"),
        ("status --nope", "unknown option: `--nope`", "kmig status"),
        ("verify --wav 1", "unknown option: `--wav` (did you mean `--wave`?)", "kmig verify"),
        ("inventory --scan", "option `--scan` needs a value", "kmig"),
        (
            "replicate 1 --window -3",
            "invalid value for `--window`: it must be 0.5 or more",
            "kmig replicate",
        ),
        (
            "show topic",
            "invalid value for `WHAT`: `topic` is not one of `topics`, `acls`, `groups`, `connectors`, `users` "
            "(did you mean `topics`?)",
            "kmig show",
        ),
    ],
)
def test_a_usage_error_is_printed_as_every_error(
    typed: str, said: str, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(typed.split()) == Exit.USAGE
    shown = capfd.readouterr()
    assert shown.err == f"error: {said}\nhint: run `{path} --help`\nexit 2\n"
    assert shown.out == ""


def test_help_and_a_version_end_well(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == Exit.OK
    assert main(["status", "-h"]) == Exit.OK
    assert main(["--version"]) == Exit.OK
    assert main([]) == Exit.USAGE
    assert "Usage: kmig" in capfd.readouterr().err
