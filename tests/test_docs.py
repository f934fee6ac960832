"""Documentation is executed: help against the pages, examples against what kmig prints, lists against the code."""

import re
import shlex
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from migrate.cli.commands import COMMANDS
from migrate.cli.main import main
from migrate.errors import Exit
from migrate.model import permissions
from migrate.model.automq import FACTS
from migrate.probes.catalogue import CATALOG
from tests import protocol_text, settings_page

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
EXAMPLE = ROOT / "plans" / "first-wave"
TYPED_ELSEWHERE = ("guide.md",)  # from beginning to end, by tests/e2e/test_guide.py
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_an_example_and_a_page(name: str) -> None:
    command = getattr(import_module(f"migrate.cli.{name}"), name)
    assert "Example: kmig " in command.__doc__
    page = ROOT / "docs" / f"{name}.md"
    assert page.is_file()
    assert page.read_text().startswith(f"# kmig {name}\n")
    assert f"kmig {name}" in (ROOT / "README.md").read_text()


def examples() -> list[tuple[str, str, str]]:
    """(page, command, output) of every console block whose commands the test can run."""
    found = []
    for page in (page for page in PAGES if page.name not in TYPED_ELSEWHERE):
        for block in BLOCK.findall(page.read_text()):
            for chunk in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = chunk.partition("\n")
                found.append((page.name, command, output))
    return found


@pytest.mark.parametrize(("page", "command", "output"), examples(), ids=lambda part: part[:60])
def test_examples_print_what_they_say(
    page: str, command: str, output: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each `$ kmig …` in a console block is run in a copy of plans/first-wave; `…` stands for any text."""
    folder = tmp_path / "first-wave"
    shutil.copytree(EXAMPLE, folder)
    words = shlex.split(command)
    assert words[0] == "kmig", f"{page}: only kmig is run in a console block"
    main(["-C", str(folder), *words[1:]])
    out, err = capfd.readouterr()
    said = (err + out).replace(str(folder), ".")
    pattern = ".*".join(re.escape(part) for part in output.split("…"))
    assert re.search(pattern, said, re.DOTALL), f"{page}: {command} printed\n{said}"


def test_what_automq_does_otherwise_is_on_its_page_as_the_code_has_it() -> None:
    text = (ROOT / "docs" / "automq.md").read_text().replace("\\_", "_")
    for fact in FACTS:
        assert f"| {fact.differs} | {fact.kmig} |" in text
    assert "not yet: run `kmig verify protocol`" in text


@pytest.mark.parametrize("page", ["assess", "rotate", "automq", "protocol"])
def test_where_bounded_sessions_are_advised_stands_what_they_do_on_automq(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text()
    assert "KAFKA-19561" in text
    assert "max.in.flight.requests.per.connection=1" in text


@pytest.mark.parametrize("page", ["replicate", "automq"])
def test_the_worker_that_copies_into_automq_is_told_not_to_note_topics(page: str) -> None:
    assert "topic.tracking.enable=false" in (ROOT / "docs" / f"{page}.md").read_text()


@pytest.mark.parametrize("scenario", ["broker-paused", "network-cut"])
def test_what_containers_showed_was_written_by_a_run(scenario: str) -> None:
    text = (ROOT / "docs" / "docker.md").read_text()
    shown = text.partition(f"<!-- {scenario} -->")[2].partition(f"<!-- /{scenario} -->")[0]
    assert re.search(r"^wave 1 +\d+\.\d s +\d+\.\d s$", shown, re.MULTILINE)
    assert re.search(r"^lost 0 of [\d,]+ records$", shown, re.MULTILINE)
    assert "verdict: pass" in shown
    assert re.search(r"^error: ", shown, re.MULTILINE), "what the operator read"


def test_the_guide_names_each_file_before_its_block() -> None:
    """A rendered page does not show the name that a fence carries."""
    page = (ROOT / "docs" / "guide.md").read_text()
    for match in re.finditer(r"^```(?!console)\w+ (?:shop/)?(\S+)$", page, re.MULTILINE):
        above = page[: match.start()].rstrip().rpartition("\n\n")[2]
        assert f"`{match[1]}`" in above, match[1]


def test_there_are_examples() -> None:
    assert len(examples()) >= 6


def test_exit_codes_are_documented_as_they_are() -> None:
    text = (ROOT / "README.md").read_text()
    for code in Exit:
        assert f"| {int(code)} |" in text


def test_permissions_are_documented_as_they_are() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text()
    rows = [
        f"| {kind.lower()} | `{name}` | {operation} | {purpose} |"
        for kind, name, operation, purpose in (
            *permissions.SOURCE,
            *permissions.SOURCE_WRITE,
            *permissions.TARGET,
            *permissions.COPIER_SOURCE,
            *permissions.COPIER_TARGET,
            *permissions.WORKER,
        )
    ]
    documented = [
        line
        for line in text.splitlines()
        if line.startswith(("| topic", "| group", "| cluster", "| transactional_id"))
    ]
    assert documented == rows


def test_links_lead_somewhere() -> None:
    for page in (*PAGES, ROOT / "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_probe_is_explained_and_has_its_answers() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text()
    assert "\n".join(protocol_text.explained()) in page
    assert "\n".join(protocol_text.differences()) in page
    for one in CATALOG:
        for client in one.clients:
            assert f"| `{one.name}` | {client} | " in page


def test_the_page_of_settings_is_what_kmigs_own_tables_make() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page()
