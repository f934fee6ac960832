"""Rows of an inventory: whose each is, what is unknown about it, and what is never said of it."""

from functools import cache
from typing import Any

import pytest

from migrate.documents.inventory import ClusterInfo, ConnectInfo, Inventory, State
from migrate.documents.plan import Placement, Plan, Wave
from migrate.documents.workloads import Workloads
from migrate.estate import Estate
from migrate.model.cluster import Broker, Commit, Group, Member, Partition, ScramCredential, Topic
from migrate.model.connector import Connector
from migrate.model.settings import defaults
from migrate.render import show
from migrate.render.columns import WIDTH, columns_of
from migrate.render.holdings import Filter, Holdings, What
from migrate.render.show import Shown
from tests.estate import acls, config, inventory, section, topic
from tests.render.test_columns import LONG, NAMES, NOW

PEOPLE: list[dict[str, Any]] = [
    {"name": "web", "reads": [], "writes": [{"topic": "orders.new"}]},
    {"name": "book", "reads": [{"topic": "orders.new"}], "groups": ["book"]},
    {"name": "sink", "connector": "main/sink"},
]
GROUPS = (
    Group(
        name="book",
        type="classic",
        protocol_type="consumer",
        state="Stable",
        members=(Member(client_id="c", host="/h"),),
        commits=(
            Commit(topic="orders.new", partition=0, offset=4, start=0, end=10),
            Commit(topic="orders.new", partition=1, offset=4, start=0, end=5),
            Commit(topic="orders.old", partition=0, offset=5, start=0, end=5),
        ),
    ),
    Group(
        name="lost",
        type="share",
        protocol_type="",
        state="Empty",
        commits=(
            Commit(topic="orders.new", partition=0, offset=4, start=0, end=10),
            Commit(topic="gone", partition=0, offset=4),
        ),
    ),
)
TOPICS = (
    topic("orders.new", 2, **{"retention.ms": "1000"}),
    Topic(
        name="__consumer_offsets",
        replication_factor=3,
        internal=True,
        configs={"cleanup.policy": "compact"},
        partitions=(Partition(index=0, size=1024), Partition(index=1, size=1024)),
    ),
)


def people(*rows: dict[str, Any]) -> Workloads:
    common = {"kind": "service", "owner": "team", "sensitivity": "public"}
    made = [{"principal": f"User:{row['name']}", **common, **row} for row in rows]
    return Workloads.model_validate({"workloads": made})


def plan() -> Plan:
    first = Wave(
        number=1,
        name="public-1",
        workloads=(Placement(workload="web", owner="team", reasons=()),),
        principals=(),
        prepare=(),
        copies=("orders.new",),
        owns_topics=("orders.new",),
    )
    second = first.model_copy(
        update={
            "number": 2,
            "workloads": (Placement(workload="book", owner="team", reasons=()),),
            "owns_topics": (),
        }
    )
    return Plan(
        migration="m", as_of=NOW, source_cluster="s", inputs={}, waves=(first, second), accounts=()
    )


def found(**sections: Any) -> Inventory:
    connector = Connector(
        name="sink",
        cluster="main",
        type="sink",
        connector_class="org.example.Sink",
        state="RUNNING",
        tasks=("RUNNING", "FAILED", "RUNNING"),
        error="org.example.Broken: no",
    )
    taken = inventory(
        topics=TOPICS,
        acl=acls(
            "ALLOW READ on topic prefixed orders. to User:book from 10.0.0.1",
            "DENY WRITE on topic orders.new to User:nobody",
        ),
        groups=GROUPS,
        scram=(
            ScramCredential(user="web", mechanism="SCRAM-SHA-256", iterations=4096),
            ScramCredential(user="web", mechanism="SCRAM-SHA-512", iterations=4096),
            ScramCredential(user="nobody", mechanism="SCRAM-SHA-512", iterations=4096),
        ),
        connect=section(ConnectInfo(connectors=(connector,))),
    )
    return taken.model_copy(update=sections)


def shown(
    what: What, wanted: Filter | None = None, taken: Inventory | None = None, planned: bool = True
) -> Shown:
    estate = Estate(config(), taken or found(), people(*PEOPLE))
    holdings = Holdings(estate, plan() if planned else None)
    rows = holdings.rows(what)
    kept = [row for row in rows if (wanted or Filter()).wants(row)]
    return Shown(what, kept, len(rows), holdings.section(what))


def lines(what: What, wanted: Filter | None = None, **more: Any) -> list[str]:
    return show.text(shown(what, wanted, **more), everything=False)


