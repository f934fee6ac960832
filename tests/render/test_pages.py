"""Runbook and report: nothing in a name becomes more than a name, and what is shown is what the plan says."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from migrate.documents.assessment import TESTS, Assessment, Finding, Readiness
from migrate.documents.plan import Plan
from migrate.estate import Estate
from migrate.journal.entry import ROOT, Entry
from migrate.journal.standing import Journal
from migrate.model.acl import Acl
from migrate.plan.build import planned
from migrate.render.plain import markdown, plain
from migrate.render.report_page import Evidence, page
from migrate.render.runbook import runbook
from migrate.render.tables import why
from migrate.render.wave_map import draw
from tests.estate import config, group, inventory, people, reads, topic, workload

NOTHING = Evidence(Journal(entries=()))
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a' onload='x",
    "`rm -rf /`; $(reboot) && |",
    "abc\u202egpj.exe",
    "שלום \u2067מפה",
    "line\nbreak\r\t",
    "{{ 7*7 }}{% raw %}",
    "</title></svg>]]>",
)


def estate(**more: Any) -> Estate:
    who = people(
        workload("one", "public", writes=reads("t"), zone="web", **more),
        workload("two", "secret", reads=reads("t"), groups=["g"]),
        zones={"web": {}},
    )
    found = inventory(topics=(topic("t"),), groups=(group("g", "t"),))
    return Estate(config(policy={"approvals": ["owner"]}), found, who)


class Seen(HTMLParser):
    """Tags with their attributes, and the text, of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_a_name_in_the_report_and_the_runbook(name: str) -> None:
    acl = Acl(
        principal=f"User:{name}",
        permission="ALLOW",
        operation="READ",
        resource_type="GROUP",
        resource_name=name,
    )
    who = people(workload("one", writes=reads("t"), owner=name, principal=f"User:{name}"))
    odd = Estate(config(), inventory(topics=(topic("t"),), acl=(acl,)), who)
    made = planned(odd)
    harmless = page(planned(estate()), estate(), NOTHING)
    seen = Seen(page(made, odd, NOTHING))
    assert {tag for tag, _ in seen.tags} <= {tag for tag, _ in Seen(harmless).tags}
    assert not [a for _, attrs in seen.tags for a in attrs if a.startswith("on")]
    assert plain(name) in " ".join(seen.words)
    text = runbook(made)
    assert commands(text) == commands(runbook(planned(one_workload())))
    assert "\u202e" not in text + "".join(seen.words)
    rows = [line for line in text.splitlines() if line.startswith("| one |")]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 4, "no name makes another cell"
    assert "<script" not in text


@pytest.mark.parametrize(
    ("number", "cell"),
    [
        (3, "because 1; because 2; because 3"),
        (4, "because 1; because 2; because 3 … and 1 more (kmig plan --why one)"),
        (1203, "because 1; because 2; because 3 … and 1,200 more (kmig plan --why one)"),
    ],
)
def test_a_long_chain_of_reasons_is_cut_in_a_cell_and_printed_by_why(
    number: int, cell: str
) -> None:
    made = planned(one_workload())
    reasons = tuple(f"because {n}" for n in range(1, number + 1))
    (wave,) = made.waves
    placed = wave.workloads[0].model_copy(update={"reasons": reasons})
    long = made.model_copy(update={"waves": (wave.model_copy(update={"workloads": (placed,)}),)})
    (row,) = [line for line in runbook(long).splitlines() if line.startswith("| one |")]
    assert row.endswith(f" | {cell} |")
    words = Seen(page(long, one_workload(), NOTHING)).words
    assert cell in [word.strip() for word in words]
    assert len(why(long, "one") or ()) == 1 + number


def one_workload() -> Estate:
    who = people(workload("one", writes=reads("t")))
    return Estate(config(), inventory(topics=(topic("t"),)), who)


def commands(text: str) -> list[str]:
    return re.findall(r"^\| `(kmig [^`]*)` \|", text, re.M)


def test_names_are_shown_without_what_hides_or_reorders() -> None:
    assert plain("a\u202eb\nc") == "a\\u202eb\\nc"
    assert plain("\x1b[2J\x7f\x9b\u2028\ufeff\ud800") == "\\x1b[2J\\x7f\\x9b\\u2028\\ufeff\\ud800"
    assert plain("grün שלום") == "grün שלום"
    assert markdown("a_b _c_ *d* |<x>`") == "a_b \\_c\\_ \\*d\\* \\|&lt;x&gt;\\`"


