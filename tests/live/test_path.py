"""The path on real clusters: inventory, plan, apply, verify, roll back."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.rehearse.scenario import parse_acl
from tests.live.conftest import Migration, Side


def test_an_inventory_is_complete_and_within_its_requests(migration: Migration) -> None:
    ran = migration.must("-o", "json", "inventory")
    found = json.loads(ran.out)
    names = [name for name, section in found.items() if isinstance(section, dict)]
    assert {found[name]["standing"] for name in names} == {"complete"}
    assert len(names) == 13
    assert len(found["acls"]["found"]) == 57
    assert len(found["topics"]["found"]) == 17
    groups = {g["name"]: g for g in found["groups"]["found"]}
    lag = sum(c["end"] - c["offset"] for c in groups["dashboard"]["commits"])
    assert lag == 3 * 3_000
    asked = {name: found[name]["requests"] for name in names if found[name]["requests"]}
    # configs, stable, end and a day's first offsets, sizes, three places of each topic; and one more request for each
    # topic whose batches are larger than those of a producer with its defaults
    assert 8 <= asked.pop("topics") <= 8 + 17
    assert asked == {
        "cluster": 3,  # itself, every topic's leaders, the broker's configuration
        "acls": 1,
        "scram": 1,
        "quotas": 1,
        "groups": 5,  # first offsets, listed, coordinators, described, commits
        "transactions": 3,
        "producers": 1,
    }
    assert all(found[name]["answered"] == [1] for name in (*asked, "topics"))
    topics = {t["name"]: t for t in found["topics"]["found"]}
    assert all(
        p["size"] and p["stable"] == p["end"] for p in topics["clickstream.raw"]["partitions"]
    )
    assert all(p["daily"] <= p["end"] for p in topics["clickstream.raw"]["partitions"])
    assert topics["clickstream.raw"]["codecs"]
    assert found["cluster"]["found"]["platform"].startswith("Apache Kafka")
    assert found["cluster"]["found"]["facts"][0]["lifetime"] == 5


def test_connector_secrets_are_classified_and_not_repeated(migration: Migration) -> None:
    migration.must("inventory")
    text = (migration.folder / "inventory.json").read_text()
    uses = {
        (c["name"], use["key"]): use["secrecy"]
        for c in json.loads(text)["connect"]["found"]["connectors"]
        for use in c["secrets"]
    }
    assert uses == {
        ("legacy-import", "archive.password"): "reference",
        ("legacy-export", "upload.token"): "literal",
    }
    literal = (migration.folder / "secrets" / "literal-legacy-export").read_text()
    assert literal not in text


def test_the_whole_path_and_back(planned: Migration, target: Side) -> None:
    before = target.state()
    assert "no wave has been applied" in planned.must("verify", "acls", code=3).said
    assert "wave 1 prepared" in planned.must("apply", "1", "--yes").out
    assert "nothing to do; 0 writes sent" in planned.must("apply", "1", "--yes").out
    planned.must("apply", "2", "--yes")
    assert "pass: 13 of 13 checks, waves 1, 2" in planned.must("verify", "acls").out
    assert "wave 2 was applied after" in planned.must("rollback", "1", "--yes", code=4).err
    planned.must("rollback", "2", "--yes")
    planned.must("rollback", "1", "--yes")
    assert target.state() == before
    assert "nothing to undo" in planned.must("rollback", "1", "--yes").out
    planned.must("audit", "--check")


def test_copied_topics_keep_everything_as_it_came(planned: Migration, target: Side) -> None:
    planned.must("apply", "1", "--yes")
    found = {t.name: t for t in target.reader.topics()}
    prices = found["catalog.prices"]
    assert len(prices.partitions) == 2
    assert prices.configs["cleanup.policy"] == "delete"
    assert prices.configs["retention.ms"] == "-1"
    assert prices.configs["retention.bytes"] == "-1"
    assert found["catalog.products"].configs["min.cleanable.dirty.ratio"] == "0.1"


def test_an_operators_edit_on_one_broker_of_the_target_is_seen(
    planned: Migration, target: Side
) -> None:
    planned.must("apply", "1", "--yes")
    planned.must("verify", "acls")
    (grant,) = [
        a
        for a in target.reader.acls()
        if str(a) == "ALLOW READ on group session-builder to User:session-builder"
    ]
    target.writer.delete_acls([grant])
    ran = planned.must("verify", "acls", code=1)
    assert f"missing: {grant}" in ran.said
    assert "User:session-builder may READ group session-builder" in ran.said
    # apply again repairs it, and only it
    assert "1 step made; 3 writes sent" in planned.must("apply", "1", "--yes").out
    planned.must("verify", "acls")


def test_without_yes_and_off_a_terminal_nothing_changes(planned: Migration, target: Side) -> None:
    before = target.state()
    ran = planned.must("apply", "1", code=4)
    assert "nothing was changed" in ran.err
    assert "create topic catalog.prices" in ran.err
    assert target.state() == before


def test_the_second_wave_waits_for_the_first(planned: Migration, target: Side) -> None:
    ran = planned.must("apply", "2", "--yes", code=4)
    assert "wave 1 is not prepared" in ran.err
    assert "kmig apply 1" in ran.err


def test_what_the_source_has_revoked_since_the_plan_is_not_granted(
    planned: Migration, source: Side, target: Side
) -> None:
    before = target.state()
    grant = parse_acl("ALLOW READ on group session-builder to User:session-builder")
    deny = parse_acl("DENY READ on topic prefixed catalog. to User:dashboard")
    with source.changed(add=[deny], remove=[grant]):
        said = planned.must("apply", "1", "--yes", code=4).err
    assert f"{grant}: User:session-builder no longer has an ALLOW for it on the source" in said
    assert f"the source has {deny}, the target does not" in said
    assert "2 grants" in said
    assert target.state() == before
    planned.must("apply", "1", "--yes")


FAULTS = ("one-deny-less", "one-grant-less", "one-read-wider", "write-too-early")


def test_a_second_copy_of_the_directory_is_refused(
    planned: Migration, target: Side, tmp_path: Path
) -> None:
    planned.must("apply", "1", "--yes")
    copy = Migration(tmp_path / "copy", planned.environ)
    shutil.copytree(planned.folder, copy.folder)
    planned.must("apply", "2", "--yes")
    for command in ("apply 1 --yes", "apply 2 --yes", "rollback 1 --yes"):
        assert "which is not in this directory" in copy.must(*command.split(), code=4).err
    assert "which is not in this directory" in copy.must("verify", "acls", code=4).err
    (copy.folder / "journal.jsonl").unlink()
    assert "which is not in this directory" in copy.must("rollback", "2", "--yes", code=4).err
    planned.must("rollback", "2", "--yes")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_replay_code_does_not_pass(
    fault: str, migration: Migration, target: Side
) -> None:
    """Through the mutant's own plan and apply; the judge is the real kmig."""
    migration.must("inventory")
    mutant = [sys.executable, "-m", "tests.live.mutant_kmig", fault, "-C", str(migration.folder)]
    root = Path(__file__).parents[2]
    codes: list[int] = []
    said = b""
    for command in (["plan"], ["apply", "1", "--yes"], ["apply", "2", "--yes"]):
        ran = subprocess.run(
            [*mutant, *command], env=migration.environ, cwd=root, capture_output=True, check=False
        )
        codes.append(ran.returncode)
        said = ran.stderr
        if ran.returncode:
            break
    if codes == [0, 0, 0]:
        ran_verify = migration.kmig("verify", "acls")
        assert ran_verify.code == 1, ran_verify.out
    else:
        assert codes == [1], "the plan itself refused"
        assert b"privilege-grows" in said