def test_topics_with_configs_sizes_owners_and_marks() -> None:
    assert lines("topics") == [
        "topic               partitions  replicas     size  kind                 workload  wave",
        "orders.new                   2         1        –                       web          1",
        "    retention.ms=1000",
        "__consumer_offsets           2         3  2.0 KiB  internal, compacted  –            –",
        "    cleanup.policy=compact",
        "2 topics: 1 internal, 1 compacted, 4 partitions, 2.0 KiB and 1 topic of unknown size",
    ]


def test_acls_with_the_workloads_of_their_principals() -> None:
    assert lines("acls") == [
        "principal    grant       resource                              workload  wave",
        "User:book    ALLOW READ  topic prefixed orders. from 10.0.0.1  book         2",
        "User:nobody  DENY WRITE  topic orders.new                      –            –",
        "2 ACLs: 2 principals, 2 resources, 1 DENY",
    ]


def test_groups_with_their_lag_in_all_and_for_each_topic() -> None:
    assert lines("groups") == [
        "group  type     state   members      lag  workload  wave",
        "book   classic  Stable        1        7  book         2",
        "    lag: orders.new 7, orders.old 0",
        "lost   share    Empty   unknown  unknown  –            –",
        "    lag: orders.new 6, gone unknown (1 partition unknown)",
        "2 groups: 1 Empty, 1 Stable, lag 7 and 1 group of unknown lag",
    ]


def test_a_group_without_a_commit_has_no_lag_and_a_broker_s_refusal_is_its_error() -> None:
    bare = {"protocol_type": "consumer", "type": "consumer", "members": ()}
    groups = (
        Group(name="new", state="Stable", **bare),
        Group(name="shut", state="unknown", error="GROUP_AUTHORIZATION_FAILED (30)", **bare),
    )
    assert lines("groups", taken=found(groups=section(groups))) == [
        "group  type      state    members  lag      workload  wave",
        "new    consumer  Stable         0  –        –         –",
        "shut   consumer  unknown        0  unknown  –         –",
        "    error: GROUP_AUTHORIZATION_FAILED (30)",
        "2 groups: 1 Stable, 1 unknown, lag 0 and 1 group of unknown lag",
    ]


def test_connectors_with_the_states_of_their_tasks() -> None:
    assert lines("connectors") == [
        "connector  type  state    tasks                class             workload  wave",
        "main/sink  sink  RUNNING  1 FAILED, 2 RUNNING  org.example.Sink  sink      –",
        "    error: org.example.Broken: no",
        "1 connector: 1 RUNNING; tasks: 1 FAILED, 2 RUNNING",
    ]


def test_users_with_their_mechanisms() -> None:
    assert lines("users") == [
        "user    mechanisms                    workload  wave",
        "web     SCRAM-SHA-256, SCRAM-SHA-512  web          1",
        "nobody  SCRAM-SHA-512                 –            –",
        "2 users: 3 credentials",
    ]


@pytest.mark.parametrize(
    ("what", "wanted", "names"),
    [
        ("topics", Filter(name="orders"), ["orders.new"]),
        ("topics", Filter(name="order?.*"), ["orders.new"]),
        ("topics", Filter(name="ORDERS"), []),
        ("topics", Filter(name="new*"), []),
        ("topics", Filter(workload="web"), ["orders.new"]),
        ("topics", Filter(workload="book"), ["orders.new"]),
        ("topics", Filter(wave=1), ["orders.new"]),
        ("topics", Filter(wave=2), []),
        ("acls", Filter(name="nobody"), ["orders.new"]),
        ("acls", Filter(name="orders."), ["orders.", "orders.new"]),
        ("acls", Filter(name="orders.*", workload="book", wave=2), ["orders."]),
        ("groups", Filter(wave=2), ["book"]),
        ("groups", Filter(workload="web"), []),
        ("connectors", Filter(name="main/*"), ["main/sink"]),
        ("users", Filter(workload="web"), ["web"]),
    ],
)
def test_filters(what: What, wanted: Filter, names: list[str]) -> None:
    made = shown(what, wanted)
    assert [row.name for row in made.rows] == names
    last = show.text(made, everything=False)[-1]
    assert f"of {made.total} " in last or len(names) == made.total


def test_without_a_plan_no_row_has_a_wave() -> None:
    assert {row.wave for row in shown("topics", planned=False).rows} == {None}


