"""kcp's state file as an inventory: what it holds is there, what it cannot hold is never empty."""

import json
from pathlib import Path
from typing import Any

import pytest

from migrate.cli.main import main
from migrate.documents.inventory import Inventory, State
from migrate.errors import Exit
from migrate.folder import INVENTORY, Folder

HIDDEN = "hunter2-not-known-to-kcp"
KMIG = """
version: 1
name: x
source: {bootstrap_servers: "B1.example.com:9092"}
target: {bootstrap_servers: "t.example.com:9092"}
connect: [{name: main, source: "http://connect.example.com:8083/"}]
"""


def acl(**changed: str) -> dict[str, str]:
    return {
        "ResourceType": "Topic",
        "ResourceName": "orders",
        "ResourcePatternType": "Literal",
        "Principal": "User:app-a",
        "Host": "*",
        "Operation": "Read",
        "PermissionType": "Allow",
    } | changed


def cluster(**changed: Any) -> dict[str, Any]:
    admin = {
        "cluster_id": "abc",
        "discovered_brokers": ["b1.example.com:9092", "b2.example.com:9092"],
        "topics": {
            "summary": {"topics": 1},
            "details": [
                {
                    "name": "orders",
                    "partitions": 3,
                    "replication_factor": 2,
                    "configurations": {"cleanup.policy": "compact", "x": None},
                },
                {"name": "__consumer_offsets", "partitions": 1, "replication_factor": 1},
            ],
        },
        "acls": [acl()],
        "connect_clusters": [
            {
                "connect_rest_url": "http://connect.example.com:8083",
                "connectors": [
                    {
                        "name": "sink",
                        "state": "RUNNING",
                        "connect_host": "10.0.0.1:8083",
                        "config": {
                            "connector.class": "x.Sink",
                            "topics": "orders",
                            "connection.password": "<kcp-redacted>",
                            "consumer.override.sasl.jaas.config": "<kcp-redacted>",
                            "connection.uri": f"mongodb://me:{HIDDEN}@db.example.com:27017",
                        },
                    }
                ],
            }
        ],
    }
    return {
        "id": "prod",
        "bootstrap_servers": ["b1.example.com:9092"],
        "kafka_admin_client_information": admin | changed,
        "discovered_clients": [],
        "metadata": {"environment": "p", "last_scanned": "2026-03-06T10:00:00Z"},
    }


def state(*clusters: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "schema_version": 4,
        "osk_sources": {"clusters": list(clusters)},
        "kcp_build_info": {"version": "0.9.1"},
        "timestamp": "2026-03-05T10:00:00Z",
    } | changed


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "kmig.yaml").write_text(KMIG)
    return Folder(tmp_path)


def run(folder: Folder, body: object) -> int:
    path = folder.path / "kcp-state.json"
    path.write_text(body if isinstance(body, str) else json.dumps(body))
    return main(["-C", str(folder.path), "inventory", "--from-kcp-state", str(path)])


def taken(folder: Folder, *clusters: dict[str, Any], **changed: Any) -> Inventory:
    assert run(folder, state(*clusters, **changed)) == Exit.UNKNOWN
    return folder.inventory()


def test_what_it_cannot_hold_is_unsupported_and_the_rest_is_partial(folder: Folder) -> None:
    found = taken(folder, cluster())
    assert {name: section.standing for name, section in found.sections().items()} == {
        "cluster": State.PARTIAL,
        "acls": State.PARTIAL,
        "scram": State.UNSUPPORTED,
        "quotas": State.UNSUPPORTED,
        "topics": State.PARTIAL,
        "groups": State.UNSUPPORTED,
        "transactions": State.UNSUPPORTED,
        "producers": State.UNSUPPORTED,
        "connect": State.PARTIAL,
        "dependencies": State.PARTIAL,
        "registries": State.PARTIAL,
        "network": State.PARTIAL,
    }
    assert all(section.error for section in found.sections().values())
    assert f"{found.taken_at:%F %T}" == "2026-03-06 10:00:00"
    assert found.cluster.found.cluster_id == "abc"
    assert [str(b) for b in found.cluster.found.brokers] == [
        "b1.example.com:9092",
        "b2.example.com:9092",
    ]
    internal, orders = found.topics.found
    assert (internal.name, internal.internal) == ("__consumer_offsets", True)
    assert (len(orders.partitions), orders.configs) == (3, {"cleanup.policy": "compact"})


