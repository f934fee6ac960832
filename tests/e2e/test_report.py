"""report.html in a real browser: it renders, asks nobody for anything, and its filters and its map work."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from bench import plan as many
from migrate.cli.main import main

PLANS = Path(__file__).parents[2] / "plans"
EXAMPLES = ("first-wave", "payments-to-automq", "byoc-export")
WIDTHS = (1440, 820, 390)


def logged(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    """What came since the last question: of the console (`browser`), or of the network (`performance`)."""
    found: list[dict[str, Any]] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return found


def load(browser: Chrome, page: Path) -> None:
    logged(browser, "browser")
    logged(browser, "performance")
    browser.get(page.as_uri())


def requests(browser: Chrome) -> list[str]:
    """Everything that was asked for since the page was loaded."""
    events = [json.loads(row["message"])["message"] for row in logged(browser, "performance")]
    sent = [e for e in events if e["method"] == "Network.requestWillBeSent"]
    return [e["params"]["request"]["url"] for e in sent]


def rows(browser: Chrome, table: str) -> list[str]:
    """The first cells of the rows that are shown."""
    script = (
        "return Array.from(document.querySelectorAll(arguments[0]+' tbody tr'))"
        ".filter(r=>!r.hidden&&r.offsetParent!==null).map(r=>r.cells[0].textContent.trim())"
    )
    found: list[str] = browser.execute_script(script, f"#{table}")
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_renders_without_a_word_on_the_console_or_the_network(
    browser: Chrome, name: str
) -> None:
    page = PLANS / name / "report.html"
    load(browser, page)
    assert browser.find_element(By.TAG_NAME, "h1").text == name
    assert browser.find_elements(By.CSS_SELECTOR, "#drawing .box")
    assert rows(browser, "workload-table")
    assert logged(browser, "browser") == []
    assert requests(browser) == [page.as_uri()]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_spills_over_at_any_width(browser: Chrome, width: int, tmp_path: Path) -> None:
    """Wide tables scroll in their own boxes; the page itself does not. The screenshot is kept with the test."""
    load(browser, PLANS / "payments-to-automq" / "report.html")
    sized: dict[str, Any] = {
        "width": width,
        "height": 1200,
        "deviceScaleFactor": 1,
        "mobile": False,
    }
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sized)
    try:
        script = (
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        wide, seen = browser.execute_script(script)
        assert wide <= seen
        assert browser.save_screenshot(str(tmp_path / f"report-{width}.png"))
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def filter_box(browser: Chrome, table: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, f'[data-filter="{table}"]')


def test_filters_narrow_the_tables_and_say_by_how_much(browser: Chrome) -> None:
    load(browser, PLANS / "payments-to-automq" / "report.html")
    assert len(rows(browser, "workload-table")) == 25
    filter_box(browser, "workload-table").send_keys("payments-team restricted")
    assert set(rows(browser, "workload-table")) == {
        "chargeback",
        "payment-api",
        "settlement",
        "settlement-night",
    }
    told = browser.find_element(By.CSS_SELECTOR, '[data-count="workload-table"]')
    assert told.text == "4 of 25 rows"
    filter_box(browser, "workload-table").clear()
    filter_box(browser, "workload-table").send_keys(Keys.SPACE, Keys.BACKSPACE)
    assert len(rows(browser, "workload-table")) == 25
    choice = Select(browser.find_element(By.CSS_SELECTOR, 'select[data-at="2"]'))
    choice.select_by_visible_text("confidential")
    assert len(rows(browser, "workload-table")) == 5
    every = len(rows(browser, "finding-table"))
    filter_box(browser, "finding-table").send_keys("no-rotation")
    assert 0 < len(rows(browser, "finding-table")) < every


def test_a_box_of_the_map_shows_what_it_hangs_on_by_mouse_and_by_key(browser: Chrome) -> None:
    load(browser, PLANS / "payments-to-automq" / "report.html")
    box = browser.find_element(By.CSS_SELECTOR, '#drawing .box[data-key="price-cache"]')
    script = (
        "return Array.from(document.querySelectorAll('#drawing .box.on')).map(b=>b.dataset.key)"
    )
    ActionChains(browser).move_to_element(box).perform()
    assert set(browser.execute_script(script)) == {"price-cache", "topic catalog.prices"}
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    assert not browser.find_elements(By.CSS_SELECTOR, "#drawing.lit")
    browser.execute_script("arguments[0].focus()", box)
    assert browser.find_elements(By.CSS_SELECTOR, "#drawing.lit")
    title = box.find_element(By.TAG_NAME, "title").get_attribute("textContent") or ""
    assert title.startswith("price-cache: consumer, public · web; owner catalog-team")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_map_of_boundaries_has_its_zones_and_its_text_stays_in_its_boxes(
    browser: Chrome, name: str
) -> None:
    load(browser, PLANS / name / "report.html")
    script = """
        const svg = document.querySelector('#boundary-map'), wide = svg.width.baseVal.value, out = [];
        for (const box of svg.querySelectorAll('.box')) {
            const rect = box.querySelector('rect').getBBox();
            for (const text of box.querySelectorAll('text')) {
                const at = text.getBBox();
                if (at.x + at.width > rect.x + rect.width || at.y + at.height > rect.y + rect.height + 1)
                    out.push(text.textContent);
            }
        }
        for (const text of svg.querySelectorAll('.lane text'))
            if (text.getBBox().x + text.getBBox().width > wide - 16) out.push(text.textContent);
        return [out, svg.querySelectorAll('.lane rect').length, svg.querySelectorAll('.box').length];
    """
    outside, lanes, boxes = browser.execute_script(script)
    assert outside == []
    assert lanes >= 1
    assert boxes >= 8


def test_a_box_of_the_map_of_boundaries_shows_what_it_leads_to(browser: Chrome) -> None:
    load(browser, PLANS / "payments-to-automq" / "report.html")
    lit = "return Array.from(document.querySelectorAll('#boundary-map .box.on')).map(b=>b.dataset.key)"
    box = browser.find_element(
        By.CSS_SELECTOR, '#boundary-map .box[data-key="credential User:ledger-sink"]'
    )
    browser.execute_script("arguments[0].focus()", box)
    assert set(browser.execute_script(lit)) == {
        "credential User:ledger-sink",
        "connect main",
        "topic payments.settled",
        "topic catalog.prices",
        "topic catalog.products",
    }
    topic = browser.find_element(
        By.CSS_SELECTOR, '#boundary-map .box[data-key="topic customers.profile"]'
    )
    browser.execute_script("arguments[0].focus()", topic)
    credentials = {k for k in browser.execute_script(lit) if k.startswith("credential ")}
    supers = ("admin", "broker")
    assert credentials == {
        f"credential User:{n}" for n in ("profile", "campaign", "fraud-scorer", *supers)
    }
    assert not browser.find_elements(By.CSS_SELECTOR, "#drawing.lit")


def test_boundaries_can_be_read_without_the_map(browser: Chrome) -> None:
    load(browser, PLANS / "payments-to-automq" / "report.html")
    browser.find_element(By.CSS_SELECTOR, 'nav a[href="#boundaries"]').click()
    assert len(rows(browser, "reach-table")) == 31
    assert "User:campaign" in rows(browser, "crossing-table")
    assert rows(browser, "runtime-table")[0] == "Connect main"
    assert len(rows(browser, "choice-table")) == 25
    filter_box(browser, "choice-table").send_keys("settlement-night")
    assert "settlement" in rows(browser, "choice-table")
    page = browser.find_element(By.CSS_SELECTOR, "details.credential")
    page.find_element(By.TAG_NAME, "summary").click()
    assert [dt.text for dt in page.find_elements(By.TAG_NAME, "dt")] == [
        *("opens", "held by", "restart", "dies")
    ]
    headed = (
        "return Array.from(document.querySelectorAll('#reach-table,#runtime-table,#choice-table,"
        "#crossing-table')).every(t=>Array.from(t.tBodies[0].rows).every(r=>r.cells[0].scope==='row'))"
    )
    assert browser.execute_script(headed) is True
    assert logged(browser, "browser") == []


def test_the_whole_page_can_be_reached_by_key(browser: Chrome) -> None:
    load(browser, PLANS / "payments-to-automq" / "report.html")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the plan"
    script = (
        "return Array.from(document.querySelectorAll('.scroll')).every(e=>e.tabIndex===0&&e.ariaLabel)"
        "&&Array.from(document.querySelectorAll('table')).every(t=>t.caption&&t.tHead)"
        "&&Array.from(document.querySelectorAll('input,select')).every(i=>i.labels.length>0)"
    )
    assert browser.execute_script(script) is True


def test_it_is_dark_where_the_reader_wants_it_dark_and_plain_in_print(browser: Chrome) -> None:
    load(browser, PLANS / "first-wave" / "report.html")
    script = "return getComputedStyle(document.body).backgroundColor"
    light = browser.execute_script(script)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    try:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
        assert browser.execute_script(script) != light
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        shown = "return getComputedStyle(document.querySelector('nav')).display"
        assert browser.execute_script(shown) == "none"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_names_with_markup_are_shown_and_do_nothing(browser: Chrome, tmp_path: Path) -> None:
    many.write(tmp_path, 3)
    authored = tmp_path / "workloads.yaml"
    evil = "</title><script>document.title=`run`</script><img src=x onerror=document.title=`run`>"
    authored.write_text(authored.read_text().replace("owner: team-1", f"owner: {json.dumps(evil)}"))
    assert main(["-C", str(tmp_path), "plan"]) == 0
    load(browser, tmp_path / "report.html")
    assert browser.title == "bench: migration plan"
    assert evil in browser.find_element(By.ID, "workload-table").text
    assert logged(browser, "browser") == []
    assert len(requests(browser)) == 1


def test_five_hundred_workloads_are_usable_at_once(browser: Chrome, tmp_path: Path) -> None:
    """Three seconds are the bound for ten times as many; a loose one here, because the machine may be busy."""
    many.write(tmp_path, 500)
    assert main(["-C", str(tmp_path), "plan"]) == 0
    began = time.monotonic()
    load(browser, tmp_path / "report.html")
    filter_box(browser, "workload-table").send_keys("svc-00042")
    found = rows(browser, "workload-table")
    assert "svc-00042" in found
    assert len(found) < 100
    assert time.monotonic() - began < 20
