"""Every picture of the project's pages is one that Mermaid itself can read and draw."""

from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.e2e import mermaid
from tests.pages import PAGES, ROOT, blocks

DRAWN = [
    (page, begin, text) for page in PAGES for begin, text in blocks(page.read_text(), "mermaid")
]


@pytest.fixture(scope="module")
def drawing(browser: Chrome) -> Chrome:
    mermaid.load(browser)
    return browser


@pytest.mark.parametrize(
    ("page", "begin", "text"), DRAWN, ids=lambda part: getattr(part, "name", str(part)[:12])
)
def test_a_picture_is_drawn(drawing: Chrome, page: Path, begin: int, text: str) -> None:
    assert mermaid.fault(drawing, text) == "", f"{page.relative_to(ROOT)}:{begin}"
    width = drawing.execute_script(
        "return document.querySelector('body > svg').getBoundingClientRect().width"
    )
    assert width > 100


def test_the_pictures_are_where_people_look() -> None:
    on = [str(page.relative_to(ROOT)) for page, _, _ in DRAWN]
    assert on.count("docs/concepts.md") == 6
    assert on.count("README.md") == 1
    assert on.count("docs/design.md") == 1


@pytest.mark.parametrize(
    "broken",
    [
        "flowchart LR\n    a -->|no end b",
        "flowchart LR\n    a[no end --> b",
        "sequenceDiagram\n    P->>: to nobody",
        "stateDiagram-v2\n    a --> : nowhere -->",
        "flowchrt LR\n    a --> b",
    ],
)
def test_a_broken_picture_is_seen(drawing: Chrome, broken: str) -> None:
    assert mermaid.fault(drawing, broken) != ""
    assert mermaid.fault(drawing, "flowchart LR\n    a --> b") == "", "and the next one is drawn"
