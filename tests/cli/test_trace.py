"""kmig trace: what it means by a name, its four lines on one screen, and how it ends."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from migrate.boundary.trace import reached
from migrate.boundary.view import View
from migrate.cli.main import main
from migrate.documents.inventory import ConnectInfo, State
from migrate.folder import INVENTORY, JOURNAL, PLAN, WORKLOADS, Folder
from migrate.model.acl import Acl
from migrate.render import boundary as shown
from tests.boundary.estates import MAIN, connector, everything, literal, referenced, taken, view
from tests.estate import acls, section, topic, workload

EXAMPLE = Path(__file__).parents[2] / "plans" / "first-wave"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "here")
    return tmp_path / "here"


def trace(folder: Path, *words: str) -> int:
    return main(["-C", str(folder), "trace", *words])


def test_a_page_has_the_four_lines_and_every_section(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trace(folder, "ledger") == 0
    out = capsys.readouterr().out
    for title in ("opens", "held by", "restart", "dies", "where it is stored", "how it dies"):
        assert any(line.startswith(title) for line in out.splitlines()), title


def test_json_holds_the_same_boundaries(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trace(folder, "--all", "-o", "json") == 0
    everyone = json.loads(capsys.readouterr().out)
    assert everyone["schema_version"] == 1
    assert trace(folder, "User:ledger", "-o", "json") == 0
    (ledger,) = json.loads(capsys.readouterr().out)["boundaries"]
    same = {key: ledger[key] for key in ("credential", "reach", "advice")}
    assert same in everyone["credentials"]


def test_a_source_that_is_fenced_allows_no_write(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def writes() -> tuple[bool, bool]:
        assert trace(folder, "session-builder", "-o", "json") == 0
        (found,) = json.loads(capsys.readouterr().out)["boundaries"]
        return tuple(
            "WRITE" in (found[side] or {"topics": {}})["topics"].get("clickstream.sessions", ())
            for side in ("source", "target")
        )  # type: ignore[return-value]

    assert writes() == (False, True)
    (folder / JOURNAL).unlink()
    assert writes() == (True, False)


def test_it_needs_no_migration(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (WORKLOADS, PLAN, JOURNAL):
        (folder / name).unlink()
    assert trace(folder, "User:ledger", "-o", "json") == 0
    (ledger,) = json.loads(capsys.readouterr().out)["boundaries"]
    assert ledger["accountable"] == [
        {
            "what": "owner of User:ledger",
            "evidence": "no workload in workloads.yaml declares it",
            "known": False,
        }
    ]
    assert ledger["target"] is None


def test_a_section_that_is_not_complete_ends_with_3(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Folder(folder)
    found = here.inventory()
    partial = {"standing": State.PARTIAL, "error": "broker 2 did not answer"}
    here.save(INVENTORY, found.model_copy(update={"acls": found.acls.model_copy(update=partial)}))
    assert trace(folder, "User:ledger") == 3
    out, err = capsys.readouterr()
    assert "unknown: section acls is partial: broker 2 did not answer" in out
    assert "error: sections of the inventory are not complete: ACLs" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "write either a name or --all"),
        (("ledger", "--all"), "write either a name or --all"),
        (("ledgr",), "no workload, connector, principal or secret is called `ledgr`"),
    ],
)
def test_what_it_cannot_mean_is_usage(
    words: tuple[str, ...], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trace(folder, *words) == 2
    assert said in capsys.readouterr().err


def test_a_name_that_is_nearly_one_is_offered(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace(folder, "ledgr")
    assert "did you mean ledger" in capsys.readouterr().err


def wide() -> View:
    """Return an estate with all that makes the four lines long: long names, many copies, readers, connectors."""
    long = "x" * 240
    topics = [f"{long}.{n:03}" for n in range(60)]
    user = "User:CN=" + ",OU=".join(["department of long names"] * 12)
    grants = [
        Acl(
            principal=user,
            permission="ALLOW",
            operation="ALL",
            resource_type="TOPIC",
            pattern_type="PREFIXED",
            resource_name=long,
        ),
        *acls(*(f"ALLOW READ on topic main-configs to User:{long[:200]}{n}" for n in range(30))),
    ]
    uses = [literal(f"key.{n}.{long}") for n in range(10)]
    sinks = tuple(
        connector(
            f"{long}-{n}",
            referenced("consumer.override.sasl.jaas.config", f"${{file:/{long}/{n}:key}}"),
            *uses,
            principals=(user,),
            systems=(f"{long[:60]}.internal:5432",),
        )
        for n in range(20)
    )
    some: list[dict[str, Any]] = [
        workload(f"{long}{n}", principal=user, connector=f"main/{long}-{n}", security_owner="s")
        for n in range(20)
    ]
    found = taken(connect=section(ConnectInfo(clusters=(MAIN,), connectors=sinks))).model_copy(
        update={
            "topics": section(tuple(map(topic, [*topics, "main-configs"]))),
            "acls": section(tuple(grants)),
            "stores": None,
            "copies": None,
        }
    )
    return view(found, *some)


def test_the_four_lines_of_any_credential_fit_one_screen() -> None:
    for made in (wide(), view()):
        for boundary in everything(made):
            lines = shown.text([boundary], leaked=True)
            assert len(lines) <= 30, boundary.credential.name
            assert max(map(len, lines)) <= 100, boundary.credential.name
            for title in ("opens", "held by", "restart", "dies"):
                assert any(line.startswith(title) for line in lines), title


def test_a_secret_that_opens_a_system_without_a_name_opens_no_0_systems() -> None:
    rows = shown.overview(reached(view()))
    (token,) = [row for row in rows if row.startswith("main/clicks, key")]
    assert "unknown" in token
    (login,) = [row for row in rows if row.startswith("User:auditor")]
    assert "unknown" not in login.rpartition("  ")[0]  # the last column is the sensitivity beyond


def test_workloads_that_share_a_login_are_told_apart() -> None:
    some = (workload("a", principal="User:one"), workload("b", principal="User:one"))
    made = view(None, *some)
    page = "\n".join(shown.text(everything(made), leaked=True))
    assert "sensitivity public; workload b" in page


def test_a_group_that_it_may_only_describe_is_none_that_it_uses() -> None:
    made = view(taken("ALLOW DESCRIBE on group connect-ledger to User:ledger"))
    page = "\n".join(shown.text(everything(made), leaked=True))
    assert "use 1 group" not in page
    made = view(taken("ALLOW READ on group connect-ledger to User:ledger"))
    assert "use 1 group" in "\n".join(shown.text(everything(made), leaked=True))


def test_who_may_create_acls_may_reach_more_than_is_counted() -> None:
    made = view(taken("ALLOW ALTER on cluster kafka-cluster to User:ops"))
    (ops,) = [one for one in everything(made) if one.credential.name == "User:ops"]
    assert not ops.reach.certain
    (admin,) = [one for one in everything(made) if one.credential.name == "User:admin"]
    assert admin.source
    assert not admin.source.may_grant  # a super user lacks no right
    for leaked in (True, False):
        page = " ".join("\n".join(shown.text([ops], leaked=leaked)).split())
        assert page.count("with ALTER on the cluster it can give itself every right") == 2 - leaked


def test_workers_without_a_name_reach_something_all_the_same() -> None:
    failed = MAIN.model_copy(update={"error": "HTTP 500", "workers": ()})
    clicks = connector("clicks", principals=("User:clicks",))
    partly = ConnectInfo(clusters=(failed,), connectors=(clicks,))
    made = view(taken(connect=section(partly, State.PARTIAL, "main: HTTP 500")))
    (ledger,) = [one for one in everything(made) if one.credential.name == "User:ledger"]
    page = "\n".join(shown.text([ledger], leaked=True))
    assert "through its workers: at least 1 more topic or system" in page


def test_what_a_config_topic_opens_comes_after_the_rights_that_open_it() -> None:
    (auditor,) = [one for one in everything(view()) if one.credential.name == "User:auditor"]
    (first, second), _ = shown.four(auditor)[0][1:]
    assert first.startswith("on the source: ")
    assert second.startswith("the secrets in clear")
