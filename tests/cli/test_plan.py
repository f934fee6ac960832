"""`kmig plan` and what goes by it: the examples as they are, ages and dates, files written whole, bad input."""

import gc
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrate.cli.main import main
from migrate.documents.plan import STAGES
from migrate.folder import INVENTORY, LOCK, Folder
from migrate.journal.entry import Entry
from migrate.model.cluster import Commit, ScramCredential
from tests import examples
from tests.estate import acls, group, inventory, section, topic

PLANS = Path(__file__).parents[2] / "plans"
EXAMPLES = sorted(path.name for path in PLANS.iterdir() if path.is_dir())
CONFIG = """
version: 1
name: small
source: {bootstrap_servers: "s:9092", allow_everyone_if_no_acl_found: false}
target: {bootstrap_servers: "t:9092", allow_everyone_if_no_acl_found: false}
sensitivity: [public, secret]
replication: {connect: "http://m:8083", principal: "User:copier"}
"""
WORKLOADS = """
workloads:
  - {name: a, kind: producer, owner: team, sensitivity: public, principal: "User:a", writes: [{topic: t}],
     switch: {command: {stop: [x], start: [x]}}}
  - {name: b, kind: consumer, owner: team, sensitivity: public, principal: "User:b", reads: [{topic: t}], groups: [b],
     switch: {command: {stop: [x], start: [x]}}}
"""
NOW = datetime.now(UTC)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A migration with a fresh inventory, planned."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "kmig.yaml").write_text(CONFIG)
    (folder / "workloads.yaml").write_text(WORKLOADS)
    look(folder)
    assert main(["-C", str(folder), "plan"]) == 0
    return folder


def look(folder: Path, age: timedelta = timedelta(), **sections: object) -> None:
    """Take an inventory, as of some time ago."""
    made = inventory(
        topics=(topic("t"),),
        groups=(group("b", "t"),),
        acl=acls("ALLOW WRITE on topic t to User:a"),
    )
    Folder(folder).save(INVENTORY, made.model_copy(update={"taken_at": NOW - age, **sections}))


