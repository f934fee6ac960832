"""Bad input on real clusters: one message that says what, where and what to do; the exit code; nothing written."""

import json
import socket
import time

from migrate.rehearse.estate import KMIG
from migrate.rehearse.scenario import parse_acl
from tests.live.conftest import Migration, Side


def test_a_wrong_password_is_one_message_within_seconds(migration: Migration, source: Side) -> None:
    migration.edit("secrets/source.properties", 'password\\="', 'password\\="x')
    ran = migration.must("inventory", code=3)
    assert ran.seconds < 15  # a busy machine takes 5 s to start Python; a time-out takes 30 s
    assert "cannot log in to the source as `kmig` on 127.0.0.1" in ran.err
    assert "SASL authentication failed (58)" in ran.err
    assert ran.err.count("cannot log in") == 1
    assert not (migration.folder / "inventory.json").exists()


def test_a_mechanism_that_is_not_enabled_names_those_that_are(migration: Migration) -> None:
    migration.edit(
        "secrets/source.properties", "sasl.mechanism=SCRAM-SHA-512", "sasl.mechanism=PLAIN"
    )
    ran = migration.must("inventory", code=3)
    assert "to one that it offers: SCRAM-SHA-" in ran.err


def test_an_unreachable_bootstrap_says_who_did_not_answer(
    migration: Migration, source: Side
) -> None:
    migration.edit("kmig.yaml", source.cluster.bootstrap, "127.0.0.1:1")
    ran = migration.must("inventory", code=3)
    assert "cannot reach the source at 127.0.0.1:1: Connection refused" in ran.err
    assert ran.seconds < 15  # a busy machine takes 5 s to start Python; a time-out takes 30 s


def test_a_listener_that_never_answers_is_bounded(migration: Migration, source: Side) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        migration.edit("kmig.yaml", source.cluster.bootstrap, f"127.0.0.1:{port}")
        migration.edit("kmig.yaml", "\nsource:\n", "\nsource:\n  timeout_seconds: 1\n")
        began = time.monotonic()
        ran = migration.must("inventory", code=3)
    assert time.monotonic() - began < 15  # of 30 s, where the setting is not heeded
    assert f"no answer to ApiVersionsRequest from the source at 127.0.0.1:{port}" in ran.err
    assert "waited at most 1 s" in ran.err


def test_source_and_target_that_are_one_cluster_are_refused(
    planned: Migration, source: Side, target: Side
) -> None:
    migration = planned
    config = migration.folder / "kmig.yaml"
    text = config.read_text()
    # another name of the same listener: only the cluster id tells
    other = source.cluster.bootstrap.replace("127.0.0.1", "localhost")
    config.write_text(
        text.replace(target.cluster.bootstrap, other).replace(
            "target.properties", "source.properties"
        )
    )
    migration.must("inventory")
    migration.must("plan")
    before = source.state()
    ran = migration.must("apply", "1", "--yes", code=4)
    assert "source and target are the same cluster" in ran.err
    assert source.state() == before
    migration.must("verify", code=4)


def test_a_plan_edited_by_hand_is_refused(planned: Migration, target: Side) -> None:
    planned.edit("plan.json", '"session-builder"', '"session-burglar"')
    ran = planned.must("apply", "1", "--yes", code=4)
    assert "plan.json was edited after kmig wrote it" in ran.err


def test_an_input_that_changed_since_the_plan_is_refused(
    planned: Migration, source: Side, target: Side
) -> None:
    extra = parse_acl("ALLOW READ on topic clickstream.raw to User:late")
    with source.changed(add=[extra]):
        planned.must("inventory")
        ran = planned.must("apply", "1", "--yes", code=4)
        assert "plan.json is out of date: since it was made, inventory.json" in ran.err
        assert "no-owner: workloads.yaml: workload late" in planned.must("plan", code=1).err
    planned.must("inventory")
    planned.edit("workloads.yaml", "owner: web-team", "owner: other-team")
    assert (
        "since it was made, workloads.yaml changed"
        in planned.must("apply", "1", "--yes", code=4).err
    )


def test_a_source_that_changed_since_the_inventory_is_seen_by_verify(
    planned: Migration, source: Side, target: Side
) -> None:
    planned.must("apply", "1", "--yes")
    extra = parse_acl("ALLOW READ on topic clickstream.raw to User:late")
    with source.changed(add=[extra]):
        ran = planned.must("verify", "acls", code=1)
        assert f"new on the source since the inventory: {extra}" in ran.said


