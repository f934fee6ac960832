"""What `kmig verify protocol` prints: 100 columns whatever the evidence, each fact once, both sides of a failure."""

from datetime import UTC, datetime

import pytest

from migrate.checks import protocol
from migrate.documents.report import Report
from migrate.model.check import Check, Verdict
from migrate.model.probe import Outcome
from migrate.probes.catalogue import CATALOG, probe
from migrate.render import tables
from migrate.render.columns import WIDTH, columns_of

LONG = "CreateDelegationToken from version 1 instead of 0, " * 20


def outcome(name: str, result: str = "pass", evidence: str = "fine", **more: object) -> Outcome:
    client = probe(name).clients[0]
    fields = {"probe": name, "client": client, "result": result, "seconds": 1.24}
    return Outcome.model_validate(fields | {"evidence": evidence, "needed_by": ("kmig",)} | more)


def shown(*outcomes: Outcome, more: tuple[Check, ...] = ()) -> list[str]:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    checks = (*more, *protocol.judge(outcomes))
    return tables.report(
        Report(name="protocol", made_at=moment, waves=(), checks=checks, probes=outcomes)
    )


@pytest.mark.parametrize("result", ["pass", "fail", "unknown", "not offered"])
@pytest.mark.parametrize("evidence", [LONG, "x" * 900, "主題" * 300, "a\nb\x1b" * 200])
def test_no_line_is_wider_than_a_terminal(result: str, evidence: str) -> None:
    names = tuple(f"{'workload' * 20}-{number}" for number in range(500))
    every = [
        outcome(one.name, result, evidence, needed_by=names, source_evidence=evidence)
        for one in CATALOG
    ]
    left = Check(name="probes removed", verdict=Verdict.UNKNOWN, evidence=(evidence,))
    lines = shown(*every, more=(left,))
    assert max(map(columns_of, lines)) <= WIDTH


def test_evidence_is_printed_once() -> None:
    lines = shown(
        outcome("acls", "fail", "nobody was refused"), outcome("topic-ids", "pass", "two")
    )
    text = "\n".join(lines)
    assert text.count("nobody was refused") == 1
    assert text.count("two ids") == 0
    assert text.count("topic-ids") == 1
    assert text.count("acls") == 1
    assert lines[-1] == "fail: 1 of 2 checks"


def test_what_did_not_pass_stands_last_with_the_source_beside_the_target() -> None:
    lines = shown(
        outcome(
            "max-timestamp",
            "fail",
            "offset -1001, not 1",
            needed_by=("orders", "billing"),
            source_result="pass",
            source_evidence="offset 1",
        ),
        outcome("topic-ids"),
    )
    assert lines == [
        "passed     through   seconds  evidence",
        "topic-ids  requests      1.2  fine",
        "",
        "fail: max-timestamp through librdkafka, 1.2 s",
        "  target     offset -1001, not 1",
        "  source     pass: offset 1",
        "  needed by  orders, billing",
        "  effect     tools that ask how fresh a topic is get an error or a lost connection",
        "",
        "fail: 1 of 2 checks",
    ]


def test_a_source_that_was_not_asked_says_why() -> None:
    lines = shown(outcome("scram", "fail", "not listed", source_evidence="it makes a user"))
    assert "  source     not asked: it makes a user" in lines


def test_what_nobody_needs_is_not_counted_and_says_so() -> None:
    lines = shown(outcome("quotas", "fail", "not slowed", needed_by=()), outcome("topic-ids"))
    assert "  needed by  no workload: not counted" in lines
    assert lines[-1] == "pass: 1 of 1 checks"


def test_very_long_evidence_is_cut_with_a_count() -> None:
    text = "\n".join(shown(outcome("api-versions", "pass", LONG)))
    assert "… and 820 more characters (-o json)" in " ".join(text.split())
