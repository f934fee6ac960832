"""What all tests share: those on real clusters are marked, and how many ran is said at the end."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from migrate.rehearse.lab.local import archives, home, tools
from migrate.rehearse.lab.local.home import Home
from tests import thorough

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kmig"
LIVE = ("tests/live/", "tests/moving/")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough", action="store_true", help="Kill at every point everywhere (make soak)."
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--thorough"):
        os.environ[thorough.VARIABLE] = "1"  # read where properties are declared


@pytest.fixture
def a_third(request: pytest.FixtureRequest) -> Callable[[int], Iterable[int]]:
    """Every third of a command's points, where another test walks them all; `make soak` walks all."""
    step = 1 if request.config.getoption("--thorough") else 3
    return lambda total: range(1, total + 1, step)


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(LIVE):
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.xdist_group(_clusters(item)))
        elif item.nodeid.startswith("tests/e2e/"):
            item.add_marker(pytest.mark.e2e)


def _clusters(item: pytest.Item) -> str:
    """Which clusters a test runs on: those who share some run in one worker, one after the other.

    Clients that move are the longest part, and have clusters of their own twice.
    """
    fixtures = getattr(item, "fixturenames", ())
    if "stage" in fixtures:
        return "stage"
    module = item.path.stem
    if "arena" in fixtures:
        return "arena of bad input" if module == "test_bad_input" else "arena"
    return module


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.stats.get("passed", [])
    live = [report for report in passed if report.nodeid.startswith(LIVE)]
    terminalreporter.write_line(
        f"{len(live)} tests ran on real Kafka clusters, {len(passed) - len(live)} without"
    )


@pytest.fixture(scope="session")
def homes() -> dict[str, Home]:
    """Kafka of both versions, in the cache."""
    found = tools.find(os.environ)
    made = {version: home.fetch(version, CACHE, found, print) for version in home.VERSIONS}
    for one in made.values():
        archives.ensure(one, dict(os.environ), print)
    return made
