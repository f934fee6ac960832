"""Every page of the project can be read: lines that fit, paragraphs that end, keys that are all explained."""

import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from migrate.documents import config, decisions, replication, secrets, workloads
from tests.pages import PAGES, ROOT, anchors, blocks, breakable, links, paragraphs, prose
from tests.test_layers import ALLOWED

WIDTH = 120
WRITTEN = [p for p in PAGES if p.parent in (ROOT, ROOT / "docs") or p.name == "DESIGN.md"]
KMIG_YAML = (
    config.Config,
    config.SiteConfig,
    config.ConnectConfig,
    config.StoreConfig,
    replication.Replication,
    config.Policy,
)
WORKLOADS_YAML = (
    workloads.Workloads,
    workloads.Workload,
    secrets.CredentialRef,
    secrets.Issued,
    secrets.External,
    workloads.Switch,
    workloads.SwitchCommand,
    workloads.SwitchFile,
    secrets.Rotation,
    secrets.Deliver,
    workloads.Zone,
    decisions.SharedDecision,
    decisions.AclFilter,
    decisions.QuotaFilter,
    decisions.Acknowledgement,
    decisions.Widening,
    decisions.Suppression,
)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_all_pages_are_looked_at() -> None:
    kept = {"README.md", "CHANGELOG.md", "docs/concepts.md", "plans/first-wave/runbook.md"}
    assert kept <= {name(page) for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_line_of_prose_is_wider_than_a_terminal(page: Path) -> None:
    """Tables and code are as wide as they are, and so is what has no space to break at."""
    wide = [n for n, line in prose(page.read_text()) if len(line) > WIDTH and breakable(line)]
    assert wide == [], f"{name(page)}: lines of more than {WIDTH} characters"


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_no_paragraph_has_more_than_four_lines(page: Path) -> None:
    long = [n for n, lines in paragraphs(page.read_text()) if len(lines) > 4]
    assert long == [], f"{name(page)}: paragraphs of more than four lines begin at these"


def test_a_wide_line_is_seen_and_what_cannot_break_is_not() -> None:
    wide = "word " * 30
    link = f"[{wide}]({'x' * 130})"
    text = f"{wide}\n- {wide}\n| {wide} |\n```\n{wide}\n```\n    {wide}\n{link}\n- {'x' * 130}\n"
    assert [n for n, line in prose(text) if len(line) > WIDTH and breakable(line)] == [1, 2]


def test_a_long_paragraph_is_seen_and_a_long_list_is_none() -> None:
    text = "# t\n\n" + "a\n" * 5 + "\n" + "- a\n" * 9 + "\n" + "b\n" * 4 + "\n" + "c\n" * 6
    assert [(n, len(lines)) for n, lines in paragraphs(text) if len(lines) > 4] == [(3, 5), (24, 6)]


@pytest.mark.parametrize(
    ("page", "models"), [("kmig-yaml", KMIG_YAML), ("workloads", WORKLOADS_YAML)]
)
def test_every_key_that_a_person_may_write_is_explained(
    page: str, models: tuple[type[BaseModel], ...]
) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text()
    explained = {
        part
        for line in text.splitlines()
        if line.startswith("| ")
        for word in re.findall(r"`([a-z_.-]+)(?:: true)?`", line)
        for part in word.split(".")
    }
    for model in models:
        for key, field in model.model_fields.items():
            assert (field.alias or key) in explained, f"docs/{page}.md: {model.__name__}.{key}"


@pytest.mark.parametrize(
    ("page", "model"), [("kmig-yaml", config.Config), ("workloads", workloads.Workloads)]
)
def test_defaults_are_documented_as_they_are(page: str, model: type[BaseModel]) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text()
    models = KMIG_YAML if model is config.Config else WORKLOADS_YAML
    for one in models:
        for key, field in one.model_fields.items():
            if isinstance(field.default, float):
                assert re.search(rf"^\| `{key}` \| {field.default:g} \|", text, re.MULTILINE), key


def test_what_is_shown_of_workloads_yaml_can_be_read() -> None:
    text = (ROOT / "docs" / "workloads.md").read_text()
    whole, *parts = [yaml.safe_load(block) for _, block in blocks(text, "yaml")]
    (batch,) = (part for part in parts if "switch" in part)
    example = {**whole, "workloads": [{**whole["workloads"][0], **batch, "rotation": None}]}
    others = [part for part in parts if part is not batch]
    assert len(others) == 3
    for document in (whole, example, *others):
        workloads.Workloads.model_validate(document)


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_scripts_in_pages_are_scripts(page: Path) -> None:
    for begin, block in blocks(page.read_text(), "sh"):
        ran = subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{name(page)}:{begin}: {ran.stderr}"


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_links_lead_to_a_heading(page: Path) -> None:
    for file, heading in links(page.read_text()):
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{name(page)}: {file}"
        if heading:
            assert heading in anchors(target.read_text()), f"{name(page)}: {file}#{heading}"


@pytest.mark.parametrize("page", [p for p in WRITTEN if "esign" in p.name.lower()], ids=name)
def test_files_that_a_design_names_exist(page: Path) -> None:
    sources = [str(p) for room in ("migrate", "tests") for p in (ROOT / room).rglob("*.py")]
    for file in re.findall(r"`(?:\.\./)?((?:[a-z_]+/)*[a-z_]+\.py)`", page.read_text()):
        assert any(p.endswith(f"/{file}") for p in sources), f"{name(page)}: {file}"


ARROW = re.compile(r"^ {4}([a-z& ]+(?:--> [a-z& ]+)+)$", re.MULTILINE)


def test_the_picture_of_the_rooms_shows_what_may_be_imported() -> None:
    text = next(blocks((ROOT / "docs" / "design.md").read_text(), "mermaid"))[1]
    inside = {
        group: re.findall(r"^ {8}([a-z]+)\[", body, re.MULTILINE)
        for group, body in re.findall(r"subgraph ([a-z]+)\[.*?\n(.*?)\n {4}end", text, re.DOTALL)
    }
    arrows = 0
    for line in ARROW.findall(text):
        ends = [
            [i for n in part.split("&") for i in inside.get(n.strip(), [n.strip()])]
            for part in line.split("-->")
        ]
        for above, below in pairwise(ends):
            for one, other in ((a, b) for a in above for b in below):
                arrows += 1
                assert {"*", other} & {entry.partition(".")[0] for entry in ALLOWED[one]}, (
                    one,
                    other,
                )
    assert arrows > 15


def test_every_page_is_in_the_index() -> None:
    listed = {file for file, _ in links((ROOT / "docs" / "README.md").read_text())}
    assert {p.name for p in (ROOT / "docs").glob("*.md")} - listed == {"README.md"}
