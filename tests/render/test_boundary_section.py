"""The section of boundaries: names stay names, what is unknown says so, and nothing is cut without a word."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from migrate.boundary.view import View
from migrate.cli.explain import boundaries
from migrate.documents.inventory import ConnectInfo, State
from migrate.estate import Estate
from migrate.model.acl import Acl
from migrate.render.boundary_section import section
from migrate.render.html import TableRows, template
from migrate.render.plain import plain
from tests.boundary.estates import taken, view
from tests.estate import acls, config, inventory, people, reads, topic, workload
from tests.estate import section as made_of
from tests.render.test_pages import HOSTILE


def shown(made: View) -> str:
    return template("boundaries.html").render(boundaries=section(boundaries(made), made.estate))


class Page(HTMLParser):
    """Tags and their attributes; the rows of tables as texts; all words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: dict[str, list[list[str]]] = {}
        self.words = ""
        self._table = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self._table = dict(attrs).get("id") or ""
            self.rows.setdefault(self._table, [])
        elif tag == "tr" and self._table:
            self.rows[self._table].append([])
        elif tag in ("td", "th") and self._table:
            self.rows[self._table][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._table = ""

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._table and self.rows[self._table] and self.rows[self._table][-1]:
            self.rows[self._table][-1][-1] += data.strip("\n")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_a_name_in_every_part_of_the_section(name: str) -> None:
    acl = Acl(
        principal=f"User:{name}",
        permission="ALLOW",
        operation="READ",
        resource_type="TOPIC",
        resource_name=name,
    )
    who = people(
        workload("one", writes=reads("t"), owner=name, principal=f"User:{name}", zone=name),
        zones={name: {"hosts": [name]}},
    )
    odd = View(Estate(config(), inventory((topic("t"), topic(name)), (acl,)), who))
    page, harmless = Page(shown(odd)), Page(shown(view()))
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in harmless.tags}
    assert not [a for _, attrs in page.tags for a in attrs if a.startswith("on")]
    assert plain(f"User:{name}") in page.words
    keys = {attrs["data-key"] for _, attrs in page.tags if "data-key" in attrs}
    ends = {
        attrs[end] for _, attrs in page.tags if "data-a" in attrs for end in ("data-a", "data-b")
    }
    via = {k for _, attrs in page.tags for k in (attrs.get("data-via") or "").split("\n") if k}
    assert ends | via <= keys


def test_the_tables_say_what_the_documents_say() -> None:
    made = view()
    found, page = boundaries(made), Page(shown(made))
    assert [row[0] for row in page.rows["reach-table"][1:]] == [
        one.credential.name for one in found.reached
    ]
    ledger = next(row for row in page.rows["reach-table"] if row[0] == "User:ledger")
    assert ledger[1:6] == ["ledger", "team", "0", "2", "0"]
    (connect,) = page.rows["runtime-table"][1:]
    assert connect[:4] == ["Connect main", "4", "public", "secret"]
    assert "share this boundary" in connect[6]
    choices = {row[0]: row[1:] for row in page.rows["choice-table"][1:]}
    for one in made.choices:
        at = ["application", "connector runtime", "principal", "namespace", "customer account"]
        assert choices[one.workload][at.index(one.choice)] == f"{one.holds}{one.because}"


def test_what_several_share_comes_first_among_the_runtimes() -> None:
    made = boundaries(view())
    (connect, sentences), *_ = made.runtimes
    alone = connect.model_copy(update={"name": "alone"})
    some = replace(made, runtimes=[(alone, ()), (connect, sentences)])
    rows = section(some, view().estate)["runtimes"]
    assert isinstance(rows, TableRows)
    assert [row[0] for row in rows.rows] == ["Connect main", "Connect alone"]


def test_each_credential_has_a_page_with_the_sections_of_kmig_trace() -> None:
    text = shown(view())
    assert text.count('<details class="credential">') == len(view().credentials.by_name)
    page = text.split('<details class="credential">')
    (ledger,) = [one for one in page if one.startswith("<summary>User:ledger")]
    heads = ("opens", "held by", "restart", "dies")
    assert [ledger.index(f"<dt>{head}</dt>") for head in heads] == sorted(
        ledger.index(f"<dt>{head}</dt>") for head in heads
    )
    for title in ("accountable", "issued", "where it is stored", "who can read it", "how it dies"):
        assert f"<caption>{title}</caption>" in ledger
    assert "What it may do on the source" in ledger
    assert "READ, DESCRIBE" in ledger


def test_a_section_that_could_not_be_read_is_said_before_everything_else() -> None:
    connect = made_of(ConnectInfo(), State.REFUSED, "connection refused")
    partial = made_of(acls("ALLOW READ on topic pay.in to User:ledger"), State.PARTIAL, "cut off")
    text = shown(view(taken(connect=connect).model_copy(update={"acls": partial})))
    assert "Not complete in the inventory: ACLs, connectors." in text
    assert text.index("Not complete") < text.index("<h3")
    assert "≥ 1" in text


def test_an_estate_without_anything_has_a_section_too() -> None:
    empty = View(Estate(config(), inventory(), people()))
    page = Page(shown(empty))
    assert "0 credentials of 0 have rights in another zone" in page.words
    assert not [tag for tag, _ in page.tags if tag in ("svg", "details")]