def test_sarama_s_words_become_kafka_s(folder: Folder) -> None:
    rows = [
        acl(ResourceType="TransactionalID", Operation="Write", ResourcePatternType="Prefixed"),
        acl(ResourceType="Cluster", ResourceName="kafka-cluster", Operation="ClusterAction"),
        acl(ResourceType="GROUP", Operation="READ", PermissionType="DENY"),
    ]
    found = taken(folder, cluster(acls=rows)).acls.found
    assert {(a.resource_type, a.operation, a.pattern_type, a.permission) for a in found} == {
        ("TRANSACTIONAL_ID", "WRITE", "PREFIXED", "ALLOW"),
        ("CLUSTER", "CLUSTER_ACTION", "LITERAL", "ALLOW"),
        ("GROUP", "READ", "LITERAL", "DENY"),
    }


def test_an_acl_that_kcp_has_no_word_for_is_counted(folder: Folder) -> None:
    found = taken(folder, cluster(acls=[acl(), acl(Operation="Unknown")])).acls
    assert len(found.found) == 1
    assert "1 ACL left out: kcp lost their operation or resource type" in found.error


@pytest.mark.parametrize("rows", [[], None])
def test_k1_no_acls_are_not_taken_for_none(folder: Folder, rows: object) -> None:
    # kcp 0.9.0 records zero ACLs and goes on where the broker refused to list them
    assert taken(folder, cluster(acls=rows)).acls.standing is State.UNSUPPORTED


@pytest.mark.parametrize(
    ("section", "missing"), [("topics", "topics"), ("connect", "connect_clusters")]
)
def test_what_was_not_scanned_is_unsupported(folder: Folder, section: str, missing: str) -> None:
    found = taken(folder, cluster(**{missing: None}))
    assert found.sections()[section].standing is State.UNSUPPORTED


def test_redacted_values_are_unknown_and_the_others_are_classified(
    folder: Folder, capfd: pytest.CaptureFixture[str]
) -> None:
    (connector,) = taken(folder, cluster()).connect.found.connectors
    assert (connector.id, connector.type, connector.principals) == ("main/sink", "sink", ("?",))
    assert {use.key: use.secrecy for use in connector.secrets} == {
        "connection.password": "unknown",
        "consumer.override.sasl.jaas.config": "unknown",
        "connection.uri": "literal",
    }
    assert connector.systems == ("db.example.com:27017",)
    written = "".join(
        path.read_text() for path in folder.path.iterdir() if path.stem != "kcp-state"
    )
    assert HIDDEN not in written + "".join(capfd.readouterr())


def test_the_cluster_is_the_one_that_kmig_yaml_names(folder: Folder) -> None:
    other = cluster(cluster_id="other") | {"id": "q", "bootstrap_servers": ["q.example.com:9092"]}
    assert taken(folder, other, cluster()).cluster.found.cluster_id == "abc"


def test_msk_clusters_are_read_too(folder: Folder) -> None:
    one = {
        "name": "m",
        "arn": "arn:x",
        "kafka_admin_client_information": cluster(connect_clusters=None)[
            "kafka_admin_client_information"
        ],
        "aws_client_information": {
            "bootstrap_brokers": {
                "BootstrapBrokerStringSaslScram": "B1.example.com:9092,b2:9096",
                "n": None,
            },
            "connectors": [{"connector_name": "a"}, {"connector_name": "b"}],
        },
    }
    found = taken(folder, osk_sources=None, msk_sources={"regions": [{"clusters": [one]}]})
    assert found.cluster.found.cluster_id == "abc"
    assert "2 connectors of MSK Connect not read" in found.connect.error


BAD = [
    ("{", "is not valid JSON"),
    ("[]", "not a state file of kcp"),
    ('{"topics": []}', "not a state file of kcp"),
    (state(cluster(), schema_version=2), "schema_version 2; kmig reads 3 and 4"),
    (state(cluster(), schema_version=9), "has schema_version 9"),
    (state(), "holds no scanned cluster"),
    (
        state(*({**cluster(), "id": i, "bootstrap_servers": [f"{i}:1"]} for i in "pq")),
        "holds 2 clusters that can be the source: p (p:1), q (q:1)",
    ),
    (
        state(cluster(acls=[{"Principal": HIDDEN}])),
        "osk_sources.clusters.0.kafka_admin_client_information.acls.0.Host",
    ),
    (state(cluster(topics={"details": [{"name": "x"}]})), "topics.details.0.partitions"),
]


@pytest.mark.parametrize(("body", "said"), BAD, ids=[said[:24] for _, said in BAD])
def test_bad_input(
    folder: Folder, capfd: pytest.CaptureFixture[str], body: object, said: str
) -> None:
    assert run(folder, body) == Exit.USAGE
    err = capfd.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert HIDDEN not in err
    assert not folder.has(INVENTORY)


def test_a_file_that_is_not_there(folder: Folder, capfd: pytest.CaptureFixture[str]) -> None:
    command = ["-C", str(folder.path), "inventory", "--from-kcp-state", "/nowhere.json"]
    assert main(command) == Exit.USAGE
    assert (
        "cannot read kcp's state file /nowhere.json: No such file or directory"
        in capfd.readouterr().err
    )
