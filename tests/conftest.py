"""What all tests share: those on real clusters are marked, and how many ran is said at the end."""

import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from migrate.rehearse.lab.local import archives, home, tools
from migrate.rehearse.lab.local.home import Home
from tests import thorough

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kmig"
LIVE = ("tests/live/", "tests/moving/")
OWN_CLUSTERS = {
    "test_clusters",
    "test_histories",
    "test_kafka_defects",
    "test_lying_brokers",
    "test_mirrormaker_names",
    "test_rehearsal",
}
"""Files of live tests that start what they need; all others of `tests/live` share one of two stages."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough", action="store_true", help="Kill at every point everywhere (make soak)."
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--thorough"):
        os.environ[thorough.VARIABLE] = "1"  # read where properties are declared


@pytest.fixture
def a_third(request: pytest.FixtureRequest) -> Callable[[int], Iterable[int]]:
    """A third of a command's points, another third in another run; `make soak` walks all of them."""
    step = 1 if request.config.getoption("--thorough") else 3
    return lambda total: range(1 + random.randrange(step), total + 1, step)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(LIVE):
            item.add_marker(pytest.mark.live)
        elif item.nodeid.startswith("tests/e2e/"):
            item.add_marker(pytest.mark.e2e)


class ByClusters(LoadScopeScheduling):  # type: ignore[misc]
    """Tests that share clusters run in one worker, one after the other.

    Clusters are started once, but for the stage: what shares it takes twice as long as anything else.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith("tests/moving/"):
            return "arena"
        stem = Path(file).stem
        if stem in OWN_CLUSTERS:
            return file
        return "first stage" if stem < "test_f" else "second stage"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByClusters | None:
    """`--dist loadscope` is for live tests; groups by marker do not reach xdist 3.8 under pytest 9.2."""
    return ByClusters(config, log) if config.getvalue("dist") == "loadscope" else None


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