def test_connect_that_is_down_leaves_its_section_refused(migration: Migration) -> None:
    config = migration.folder / "kmig.yaml"
    lines = [
        "  source: http://127.0.0.1:1" if "source: http" in line else line
        for line in config.read_text().splitlines()
    ]
    config.write_text("\n".join(lines) + "\n")
    ran = migration.must("inventory", code=3)
    found = json.loads((migration.folder / "inventory.json").read_text())
    assert found["connect"]["standing"] == "refused"
    assert "cannot reach Connect main at http://127.0.0.1:1" in found["connect"]["error"]
    assert found["acls"]["standing"] == "complete"
    assert "not complete: connectors" in ran.err
    assert "incomplete: section connect is refused" in migration.must("plan", code=1).err


def test_a_principal_that_may_see_only_a_prefix_gets_partial(
    migration: Migration, source: Side
) -> None:
    # READ implies DESCRIBE
    everything = [parse_acl(f"ALLOW READ on topic * to User:{KMIG}")]
    some = parse_acl(f"ALLOW DESCRIBE on topic prefixed orders. to User:{KMIG}")
    with source.changed(add=[some], remove=everything):
        migration.must("inventory", code=3)
    found = json.loads((migration.folder / "inventory.json").read_text())
    assert found["topics"]["standing"] == "partial"
    assert [t["name"] for t in found["topics"]["found"]] == [
        "orders.audit",
        "orders.created",
        "orders.enriched",
        "reference.countries",  # shown to everybody
    ]
    assert "lacks DESCRIBE on topic `*`" in found["topics"]["error"]
    assert found["groups"]["standing"] == "partial"
    assert found["acls"]["standing"] == "complete"


def test_a_deny_that_hides_something_makes_the_section_partial(
    migration: Migration, source: Side
) -> None:
    deny = parse_acl(f"DENY DESCRIBE on topic orders.audit to User:{KMIG}")
    with source.changed(add=[deny]):
        migration.must("inventory", code=3)
    found = json.loads((migration.folder / "inventory.json").read_text())
    assert found["topics"]["standing"] == "partial"
    assert "a DENY hides some from User:kmig" in found["topics"]["error"]


def test_without_describe_on_the_cluster_acls_are_refused_and_not_none(
    migration: Migration, source: Side
) -> None:
    grant = parse_acl(f"ALLOW DESCRIBE on cluster kafka-cluster to User:{KMIG}")
    with source.changed(remove=[grant]):
        migration.must("inventory", code=3)
    found = json.loads((migration.folder / "inventory.json").read_text())
    assert found["acls"]["standing"] == "refused"
    assert "CLUSTER_AUTHORIZATION_FAILED (31)" in found["acls"]["error"]
    assert found["scram"]["standing"] == "refused"
    assert found["quotas"]["standing"] == "complete"
    assert found["topics"]["standing"] == "partial"


def test_a_wrong_carried_secret_stops_before_it_is_set(planned: Migration, target: Side) -> None:
    planned.edit("secrets/clients.properties", "dashboard=", "dashboard=x")
    ran = planned.must("apply", "1", "--yes", code=4)
    assert "is not the secret of User:dashboard on the source" in ran.err
    assert "SCRAM-SHA-512 login refused (58)" in ran.err
    assert "dashboard" not in {c.user for c in target.reader.scram_credentials()}
    planned.edit("secrets/clients.properties", "dashboard=x", "dashboard=")
    planned.must("apply", "1", "--yes")


def test_another_secret_on_the_target_is_not_overwritten(planned: Migration, target: Side) -> None:
    target.writer.set_password("dashboard", "SCRAM-SHA-512", "somebody else's")
    ran = planned.must("apply", "1", "--yes", code=4)
    assert "User:dashboard has a different SCRAM-SHA-512 secret on the target" in ran.err


def test_a_topic_of_somebody_else_is_not_taken_over(planned: Migration, target: Side) -> None:
    there = next(t for t in target.reader.topics()) if target.reader.topics() else None
    assert there is None or there.internal
    from migrate.model.cluster import Partition, Topic

    parts = tuple(Partition(index=i) for i in range(7))
    target.writer.create_topic(Topic(name="catalog.prices", replication_factor=1, partitions=parts))
    ran = planned.must("apply", "1", "--yes", code=4)
    assert "topic catalog.prices on the target has 7 partitions, the plan 2" in ran.err


def test_a_broken_chain_stops_what_acts_and_is_named(planned: Migration, target: Side) -> None:
    planned.must("apply", "1", "--yes")
    path = planned.folder / "journal.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    lines[4] = lines[4].replace("create topic", "delete topic").replace("catalog", "catalOg", 1)
    path.write_text("".join(lines))
    assert "line 5" in planned.must("audit", "--check", code=1).err
    assert "line 5" in planned.must("apply", "1", "--yes", code=4).err
    assert "line 5" in planned.must("rollback", "1", "--yes", code=4).err
    assert "line 5" in planned.must("status", code=4).err