@pytest.mark.parametrize("name", EXAMPLES)
def test_planning_an_example_leaves_every_file_as_it_is(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(PLANS / name, folder)
    before = contents(folder)
    assert main(["-C", str(folder), "plan"]) == 0
    after = contents(folder)
    assert after.keys() == before.keys()
    assert [str(p) for p in before if before[p] != after[p]] == []


def test_planning_leaves_garbage_collection_as_it_was(small: Path) -> None:
    assert gc.isenabled()
    assert main(["-C", str(small), "plan"]) == 0
    assert gc.isenabled()
    assert main(["-C", str(small), "plan", "--why", "nobody"]) == 2
    assert gc.isenabled()
    gc.disable()
    try:
        assert main(["-C", str(small), "plan"]) == 0
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("full_at", ["plan.json", "runbook.md", "report.html"])
def test_no_runbook_of_another_plan_is_left_where_the_disk_is_full(
    full_at: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "byoc-export"
    shutil.copytree(PLANS / "byoc-export", folder)
    before = contents(folder)
    people = (folder / "workloads.yaml").read_text()
    (folder / "workloads.yaml").write_text(people.replace("owner: ", "owner: new-"))
    fsync = os.fsync

    def full(handle: int) -> None:
        if f"/.{full_at}." in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(28, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    assert main(["-C", str(folder), "plan"]) == 1
    assert (
        f"cannot write file {folder / full_at}: No space left on device" in capsys.readouterr().err
    )
    after = contents(folder)
    told = {p for p in before if p.suffix in (".md", ".html", ".tf")}
    same = {p for p in told & after.keys() if before[p] == after[p]}
    if full_at == "plan.json":
        assert same == told, "the plan is as it was, and so is what tells of it"
    else:
        assert after[folder / "plan.json"] != before[folder / "plan.json"]
        assert not same, "nothing tells of the plan that is gone"


def contents(folder: Path) -> dict[Path, bytes]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != LOCK)
    return {p: p.read_bytes() for p in files}


@pytest.mark.parametrize("name", examples.MADE_UP)
def test_a_made_up_inventory_is_what_its_maker_makes(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(PLANS / name, folder)
    examples.write(folder)
    assert (folder / INVENTORY).read_bytes() == (PLANS / name / INVENTORY).read_bytes()


def test_a_stale_inventory_is_said_by_plan_and_refused_by_what_acts(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    look(small, timedelta(days=15))
    assert main(["-C", str(small), "plan"]) == 0
    said = capsys.readouterr().err
    taken, until = NOW - timedelta(days=15), NOW - timedelta(days=1)
    assert (
        f"warning: made from the inventory of {taken:%Y-%m-%d %H:%M} UTC, too old since "
        f"{until:%Y-%m-%d %H:%M} UTC: kmig does not act on this plan; run `kmig inventory`, then `kmig plan`\n"
    ) in said
    assert "kmig acts" not in said
    assert main(["-C", str(small), "apply", "1", "--yes"]) == 4
    said = capsys.readouterr().err
    assert "15 days old (" in said
    assert "`policy.inventory_days` allows 14" in said
    assert "run `kmig inventory`, then `kmig plan`" in said
    (small / "kmig.yaml").write_text(CONFIG + "policy: {inventory_days: 30}\n")
    assert main(["-C", str(small), "plan"]) == 0
    until = taken + timedelta(days=30)
    said = capsys.readouterr().err
    assert f"UTC; kmig acts on this plan until {until:%Y-%m-%d %H:%M} UTC\n" in said
    assert "warning" not in said
    assert main(["-C", str(small), "apply", "1"]) == 4
    assert "not confirmed" in capsys.readouterr().err


def done(folder: Path, *stages: str) -> None:
    """As if these stages of the first wave had been carried out."""
    files = Folder(folder)
    digest = files.plan().waves[0].work
    journal = files.open_journal(lambda e: Entry(**{**e.__dict__, "at": NOW, "by": "test"}))
    for stage in stages:
        journal.append(event="end", wave=1, stage=stage, detail=f"wave digest {digest}")


def test_a_wave_is_not_cut_over_before_its_day(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = (NOW + timedelta(days=3)).date()
    text = WORKLOADS.replace("groups: [b],", f"groups: [b], not_before: {day},")
    (small / "workloads.yaml").write_text(text)
    assert main(["-C", str(small), "plan"]) == 0
    done(small, "prepare", "replicate")
    capsys.readouterr()
    assert main(["-C", str(small), "cutover", "1", "--yes"]) == 4
    assert f"wave 1 must not move before {day}" in capsys.readouterr().err
    assert main(["-C", str(small), "status"]) == 0
    assert f"open: wave 1: must not move before {day}" in capsys.readouterr().out


def test_the_report_is_written_anew_with_what_was_done(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (small / "report.html").read_text()
    assert "prepare done" not in before
    done(small, "prepare")
    assert main(["-C", str(small), "status", "--report"]) == 0
    assert "report.html" in capsys.readouterr().err
    assert "prepare done" in (small / "report.html").read_text()


def test_an_assessment_of_another_estate_is_not_shown(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["-C", str(small), "assess"])
    assert main(["-C", str(small), "plan"]) == 0
    assert "as <code>kmig assess</code> judged them" in (small / "report.html").read_text()
    (small / "workloads.yaml").write_text(WORKLOADS.replace("owner: team", "owner: crew"))
    assert main(["-C", str(small), "plan"]) == 0
    assert (
        "report.html has no assessment: assessment.json was made from other files"
        in capsys.readouterr().err
    )
    assert "Not assessed:" in (small / "report.html").read_text()
    text = (small / "assessment.json").read_text().replace('"warning"', '"ready"')
    (small / "assessment.json").write_text(text)
    assert main(["-C", str(small), "plan"]) == 0
    assert "was edited after kmig wrote it" in capsys.readouterr().err


@pytest.mark.parametrize("number", [1, 10, 11, 1212])
def test_an_export_names_ten_acls_that_it_leaves_out_and_has_all_as_data(
    number: int, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = acls(*(f"DENY DELETE on topic t{n:04} to User:a" for n in range(number)))
    topics = section(tuple(topic(name) for name in ("t", *(a.resource_name for a in denied))))
    rules = acls("ALLOW WRITE on topic t to User:a", *map(str, denied))
    look(small, acls=section(rules), topics=topics)
    text = WORKLOADS.replace("writes: [{topic: t}]", "writes: [{prefix: t}]")
    widened = 'widen: [{acl: {permission: DENY}, because: "the broker denies it by default"}]\n'
    (small / "workloads.yaml").write_text(text + widened)
    assert main(["-C", str(small), "plan"]) == 0
    export = ["-C", str(small), "apply", "1", "--export", "terraform"]
    capsys.readouterr()
    assert main(export) == 0
    said = capsys.readouterr().err.splitlines()
    warnings = [line for line in said if line.startswith("warning: not exported, accepted under")]
    assert len(warnings) == min(number, 10)
    more = {11: "1 more ACL", 1212: "1,202 more ACLs"}.get(number)
    rest = [f"warning: not exported either: {more}; -o json lists all of them"] if more else []
    assert said == [*warnings, *rest]
    assert main([*export[:2], "-o", "json", *export[2:]]) == 0
    left_out = json.loads(capsys.readouterr().out)["not_exported"]
    assert [one["acl"] for one in left_out] == [str(acl) for acl in denied]
    assert all(one["because"] for one in left_out)


def test_on_byoc_nothing_acts(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = CONFIG.replace('"t:9092",', '"t:9092", profile: automq-byoc,')
    (small / "kmig.yaml").write_text(text)
    look(small, acls=section(acls("ALLOW WRITE on topic t to User:abcd")))
    who = WORKLOADS.replace("User:a", "User:abcd")
    (small / "workloads.yaml").write_text(who)
    assert main(["-C", str(small), "plan"]) == 0
    assert (small / "export" / "wave-1-switch" / "grants.tf").exists()
    late = small / "export" / "wave-9-switch" / "grants.tf"
    late.parent.mkdir()
    late.write_text("of an earlier plan")
    assert main(["-C", str(small), "plan"]) == 0
    assert not late.exists()
    text = (small / "runbook.md").read_text()
    assert "`export/wave-1-switch/`" in text
    assert "kmig apply" not in text
    capsys.readouterr()
    assert main(["-C", str(small), "apply", "1", "--yes"]) == 4
    assert "its administrators do" in capsys.readouterr().err
    assert main(["-C", str(small), "apply", "1", "--export", "terraform"]) == 4
    said = capsys.readouterr()
    assert (said.out, "export/wave-1-prepare" in said.err) == ("", True)
    assert main(["-C", str(small), "verify", "protocol", "--yes"]) == 4
    assert "kmig changes nothing" in capsys.readouterr().err


def test_a_plan_to_compare_with_is_looked_for_in_the_directory_too(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (small / "plan.json").read_bytes()
    capsys.readouterr()
    assert main(["-C", str(small), "plan", "--diff", "plan.json"]) == 0
    assert capsys.readouterr().out == "no difference\n"
    (small / "old.json").write_text("{}")
    assert main(["-C", str(small), "plan", "--diff", "old.json"]) == 2
    assert "--diff takes a plan.json that kmig wrote" in capsys.readouterr().err
    assert (small / "plan.json").read_bytes() == before


def test_the_name_of_a_class_is_no_markup(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "kmig.yaml").write_text(CONFIG.replace("[public,", '["<b>|`x`", public,'))
    assert main(["-C", str(small), "plan"]) == 2
    assert "sensitivity" in capsys.readouterr().err


BAD: dict[str, tuple[str, str, int, str]] = {
    "a wish that a dependency forbids": (
        "name: a,",
        "name: a, before: [b],",
        1,
        "wish-contradicted: a is to move before b, but cannot: b reads t, which a writes",
    ),
    "a class that is not in the list": (
        "sensitivity: public",
        "sensitivity: top",
        1,
        "unknown-class",
    ),
    "a topic that nobody owns": ("writes: [{topic: t}]", "writes: []", 1, "unaccounted: topic t"),
    "an ACL of nobody's principal": ('"User:a"', '"User:other"', 1, "unaccounted: acl ALLOW WRITE"),
    "a date that is none": (
        "name: a,",
        "name: a, not_before: soon,",
        2,
        "`not_before` must be a date",
    ),
    "a widening without a reason": (
        "workloads:",
        "widen: [{acl: {host: h}}]\nworkloads:",
        2,
        "because",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_message_and_nothing_is_half_written(
    name: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, code, says = BAD[name]
    before = {p: p.read_bytes() for p in small.iterdir() if p.suffix in (".json", ".md", ".html")}
    (small / "workloads.yaml").write_text(WORKLOADS.replace(old, new))
    capsys.readouterr()
    assert main(["-C", str(small), "plan"]) == code
    said = capsys.readouterr()
    assert says in said.err
    assert "Traceback" not in said.err
    assert {p: p.read_bytes() for p in before} == before


def test_a_plan_edited_by_hand_is_refused(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = json.loads((small / "plan.json").read_text())
    raw["waves"][0]["prepare"] = []
    (small / "plan.json").write_text(json.dumps(raw))
    assert main(["-C", str(small), "apply", "1", "--yes"]) == 4
    assert "was edited after kmig wrote it" in capsys.readouterr().err


def test_waves_that_moved_need_the_plan_they_were_in(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = Folder(small)
    journal = files.open_journal(lambda e: Entry(**{**e.__dict__, "at": NOW, "by": "test"}))
    journal.append(event="run", command="kmig cutover 1", wave=1, stage="cutover")
    (small / "plan.json").write_text("{}")
    assert main(["-C", str(small), "plan"]) == 4
    said = capsys.readouterr().err
    assert "waves were cut over, and their plan.json cannot be read" in said
    assert "restore plan.json from a backup" in said


BEYOND = Commit(topic="t", partition=0, offset=11, start=0, end=10)
ACCEPTED = """
suppress:
  - {rule: offset-beyond-end, subject: "group b", because: "it is reset at the switch", until: 2999-01-01}
"""


def beyond(folder: Path) -> None:
    """The group of the first wave has committed beyond its log's end."""
    ahead = group("b", "t").model_copy(update={"commits": (BEYOND,)})
    look(folder, groups=section((ahead,)))


@pytest.mark.parametrize("stage", STAGES[:4])
def test_a_wave_does_not_act_while_a_finding_blocks_it_and_acts_once_it_is_accepted(
    stage: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(small, *STAGES[: STAGES.index(stage)])
    beyond(small)
    command = ["-C", str(small), "apply" if stage == "prepare" else stage, "1"]
    assert main(command) == 4
    said = capsys.readouterr().err
    assert "wave 1 is blocked by 1 finding\n  offset-beyond-end: group b: t-0: committed 11" in said
    assert "under `suppress` in workloads.yaml" in said
    (small / "workloads.yaml").write_text(WORKLOADS + ACCEPTED)
    assert main(command) == 4, "the plan is not stale for that"
    assert "nothing was changed: not confirmed" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["close", "rollback"])
def test_what_ends_a_wave_or_takes_it_back_waits_for_no_finding(
    command: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(small, *STAGES[:4])
    beyond(small)
    main(["-C", str(small), command, "1"])
    assert "is blocked by" not in capsys.readouterr().err


def shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, Any]:
    """What `kmig status` prints, as text and as JSON."""
    capsys.readouterr()
    assert main(["-C", str(folder), "status"]) == 0
    text = capsys.readouterr()
    assert main(["-C", str(folder), "-o", "json", "status"]) == 0
    return text.out + text.err, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("stage", STAGES[:3])
def test_status_names_the_finding_that_blocks_the_next_stage_and_what_leads_on(
    stage: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(small, *STAGES[: STAGES.index(stage)])
    beyond(small)
    text, document = shown(small, capsys)
    why = "kmig assess --why offset-beyond-end"
    assert "open: wave 1: blocked by offset-beyond-end: group b: t-0: committed 11, log" in text
    assert text.endswith(f"\nnext: {why}\n")
    assert document["next"] == why
    (finding,) = document["waves"][0]["blocked"]
    assert (finding["rule"], finding["subject"]) == ("offset-beyond-end", "group b")
    assert all(wave["blocked"] == [] for wave in document["waves"][1:])
    (small / "workloads.yaml").write_text(WORKLOADS + ACCEPTED)
    text, document = shown(small, capsys)
    assert "blocked" not in text
    assert document["next"] == f"kmig {'apply' if stage == 'prepare' else stage} 1"


def test_status_names_no_finding_where_no_stage_waits_for_one(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(small, *STAGES[:3])
    beyond(small)
    text, document = shown(small, capsys)
    assert "blocked" not in text
    assert document["next"] == "kmig close 1"


def test_status_says_that_it_is_unknown_whether_a_wave_is_blocked(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / INVENTORY).unlink()
    text, document = shown(small, capsys)
    assert (
        "note: unknown whether plan.json is out of date, and whether findings block a wave: "
        in text
    )
    assert INVENTORY in text
    assert document["next"] == "kmig apply 1"


@pytest.mark.parametrize("stage", STAGES[:4])
def test_status_leads_to_a_new_plan_where_the_inputs_have_changed(
    stage: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(small, *STAGES[: STAGES.index(stage)])
    (small / "workloads.yaml").write_text(WORKLOADS.replace("owner: team", "owner: crew"))
    with (small / "kmig.yaml").open("a") as config:
        config.write("policy: {inventory_days: 7}\n")
    text, document = shown(small, capsys)
    why = "plan.json is out of date: since it was made, kmig.yaml and workloads.yaml changed"
    assert f"\nopen: {why}\n" in text
    assert text.endswith("\nnext: kmig plan\n")
    assert document["next"] == "kmig plan"
    assert document["out_of_date"] == ["kmig.yaml", "workloads.yaml"]
    assert main(["-C", str(small), "apply", "1", "--yes"]) == 4
    assert why in capsys.readouterr().err
    assert main(["-C", str(small), "plan"]) == 0
    text, document = shown(small, capsys)
    assert "out of date" not in text
    assert document["out_of_date"] == []
    assert document["next"] != "kmig plan"


def test_a_plan_says_which_waves_would_not_act_and_what_leads_on(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beyond(small)
    capsys.readouterr()
    assert main(["-C", str(small), "plan"]) == 0
    said = capsys.readouterr().err
    assert (
        "wave 1 is blocked: offset-beyond-end 1; see `kmig assess --why offset-beyond-end`" in said
    )
    assert main(["-C", str(small), "assess", "--why", "offset-beyond-end"]) == 1
    said = capsys.readouterr().out
    assert "blocks: wave" in said
    assert "accept: write `{rule: offset-beyond-end, " in said
    (small / "workloads.yaml").write_text(WORKLOADS + ACCEPTED)
    assert main(["-C", str(small), "plan"]) == 0
    assert "is blocked" not in capsys.readouterr().err


def blocked(folder: Path, capsys: pytest.CaptureFixture[str], workloads: str) -> list[str]:
    """What `kmig plan` asks for, in its order."""
    (folder / "workloads.yaml").write_text(workloads)
    capsys.readouterr()
    assert main(["-C", str(folder), "plan"]) == 1
    lines = capsys.readouterr().err.splitlines()
    return [line.strip() for line in lines if line.startswith("  ") and "remedy:" not in line]


CREDENTIAL = (
    'credential: {mechanism: SCRAM-SHA-512, secret: "${file:s.properties:a}"}, '
    "rotation: {strategy: mechanism-overlap, deliver: {file: s.properties, key: a, mechanism_key: a.m}}, "
)


def test_plan_asks_for_everything_at_once_entry_by_entry(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = blocked(
        small,
        capsys,
        """
workloads:
  - {name: b, kind: consumer, owner: "?", sensitivity: public, principal: "User:b", reads: [{topic: t}], groups: [b]}
  - {name: a, kind: producer, owner: "?", sensitivity: publik, principal: "User:a", writes: [{topic: t}],
     """
        + CREDENTIAL
        + "switch: {command: {stop: [x], start: [x]}}}\n",
    )
    assert asked == [
        "no-owner: workloads.yaml: workload a",
        "unknown-class: workloads.yaml: workload a: unknown `sensitivity`: `publik`",
        "unknown-name: workloads.yaml: workload a: credential `User:a SCRAM-SHA-512` does not exist on the source",
        "not-carried: workloads.yaml: workload a: `credential` sets neither `carry` nor `issue`",
        "no-health: workloads.yaml: workload a: nothing would show that it uses the new secret",
        "no-owner: workloads.yaml: workload b",
        "no-switch: workloads.yaml: workload b",
    ]


def test_who_shares_a_rotated_login_must_be_seen_too_and_a_batch_job_cannot(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = CREDENTIAL.partition(", rotation")[0]
    workloads = (
        WORKLOADS.replace('principal: "User:a",', f'principal: "User:a", {CREDENTIAL}').replace(
            "start: [x]}}}", "start: [x], health: [x]}}}", 1
        )
        + '  - {name: night, kind: service, owner: o, sensitivity: public, principal: "User:a", '
        + f"{shared}, switch: {{batch: at night, file: {{path: p, target: q}}}}}}\n"
    )
    asked = blocked(small, capsys, workloads)
    rotates = "nothing would show that it uses the new secret, which workload a rotates"
    assert f"no-health: workloads.yaml: workload night: {rotates}" in asked
    assert not any(line.startswith("no-health: workloads.yaml: workload a") for line in asked)
    assert not any(line.startswith("no-switch") for line in asked)


def test_without_a_copier_no_switch_is_asked_for(small: Path) -> None:
    config = small / "kmig.yaml"
    config.write_text(config.read_text().partition("replication:")[0])
    text = WORKLOADS.replace(",\n     switch: {command: {stop: [x], start: [x]}}", "")
    assert "switch" not in text
    (small / "workloads.yaml").write_text(text)
    assert main(["-C", str(small), "plan"]) == 0


def test_credentials_that_are_not_rotated_are_said(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        CREDENTIAL.partition(", rotation")[0].replace("a}", 'a}", carry: true').replace('"}', "}")
    )
    (small / "workloads.yaml").write_text(
        WORKLOADS.replace('principal: "User:a",', f'principal: "User:a", {text},')
    )
    scram = ScramCredential(user="a", mechanism="SCRAM-SHA-512", iterations=4096)
    look(small, scram=section((scram,)))
    capsys.readouterr()
    assert main(["-C", str(small), "plan"]) == 0
    assert (
        "warning: no `rotation`, so the credential stays as it is: a\n" in capsys.readouterr().err
    )


def test_an_edited_plan_is_compared_and_never_acted_on(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = small / "plan.json"
    plan.write_text(plan.read_text().replace('"partitions": 1', '"partitions": 99', 1))
    capsys.readouterr()
    assert main(["-C", str(small), "plan", "--diff", "plan.json"]) == 0
    shown = capsys.readouterr()
    assert "was edited after kmig wrote it; its edits are among the differences" in shown.err
    assert "create_topic t, partitions: 99 → 1" in " ".join(shown.out.split())
    assert main(["-C", str(small), "apply", "1", "--yes"]) == 4
    assert "was edited after kmig wrote it" in capsys.readouterr().err
