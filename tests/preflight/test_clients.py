"""What preflight says of hooks and files: what would keep a stopped client from starting on the target."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.adapters.client_files import LocalClientFiles
from migrate.adapters.client_trial import cluster_of
from migrate.adapters.hooks import CommandHooks
from migrate.adapters.secrets import Secrets
from migrate.errors import Unreachable
from migrate.model.check import Verdict
from migrate.preflight import clients
from migrate.preflight.facts import Ahead, ClientAhead
from tests.execute.moving import TOPICS, World, world

LEDGER = ClientAhead(
    "ledger",
    "User:ledger",
    hooks=(("stop", "ledger"), ("start", "ledger")),
    file=("ledger.properties", "ledger.target"),
    check=("check", "ledger"),
)
AHEAD = Ahead(wave=1, owned=TOPICS, copied=TOPICS, groups=(), clients=(LEDGER,))


def said(here: World) -> dict[str, tuple[Verdict, str]]:
    found = clients.ask(here.sites(), AHEAD)
    return {one.name: (one.check.verdict, " ".join(one.check.evidence)) for one in found}


def test_what_runs_and_leads_to_the_target_passes(tmp_path: Path) -> None:
    found = said(world(tmp_path, []))
    assert found["hooks can run"] == (Verdict.PASS, "2 commands found, and executable")
    assert found["files lead to the target"] == (
        Verdict.PASS,
        "1 file: each logs in on the target",
    )


def _source(here: World) -> None:
    here.files.leads["ledger.target"] = "id-source"


def _elsewhere(here: World) -> None:
    here.files.leads["ledger.target"] = "another"


def _unknown(here: World) -> None:
    here.files.leads["ledger.target"] = None


def _unreachable(here: World) -> None:
    def silent(_: str) -> str | None:
        raise Unreachable("cannot reach the target at t:9092", "check it")

    here.hooks.effect = lambda *_: None
    here.files.leads_to = silent  # type: ignore[method-assign,assignment]


def _missing(here: World) -> None:
    here.hooks.missing.add("start")


@pytest.mark.parametrize(
    ("done", "name", "verdict", "words"),
    [
        (
            _source,
            "files lead to the target",
            Verdict.FAIL,
            "file of workload ledger: ledger.target leads to the source: correct the file",
        ),
        (
            _elsewhere,
            "files lead to the target",
            Verdict.FAIL,
            "ledger.target leads to cluster another, which is not the target",
        ),
        (
            _unknown,
            "files lead to the target",
            Verdict.UNKNOWN,
            "ledger.target is no file that kmig can log in with, so it was never tried",
        ),
        (
            _unreachable,
            "files lead to the target",
            Verdict.UNKNOWN,
            "cannot reach the target at t:9092: check it the pause is at risk",
        ),
        (
            _missing,
            "hooks can run",
            Verdict.FAIL,
            "hook `start` of workload ledger cannot run: there is no such file",
        ),
    ],
)
def test_each_fault_is_named(
    done: Callable[[World], None], name: str, verdict: Verdict, words: str, tmp_path: Path
) -> None:
    here = world(tmp_path, [])
    done(here)
    found = said(here)
    assert found[name][0] is verdict
    assert words in found[name][1]
    assert {other for other, (one, _) in found.items() if one is not Verdict.PASS} == {name}


def test_a_rotation_that_nothing_would_show_is_named(tmp_path: Path) -> None:
    ahead = replace(AHEAD, unrotatable=("till",))
    *_, rotated = clients.ask(world(tmp_path, []).sites(), ahead)
    assert rotated.check.verdict is Verdict.FAIL
    assert "workload till has no group and no `health` hook" in rotated.check.evidence[0]


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    ahead = replace(AHEAD, clients=(replace(LEDGER, file=()),))
    _, files, *_ = clients.ask(world(tmp_path, []).sites(), ahead)
    assert files.check.evidence == ("no file",)


def test_a_command_is_looked_for_where_it_would_run(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for place, mode in (("switch", 0o755), ("plain", 0o644), ("bin/tool", 0o755)):
        (tmp_path / place).write_text("#!/bin/sh\n")
        (tmp_path / place).chmod(mode)
    hooks = CommandHooks(tmp_path, {"PATH": str(tmp_path / "bin")})
    assert not hooks.lacking(["./switch", "stop"])
    assert not hooks.lacking(["tool"])
    assert hooks.lacking(["./plain"]) == "it may not be executed"
    assert hooks.lacking(["./nowhere"]) == "there is no such file"
    assert hooks.lacking(["nowhere"]) == "there is no such file"


def test_a_file_that_cannot_be_replaced_says_why(tmp_path: Path) -> None:
    files = LocalClientFiles(tmp_path)
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients/a").write_text("")
    (tmp_path / "a.target").write_text("")
    assert not files.lacking("clients/a", "a.target")
    assert "b.target: No such file or directory" in files.lacking("clients/a", "b.target")
    assert "clients/b: No such file or directory" in files.lacking("clients/b", "a.target")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"group.id=ledger\n",
        b"bootstrap.servers=${env:BROKERS}\n",
        b"bootstrap.servers=t:9092\nsecurity.protocol=SASL_SSL\nsasl.mechanism=GSSAPI\n",
        b"bootstrap.servers=t:9092\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n",
        b"bootstrap.servers=t:9092\nsecurity.protocol=SSL\nssl.key.location=key.pem\n",
        b"bootstrap.servers=t:9092\nsecurity.protocol=SSL\nssl.truststore.location=none.jks\n",
        b"kafka:\n  brokers: [t:9092]\n",
    ],
)
def test_what_kmig_cannot_read_is_not_tried(content: bytes, tmp_path: Path) -> None:
    assert cluster_of(content, tmp_path / "a", Secrets({}, tmp_path), 1.0) is None


@pytest.mark.parametrize(
    "content",
    [
        b"bootstrap.servers=127.0.0.1:1\n",
        b"metadata.broker.list = 127.0.0.1:1\n",
        b"bootstrap.servers=[::1]:1\n",
        b"bootstrap.servers=SASL_PLAINTEXT://127.0.0.1:1\nsecurity.protocol=SASL_PLAINTEXT\n"
        b"sasl.mechanisms=PLAIN\nsasl.username=a\nsasl.password=b\n",
        b"bootstrap.servers=127.0.0.1:1\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-256\n"
        b'sasl.jaas.config=x.ScramLoginModule required username="a" password="b";\n',
        b"bootstrap.servers=127.0.0.1:1\nsecurity.protocol=SSL\n",
        b"bootstrap.servers=${env:BROKERS}\nsecurity.protocol=SASL_PLAINTEXT\n"
        b"sasl.mechanism=${file:s.properties:mechanism}\n"
        b'sasl.jaas.config=x.P required username="a" password="${file:s.properties:password}";\n',
    ],
)
def test_what_it_can_read_is_tried(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "s.properties").write_text("mechanism=PLAIN\npassword=b\n")
    (tmp_path / "s.properties").chmod(0o600)
    secrets = Secrets({"BROKERS": "127.0.0.1:1"}, tmp_path)
    with pytest.raises(Unreachable):
        cluster_of(content, tmp_path / "a", secrets, 1.0)


def test_each_client_tries_the_target_from_where_it_lives(tmp_path: Path) -> None:
    """A check that fails keeps no other one from being tried; who has none was never tried."""
    script = tmp_path / "check"
    script.write_text(
        '#!/bin/sh\necho "$KMIG_SIDE $KMIG_FILE $KMIG_TOPICS" >> tried; [ "$1" != web ]'
    )
    script.chmod(0o700)
    names = ("web", "ledger", "audit", "report")
    mine = tuple(
        replace(
            LEDGER,
            workload=name,
            check=("./check", name) if name != "report" else (),
            file=(f"{name}.old", f"{name}.new"),
            reads=("paid",),
        )
        for name in names
    )
    sites = world(tmp_path, []).sites()
    sites = replace(sites, opened=replace(sites.moving, hooks=CommandHooks(tmp_path, {})))
    *_, found, _ = clients.ask(sites, replace(AHEAD, clients=mine, at_once=1))
    assert found.name == "clients reach the target"
    (failed,) = found.faults
    assert failed.said.startswith(
        "workload web does not reach the target from its host: hook `./check"
    )
    assert [one.said for one in found.untold] == ["report: never tried from where its clients run"]
    assert sorted((tmp_path / "tried").read_text().split("\n")[:-1]) == [
        f"target {name}.new paid" for name in ("audit", "ledger", "web")
    ]


def test_what_a_stop_hook_must_say_is_announced(tmp_path: Path) -> None:
    ahead = replace(AHEAD, clients=(replace(LEDGER, wipes=True),))
    found = {one.name: one for one in clients.ask(world(tmp_path, []).sites(), ahead)}
    said = found["local state is wiped"]
    assert (said.check.verdict, said.risk) == (Verdict.UNKNOWN, "pause")
    assert "ledger: known once its stop hook has run" in str(said.check)