def test_configs_of_brokers_are_a_topic_s_where_it_has_none_of_its_own() -> None:
    told = {
        "log.cleanup.policy": "compact,delete",
        "log.retention.hours": "2",
        "log.roll.ms": "5",
        "auto.create.topics.enable": "false",
    }
    info = ClusterInfo(brokers=(Broker(id=1, host="s", port=1),), defaults=told)
    made = shown("topics", taken=found(cluster=section(info)))
    every = show.text(made, everything=True)
    assert "    cleanup.policy=compact,delete, retention.ms=1000, segment.ms=5" in every
    assert "    cleanup.policy=compact, retention.ms=7200000, segment.ms=5" in every
    assert "2 compacted" in every[-1]
    assert "    retention.ms=1000" in show.text(made, everything=False)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"log.retention.hours": "1"}, "3600000"),
        ({"log.retention.hours": "1", "log.retention.minutes": "1"}, "60000"),
        ({"log.retention.minutes": "1", "log.retention.ms": "7"}, "7"),
        ({"log.retention.hours": "-1"}, "-1"),
    ],
)
def test_the_smallest_unit_counts(told: dict[str, str], wanted: str | None) -> None:
    assert defaults(told).get("retention.ms") == wanted


def test_a_partial_section_says_so_first_and_counts_at_least() -> None:
    partial = section(TOPICS, State.PARTIAL, "no DESCRIBE on every topic")
    made = lines("topics", taken=found(topics=partial.model_copy(update={"hint": "grant it"})))
    assert made[:2] == ["topics: partial: no DESCRIBE on every topic", "hint: grant it"]
    assert made[-1].startswith("at least 2 topics: ")
    kept = lines("topics", Filter(name="orders"), taken=found(topics=partial))
    assert kept[-1].startswith("1 of at least 2 topics: ")


@pytest.mark.parametrize("standing", [State.REFUSED, State.UNSUPPORTED])
def test_a_section_without_rows_is_never_counted_as_none(standing: State) -> None:
    made = lines("acls", taken=found(acls=section((), standing, "SECURITY_DISABLED (54)")))
    assert made == [f"ACLs: {standing.value}: SECURITY_DISABLED (54)"]


def test_a_complete_section_without_rows_is_none() -> None:
    assert lines("topics", taken=found(topics=section(()))) == ["0 topics"]


def test_json_has_the_rows_and_how_far_they_can_be_trusted() -> None:
    document = show.document(shown("topics", Filter(name="orders")))
    assert {**document, "rows": None} == {
        "what": "topics",
        "state": "complete",
        "error": "",
        "hint": "",
        "total": 2,
        "rows": None,
    }
    rows = document["rows"]
    assert isinstance(rows, list)
    assert rows[0] == {
        "name": "orders.new",
        "workloads": ["web"],
        "wave": 1,
        "partitions": 2,
        "replication_factor": 1,
        "bytes": None,
        "internal": False,
        "compacted": False,
        "configs": {"retention.ms": "1000"},
        "effective_configs": {"retention.ms": "1000"},
        "readers": ["book"],
    }


@cache
def large() -> Inventory:
    """As many of each as 5,000 workloads have, with names that do not fit a line."""
    names = [*NAMES[1:-1], *(f"svc-{n:05}" for n in range(5_000))]
    configs = {f"follower.{LONG}.{n}": LONG for n in range(3)}
    connector = Connector(
        name=LONG, cluster=LONG, type="sink", connector_class=LONG, state=LONG, error=LONG * 3
    )
    return found(
        topics=section(tuple(topic(name, 1, **configs) for name in names)),
        acls=section(acls(*(f"ALLOW READ on topic {LONG} to User:svc-{n}" for n in range(5_000)))),
        groups=section(
            tuple(
                Group(
                    name=name,
                    type="classic",
                    protocol_type="consumer",
                    state="PreparingRebalance",
                    commits=(Commit(topic=LONG, partition=0, offset=1, end=2**63 - 1),) * 12,
                    error=LONG,
                )
                for name in names
            )
        ),
        scram=section(
            tuple(ScramCredential(user=n, mechanism="SCRAM-SHA-256", iterations=1) for n in names)
        ),
        connect=section(ConnectInfo(connectors=(connector,))),
    )


@pytest.mark.parametrize("what", ["topics", "acls", "groups", "connectors", "users"])
def test_no_line_is_wider_than_100_columns(what: What) -> None:
    made = show.text(shown(what, taken=large()), everything=True)
    assert [line for line in made if columns_of(line) > WIDTH][:3] == []
