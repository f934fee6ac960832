"""An inventory of real clusters: what each right is for, brokers that are silent, TLS, and what logs show."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from migrate.adapters.connect.reader import ConnectRest
from migrate.adapters.connect.workers import Workers
from migrate.adapters.kafka.records import KafkaRecords
from migrate.adapters.properties import read
from migrate.adapters.secrets import Secrets
from migrate.cli.evidence import observed
from migrate.model.cluster import Partition, Topic
from migrate.model.permissions import SOURCE, acls
from migrate.rehearse.estate import KMIG
from migrate.rehearse.scenario import parse_acl
from migrate.rehearse.setup import Rehearsal
from tests.live.conftest import Migration, Side

BLIND = {
    # what is missing, and which sections then say that they are not all there is
    "READ on topic *": {"topics", "groups", "producers"},
    "DESCRIBE_CONFIGS on topic *": {"topics"},
    "DESCRIBE on group *": {"groups", "network"},
    "DESCRIBE on transactional_id *": {"transactions"},
    "DESCRIBE on cluster kafka-cluster": {
        *("acls", "scram", "topics", "groups", "transactions", "producers", "network"),
    },
    "DESCRIBE_CONFIGS on cluster kafka-cluster": {"cluster", "quotas", "network"},
}


def sections(migration: Migration) -> dict[str, Any]:
    found = json.loads((migration.folder / "inventory.json").read_text())
    return {name: s for name, s in found.items() if isinstance(s, dict)}


def incomplete(migration: Migration) -> dict[str, str]:
    found = sections(migration)
    return {n: s["error"] for n, s in found.items() if s["standing"] != "complete"}


@pytest.mark.parametrize("missing", BLIND)
def test_each_right_is_needed_and_the_section_says_so(
    missing: str, migration: Migration, source: Side
) -> None:
    (acl,) = [a for a in acls(f"User:{KMIG}", SOURCE) if f"ALLOW {missing} " in str(a)]
    with source.changed(remove=[acl]):
        migration.must("inventory", code=3)
        said = incomplete(migration)
        assert set(said) - {"network", "groups"} == BLIND[missing] - {"network", "groups"}
        assert set(said) <= BLIND[missing] | {"network", "groups"}
        assert "incomplete: section" in migration.must("plan", code=1).err


@pytest.mark.parametrize(
    ("whole", "part", "poor"),
    [
        (
            "READ on topic *",
            "ALLOW READ on topic prefixed orders. to User:kmig",
            {"topics", "groups", "producers", "network"},
        ),
        (
            "DESCRIBE on group *",
            "ALLOW DESCRIBE on group prefixed order to User:kmig",
            {"groups", "network"},
        ),
    ],
)
def test_a_right_on_a_prefix_is_no_right_on_all(
    whole: str, part: str, poor: set[str], migration: Migration, source: Side
) -> None:
    (acl,) = [a for a in acls(f"User:{KMIG}", SOURCE) if f"ALLOW {whole} " in str(a)]
    with source.changed(add=[parse_acl(part)], remove=[acl]):
        migration.must("inventory", code=3)
        said = incomplete(migration)
        assert set(said) == poor
        assert f"User:{KMIG} lacks DESCRIBE on topic `*`" in said["groups"] or (
            "of 8 not described, such as connect-" in said["groups"]
        )
        found = sections(migration)["groups"]["found"]
        assert found, "what the prefix shows is there"
        refusal = migration.must("plan", code=1).err
    assert "incomplete: section groups is partial" in refusal


def test_with_exactly_the_documented_rights_everything_is_complete(migration: Migration) -> None:
    assert set(BLIND) == {str(a)[6:].partition(" to ")[0] for a in acls("User:x", SOURCE)}
    migration.must("inventory")
    assert incomplete(migration) == {}


@contextmanager
def stopped(side: Side, node: int) -> Iterator[None]:
    """One broker that accepts connections and answers nothing."""
    server = side.cluster.servers[node - 1]
    server.pause()
    try:
        yield
    finally:
        server.resume()
        deadline = time.monotonic() + 30
        while len(opened_brokers(side)) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def opened_brokers(side: Side) -> tuple[object, ...]:
    side.wire._brokers = ()
    return side.reader.brokers()


def test_one_broker_of_three_that_is_silent_is_named_and_the_rest_counts(
    migration: Migration, source: Side, target: Side, stage: Rehearsal
) -> None:
    rights = sorted(set(acls(f"User:{KMIG}", SOURCE)) - target.reader.acls(), key=str)
    three = (Partition(index=0), Partition(index=1), Partition(index=2))
    target.writer.create_topic(Topic(name="wide", replication_factor=1, partitions=three))
    migration.edit("kmig.yaml", target.cluster.bootstrap, "127.0.0.1:1")
    migration.edit("kmig.yaml", stage.source.bootstrap, target.cluster.bootstrap)
    migration.edit("kmig.yaml", "source.properties", "target.properties")
    migration.edit("kmig.yaml", "\nsource:\n", "\nsource:\n  timeout_seconds: 1\n")
    with target.changed(add=rights):
        migration.must("inventory")
        with stopped(target, 3):
            ran = migration.must("inventory", code=3)
            said = incomplete(migration)
            port = target.cluster.bootstrap.rpartition(":")[2]
            assert f"from the source at 127.0.0.1:{port}: timed out" in said["topics"]
            assert ran.seconds < 15
            found = sections(migration)["topics"]
            offsets = {t["name"]: t["partitions"] for t in found["found"]}["wide"]
            assert sorted(p["end"] is None for p in offsets) == [False, False, True]
            assert found["answered"] == [1, 2]
            await_(lambda: len(opened_brokers(target)) == 2)
            migration.must("inventory", code=3)
            said = incomplete(migration)
            assert "broker 3 holds replicas and is not announced" in said["cluster"]
            assert "1 partition without a leader, such as wide-" in said["topics"]
            refusal = migration.must("plan", code=1).err
            assert "incomplete: section cluster is partial: broker 3 holds replicas" in refusal
        migration.must("inventory")


def await_(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_tls_with_a_pem_trust_store_for_both_libraries(
    migration: Migration, stage: Rehearsal, source: Side
) -> None:
    properties = migration.folder / "secrets" / "source.properties"
    migration.edit("secrets/source.properties", "SASL_PLAINTEXT", "SASL_SSL")
    trust = stage.source.certificate_authority
    with properties.open("a") as out:
        out.write(f"ssl.truststore.type=PEM\nssl.truststore.location={trust}\n")
    migration.edit("kmig.yaml", stage.source.bootstrap, stage.source.tls_bootstrap)
    migration.must("inventory")
    reached = migration.must("verify", "network").said
    assert reached.count("its certificate expires on") == 1
    assert "broker 3 of target at 127.0.0.1:" in reached
    client = read(properties, Secrets(stage.environ, migration.folder))
    reading = KafkaRecords("source", stage.source.tls_bootstrap, client.librdkafka, b"key")
    end = source.reader.ends(["reference.countries"])["reference.countries", 0].end
    place = ("reference.countries", 0)
    assert reading.visible({place: (end - 5, end)})[place]
    reading.close()
    other = migration.folder / "other.pem"
    other.write_text(stage.target.certificate_authority.read_text())
    migration.edit("secrets/source.properties", str(trust), str(other))
    ran = migration.must("inventory", code=3)
    assert "the TLS handshake with the source at 127.0.0.1" in ran.err
    refused = migration.must("verify", "network", code=1).said
    assert "its certificate is not trusted: " in refused
    assert "what brokers of source announce" in refused


@pytest.mark.parametrize("which", ["source", "target_side"])
def test_real_authorizer_logs_show_who_did_what_and_on_which_for_which_reason(
    which: str, request: pytest.FixtureRequest, migration: Migration
) -> None:
    side: Side = request.getfixturevalue(which)
    side.reader.acls()  # by a super user
    logs = [str(log) for log in Path(side.cluster.folder).glob("broker-*/authorizer.log")]
    assert len(logs) == side.cluster.spec.brokers
    given = [part for log in logs for part in ("--authorizer-log", log)]
    ran = migration.must("inventory", *given)
    assert "works without any ACL" in ran.said or "work without any ACL" in ran.said
    section = observed(logs)
    reasons = {(use.principal, use.resource_type, use.ground) for use in section.found.uses}
    assert ("User:admin", "CLUSTER", "super") in reasons
    assert section.found.first.startswith("20")
    assert section.standing == "complete", section.error
    if which == "source":
        assert (f"User:{KMIG}", "CLUSTER", "acl") in reasons
    migration.must("inventory")
    assert sections(migration)["observed"]["found"]["uses"], "kept until it is looked for again"


def test_a_workloads_file_is_drafted_and_kept(migration: Migration) -> None:
    people = migration.folder / "workloads.yaml"
    people.write_text("# ours\nworkloads: []\n")
    ran = migration.must("inventory")
    assert "workloads.yaml: 10 new, " in ran.err
    drafted = people.read_text()
    made = {w["name"]: w for w in yaml.safe_load(drafted)["workloads"]}
    assert made["order-enricher"]["reads"] == [{"topic": "orders.created"}]
    assert made["order-enricher"]["writes"] == [{"topic": "orders.enriched"}]
    assert made["order-enricher"]["groups"] == ["order-enricher"]
    assert made["web-tracker"]["kind"] == "producer"
    assert "# ? connector main/legacy-export: " in drafted
    edited = drafted.replace("# ours", "# ours, edited").replace('owner: "?"', "owner: us", 1)
    people.write_text(edited)
    again = migration.must("inventory")
    assert "new" not in again.err.partition("workloads.yaml:")[2].replace("nothing new", "")
    assert people.read_text() == edited
    found = migration.must("assess", code=1)
    assert "no-owner" in found.out


def test_a_worker_that_still_joins_its_group_is_not_one_without_connectors(
    stage: Rehearsal,
) -> None:
    worker = stage.worker
    assert worker is not None
    rest = ConnectRest("main", Workers([worker.url], 60.0, name="main"))
    names = [c.name for c in rest.connectors()]
    worker.server.kill()
    worker.start()

    def answers() -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{worker.url}/connectors").is_success
        return False

    # in its first moments it lists none, and says 200; how long they last is the machine's to say
    await_(answers)
    assert [c.name for c in rest.connectors()] == names
