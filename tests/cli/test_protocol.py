"""`kmig verify protocol` as it is typed: the source is asked what the target fails, and nothing is printed twice."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from migrate.cli import protocol
from migrate.cli.main import main
from migrate.model.probe import Outcome, Probe
from migrate.probes import run
from migrate.probes.apis import CLIENT_APIS

CONFIG = """
version: 1
name: probed
source: {{bootstrap_servers: "s:9092", allow_everyone_if_no_acl_found: false{more}}}
target: {{bootstrap_servers: "t:9092", allow_everyone_if_no_acl_found: false}}
sensitivity: [public]
"""
VERSIONS = dict.fromkeys(CLIENT_APIS, (0, 9))


class FakeProbeRun:
    """Both sides pass everything, but for a target that fails three probes."""

    FAILS: ClassVar[dict[str, str]] = {
        "classic-group": "alone",
        "scram": "no",
        "topic-ids": "one id",
    }
    made: ClassVar[list[tuple[str, str, set[Any]]]] = []

    def __init__(self, bootstrap: str, client: dict[str, str], site: str, tell: object) -> None:
        self.settings = SimpleNamespace(site=site)
        self.user, self.swept = client.get("sasl.username", ""), list[Any]()

    def outcomes(self, probes: Iterable[Probe]) -> Iterator[Outcome]:
        asked = {(one.name, client) for one in probes for client in one.clients}
        self.made.append((self.settings.site, self.user, asked))
        for name, client in sorted(asked):
            fails = self.settings.site == "target" and name in self.FAILS
            result = "fail" if fails and client != "kafka-python" else "pass"
            told = self.FAILS[name] if result == "fail" else f"as Kafka does, {self.settings.site}"
            fields = {"probe": name, "client": client, "result": result, "seconds": 1.0}
            yield Outcome.model_validate(fields | {"evidence": told})

    def sweep(self, wire: Any, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if self.settings.site == "source":
            assert kinds == ("group", "topic"), "no user, ACL or quota of a source is touched"
            return ("topic _kmig-probe-1: it is still there",)
        return ()


@contextmanager
def both(*_: object) -> Iterator[Any]:
    side = SimpleNamespace(
        reader=SimpleNamespace(describe=lambda: SimpleNamespace(apis=VERSIONS)),
    )
    clock = SimpleNamespace(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    sites = SimpleNamespace(source=side, target=side, clock=clock)
    yield SimpleNamespace(sites=sites, target_wire=None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(protocol, "both", both)
    monkeypatch.setattr(run, "ProbeRun", FakeProbeRun)
    monkeypatch.setattr(FakeProbeRun, "made", [])
    (tmp_path / "kmig.yaml").write_text(CONFIG.format(more=""))
    return tmp_path


def by_consent(folder: Path) -> None:
    login = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="writer" password="p";'
    (folder / "writer.properties").write_text(
        f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config={login}\n"
    )
    (folder / "writer.properties").chmod(0o600)
    (folder / "kmig.yaml").write_text(
        CONFIG.format(more=", write_command_config: writer.properties")
    )


def test_what_the_target_fails_is_asked_of_the_source_by_its_second_principal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_consent(folder)
    assert main(["-C", str(folder), "-o", "json", "verify", "protocol", "--yes"]) == 1
    (_, _, target), (site, user, source) = FakeProbeRun.made
    assert (site, user) == ("source", "writer")
    assert source == {("classic-group", "librdkafka"), ("topic-ids", "requests")}
    assert ("scram", "requests") in target
    found = json.loads(capsys.readouterr().out)
    answers = {
        (one["probe"], one["client"]): (one["source_result"], one["source_evidence"])
        for one in found["probes"]
    }
    assert answers["topic-ids", "requests"] == ("pass", "as Kafka does, source")
    assert answers["classic-group", "kafka-python"] == (None, "")
    assert answers["scram", "requests"][0] is None
    left = next(one for one in found["checks"] if one["name"] == "probes removed")
    assert left["evidence"] == ["on the source: topic _kmig-probe-1: it is still there"]


def test_without_a_second_principal_nothing_is_made_on_the_source(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-C", str(folder), "verify", "protocol", "--yes"]) == 1
    assert [site for site, *_ in FakeProbeRun.made] == ["target"]
    out = capsys.readouterr().out
    assert "  source     not asked: kmig.yaml has no `source.write_command_config`" in out


def test_output_and_progress_print_no_probe_twice(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_consent(folder)
    main(["-C", str(folder), "verify", "protocol", "--yes"])
    ran = capsys.readouterr()
    assert (ran.out + ran.err).count("topic-ids") == 1
    assert (ran.out + ran.err).count("codec-gzip") == 2, "a row for each of its two clients"
    assert ran.out.count("one id") == 1
    assert "probing the source: 2 probes" in ran.err
    assert max(map(len, ran.out.splitlines())) <= 100
