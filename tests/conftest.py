"""What all tests share: how many ran on real clusters is said at the end."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.stats.get("passed", [])
    live = [report for report in passed if "tests/live/" in report.nodeid]
    terminalreporter.write_line(
        f"{len(live)} tests ran on real Kafka clusters, {len(passed) - len(live)} without"
    )