def test_the_report_loads_nothing_from_elsewhere() -> None:
    made = estate()
    seen = Seen(page(planned(made), made, NOTHING))
    assert not [a for tag, a in seen.tags if tag in ("link", "img", "iframe", "object", "base")]
    links = [a["href"] for tag, a in seen.tags if tag == "a"]
    assert all(link and (link.startswith("#") or "//" not in link) for link in links)
    assert not [a for tag, a in seen.tags if a.get("src")]


def test_every_label_and_link_of_the_report_leads_somewhere() -> None:
    made = estate()
    seen = Seen(page(planned(made), made, NOTHING))
    ids = [a["id"] for _, a in seen.tags if "id" in a]
    assert len(ids) == len(set(ids))
    anchors = [a["href"] for tag, a in seen.tags if tag == "a"]
    assert {a[1:] for a in anchors if a and a.startswith("#")} <= set(ids)
    filtered = {a.get("data-filter") or a.get("data-column") for _, a in seen.tags}
    assert filtered - {None} <= set(ids) | {"finding-table"}


def test_what_was_judged_and_done_is_on_the_report() -> None:
    made = estate()
    plan: Plan = planned(made)
    readiness = Readiness(
        workload="one", signals=dict.fromkeys(TESTS, "warning"), facts=dict.fromkeys(TESTS, ())
    )
    finding = Finding(
        rule="secret-literal",
        test="secret",
        severity="block",
        subject="connector x",
        workload="one",
        evidence="seen",
        remedy="move it",
    )
    assessment = Assessment(
        as_of=plan.as_of, inputs={}, readiness=(readiness,), findings=(finding,)
    )
    ended = Entry(
        seq=1,
        at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        by="somebody",
        event="end",
        wave=1,
        stage="prepare",
        detail=f"wave {plan.waves[0].work} {plan.waves[0].digest}",
        prev=ROOT,
    )
    consent = ended.model_copy(update={"event": "approved", "stage": "", "key": "owner"})
    found = Evidence(
        Journal(entries=(ended, consent)), assessment, ("reports/1.json",), {1: {"writes": 2.5}}
    )
    text = page(plan, made, found)
    words = " ".join(Seen(text).words)
    for said in ("secret-literal", "move it", "2026-01-02 03:04 UTC", "somebody", "2.5 s"):
        assert said in words
    assert 'class="mark warning">warning' in text
    assert 'href="reports/1.json"' in text
    assert "does not authenticate the name" in words


def test_a_large_estate_is_drawn_by_zones_and_a_small_one_in_full() -> None:
    small = estate()
    drawing = draw(planned(small), small)
    assert drawing.detailed
    assert {b.key for b in drawing.boxes} == {"one", "two", "topic t"}
    assert sorted((e.one, e.other, e.kind) for e in drawing.lines) == [
        ("one", "topic t", "writes"),
        ("two", "topic t", "reads"),
    ]
    rows = [
        workload(f"w{n:03}", writes=reads(f"t{n:03}"), reads=reads(f"t{(n + 1) % 200:03}"))
        for n in range(200)
    ]
    many = Estate(
        config(), inventory(topics=tuple(topic(f"t{n:03}") for n in range(200))), people(*rows)
    )
    drawing = draw(planned(many), many)
    assert not drawing.detailed
    assert [b.label for b in drawing.boxes] == ["no zone: 200 workloads"]
    text = page(planned(many), many, NOTHING)
    assert text.count('<tr><th scope="row">w') == 200, "each workload has its row all the same"


def test_a_producer_without_a_grant_has_its_point_of_no_return_too() -> None:
    """A super user's, say: nothing is granted to it, and its topics are fenced and written on target all the same."""
    text = runbook(planned(one_workload()))
    assert "**Point of no return: the write gate.**" in text
    assert "asks before it stops anybody" in text


def test_an_incomplete_section_that_is_accepted_is_expected_of_the_inventory() -> None:
    made = planned(estate()).model_copy(update={"acknowledged": ("groups",)})
    assert "| `kmig inventory` | `complete`, but for groups | 3 |" in runbook(made)
    assert "| `kmig inventory` | `complete` in every line | 0 |" in runbook(planned(estate()))
