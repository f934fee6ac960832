"""A headless Chromium, Debian's, through its own driver; and kmig as it is shipped."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.moving import arena as arenas

ROOT = Path(__file__).parents[2]
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[arenas.Arena]:
    """Two clusters, a copier and live clients, for the tests of one file."""
    folder = tmp_path_factory.mktemp("arena") / "shared"
    folder.mkdir()
    with arenas.opened(folder) as opened_arena:
        yield opened_arena


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium, (
        "make e2e needs Debian's packages chromium and chromium-driver: .ci/run installs them"
    )
    assert driver, "make e2e needs Debian's package chromium-driver: .ci/run installs it"
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in QUIET:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = Chrome(options=options, service=Service(executable_path=driver))
    yield made
    made.quit()


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with kmig's wheel, those of all that it needs, and what builds it: mostly from pip's cache."""
    place = tmp_path_factory.mktemp("wheels")
    build = ("wheel", "--quiet", "--wheel-dir", str(place), str(ROOT), "hatchling")
    subprocess.run([sys.executable, "-m", "pip", *build], check=True)
    return place
