"""What a plan decides beside its waves: dates, quotas, configs by profile, secrets, volumes."""

from datetime import date
from typing import Any

import pytest

from migrate.documents.config import Profile
from migrate.documents.inventory import ConnectInfo
from migrate.model.cluster import Partition, Quota, ScramCredential, Topic
from migrate.model.connector import Connector
from migrate.plan.blocked import Blocked
from migrate.plan.build import build
from migrate.plan.quotas import recomputed
from migrate.plan.topic_configs import decide, replicas
from migrate.steps import CreateTopic, SetQuota
from tests.estate import SITE, config, group, inventory, people, reads, section, topic, workload

SWITCH = {"command": {"stop": ["stop"], "start": ["start"], "health": ["health"]}}


def test_what_waits_for_a_date_moves_after_what_does_not_and_says_so() -> None:
    late, later = date(2026, 3, 1), date(2026, 5, 1)
    who = people(
        workload("a", writes=reads("t"), not_before=later),
        workload("b", writes=reads("u"), not_before=late),
        workload("c", writes=reads("v")),
        workload("past", writes=reads("w"), not_before=date(2025, 1, 1)),  # the day has come
    )
    made = build(config(), who, inventory(topics=tuple(map(topic, "tuvw"))))
    assert [[p.workload for p in w.workloads] for w in made.waves] == [
        ["c"],
        ["past"],
        ["b"],
        ["a"],
    ]
    assert [w.not_before for w in made.waves] == [None, date(2025, 1, 1), late, later]
    assert made.waves[2].workloads[0].reasons[-1] == (
        "not before 2026-03-01: workloads that may move earlier go first"
    )


def test_what_must_go_after_a_date_waits_with_it() -> None:
    who = people(
        workload("writer", writes=reads("t")),
        workload("reader", reads=reads("t"), not_before=date(2026, 3, 1)),
    )
    made = build(config(), who, inventory(topics=(topic("t"),)))
    assert [[p.workload for p in w.workloads] for w in made.waves] == [["reader"], ["writer"]]
    assert made.waves[0].not_before == date(2026, 3, 1)


QUOTAS = {
    # source brokers, target brokers: values
    "as many": (3, 3, {"producer_byte_rate": 300.0, "request_percentage": 50.0}),
    "not declared": (3, None, {"producer_byte_rate": 300.0, "request_percentage": 50.0}),
    "fewer": (3, 2, {"producer_byte_rate": 450.0, "request_percentage": 50.0}),
    "more, rounded up": (1, 7, {"producer_byte_rate": 43.0, "request_percentage": 50.0}),
}


@pytest.mark.parametrize("name", QUOTAS)
def test_quotas_allow_the_same_in_all_on_another_number_of_brokers(name: str) -> None:
    source, target, values = QUOTAS[name]
    quota = Quota(
        entity={"user": "a"}, values={"producer_byte_rate": 300.0, "request_percentage": 50.0}
    )
    made, said = recomputed(quota, source, target)
    assert made.values == values
    assert bool(said) == (made != quota)


def test_a_recomputed_quota_says_so_in_its_step() -> None:
    quota = Quota(entity={"user": "a"}, values={"consumer_byte_rate": 100.0})
    target = {**SITE, "bootstrap_servers": "t:9092", "brokers": 2}
    made = build(config(target=target), people(workload("a")), inventory(quotas=(quota,)))
    (step,) = [s for s in made.waves[0].prepare if isinstance(s, SetQuota)]
    assert step.values == {"consumer_byte_rate": 50.0}
    assert step.because == "owned by a; per broker × 1/2, from 1 broker to 2"
    assert not [n for n in made.notes if "quotas" in n]


CONFIGS: list[tuple[Profile, str, str, str]] = [
    ("apache", "min.insync.replicas", "2", "kept"),
    ("apache", "remote.storage.enable", "true", "kept"),
    ("apache", "confluent.value.schema.validation", "true", "dropped"),
    ("automq-oss", "min.insync.replicas", "2", "dropped"),
    ("automq-oss", "remote.storage.enable", "true", "dropped"),
    ("automq-oss", "local.retention.ms", "1", "dropped"),
    ("automq-oss", "unclean.leader.election.enable", "true", "dropped"),
    ("automq-oss", "flush.ms", "1", "dropped"),
    ("automq-oss", "retention.ms", "-1", "kept"),
    ("automq-oss", "max.message.bytes", str(99 * 2**20), "kept"),
    ("automq-software", "segment.bytes", "1048576", "kept"),
    ("automq-byoc", "retention.ms", "86400000", "kept"),
    ("automq-byoc", "retention.ms", "-1", "refused"),
    ("automq-byoc", "message.timestamp.difference.max.ms", "5", "translated"),
]


@pytest.mark.parametrize(("profile", "key", "value", "fate"), CONFIGS)
def test_each_config_is_kept_translated_dropped_or_refused_with_its_reason(
    profile: Profile, key: str, value: str, fate: str
) -> None:
    (one,) = decide({key: value}, profile).decided
    assert one.fate == fate
    assert bool(one.because) == (fate != "kept")


def test_automq_keeps_one_replica() -> None:
    assert (replicas(3, "apache"), replicas(3, "automq-oss")) == (3, 1)
    target = {**SITE, "bootstrap_servers": "t:9092", "profile": "automq-oss"}
    found = inventory(topics=(topic("t", 1, **{"min.insync.replicas": "2", "retention.ms": "5"}),))
    made = build(config(target=target), people(workload("w", writes=reads("t"))), found)
    (step,) = made.waves[0].prepare
    assert isinstance(step, CreateTopic)
    assert "min.insync.replicas" not in step.configs
    assert [(c.key, c.fate, c.topics) for c in made.topic_configs] == [
        ("min.insync.replicas", "dropped", ("t",)),
        ("retention.ms", "kept", ("t",)),
    ]


def credential(name: str, **more: Any) -> dict[str, Any]:
    secret = more.pop("secret", f"${{file:s.properties:{name}}}")
    key = secret.rpartition(":")[2].removesuffix("}")
    deliver = {"file": "s.properties", "key": key, "mechanism_key": f"{key}.mechanism"}
    return {
        "credential": {"mechanism": "SCRAM-SHA-512", "secret": secret, "carry": True},
        "switch": SWITCH,
        "rotation": {"strategy": "mechanism-overlap", "deliver": deliver},
        **more,
    }


def scram(*users: str) -> tuple[ScramCredential, ...]:
    return tuple(ScramCredential(user=u, mechanism="SCRAM-SHA-512", iterations=4096) for u in users)


def test_a_secret_may_be_exchanged_after_the_last_wave_that_holds_it() -> None:
    shared = [{"secret": "${file:s.properties:db}", "system": "db:5432"}]
    who = people(
        workload("a", "public", writes=reads("t"), external=shared),
        workload("b", "secret", writes=reads("u"), external=shared),
    )
    made = build(config(), who, inventory(topics=(topic("t"), topic("u"))))
    (held,) = made.secrets
    assert (held.secret, held.workloads, held.after) == (
        "${file:s.properties:db}",
        {"a": 1, "b": 2},
        2,
    )


@pytest.mark.parametrize("twin", ["another principal", "another place"])
def test_a_rotation_that_would_shut_others_out_blocks(twin: str) -> None:
    one = workload("a", writes=reads("t"), **credential("a"))
    if twin == "another principal":
        other = workload("b", writes=reads("u"), **credential("b", secret="${file:s.properties:a}"))
        says = "its rotation would change .*, which is also used by b"
    else:
        fields = credential("c")
        other = workload("b", writes=reads("u"), principal="User:a", **{**fields, "rotation": None})
        says = "its rotation would lock out b, with the same principal User:a"
    found = inventory(topics=(topic("t"), topic("u")), scram=scram("a", "b"))
    with pytest.raises(Blocked, match=f"(?s)rotates-for-others: .*{says}"):
        build(config(), people(one, other), found)


HOOKS = {"command": {"stop": ["x"], "start": ["x"]}}


def test_each_wave_says_what_it_copies_and_how_long_that_takes() -> None:
    told = Topic(
        name="t",
        replication_factor=1,
        partitions=tuple(Partition(index=i, start=5, end=105, size=8_000_000) for i in range(2)),
    )
    rate = {"engine": "mirrormaker2", "connect": "http://m:1", "principal": "User:c"}
    fast = config(replication={**rate, "megabytes_per_second": 4})
    made = build(
        fast, people(workload("w", writes=reads("t"), switch=HOOKS)), inventory(topics=(told,))
    )
    (volume,) = made.volumes
    assert (volume.topics, volume.partitions, volume.records, volume.bytes) == (
        1,
        2,
        200,
        16_000_000,
    )
    assert volume.seconds == 4.0
    assert len(volume.pauses) == 1
    assert volume.bytes_a_day is None
    grown = tuple(p.model_copy(update={"daily": 25}) for p in told.partitions)
    daily = inventory(topics=(told.model_copy(update={"partitions": grown}),))
    (volume,) = build(fast, people(workload("w", writes=reads("t"), switch=HOOKS)), daily).volumes
    assert volume.bytes_a_day == 4_000_000
    assert volume.warnings == (
        "a copy keeps everything until its producers move: some 3.8 MiB a day, 106.8 MiB in four weeks",
    )
    untold = inventory(topics=(topic("t"),))
    (volume,) = build(fast, people(workload("w", writes=reads("t"), switch=HOOKS)), untold).volumes
    assert (volume.bytes, volume.seconds) == (None, None)


def test_commits_that_could_expire_before_the_wave_are_named() -> None:
    found = inventory(topics=(topic("t"),), groups=(group("g", "t"),))
    cluster = found.cluster.found.model_copy(
        update={"defaults": {"offsets.retention.minutes": "10080"}}
    )
    found = found.model_copy(update={"cluster": section(cluster)})
    who = people(
        workload("r", reads=reads("t"), groups=["g"], not_before=date(2026, 3, 1)),
        workload("w", "internal", writes=reads("t")),
    )
    volume, _ = build(config(), who, found).volumes
    assert volume.warnings == (
        "g: no members, so the source deletes the commits after 7 days, "
        "but the wave waits until 2026-03-01",
    )


def test_somebody_who_logs_in_without_saying_how_blocks_a_rotation() -> None:
    one = workload("a", writes=reads("t"), **credential("a"))
    other = workload("b", writes=reads("u"), principal="User:a")
    found = inventory(topics=(topic("t"), topic("u")), scram=scram("a"))
    with pytest.raises(Blocked, match=r"(?s)rotates-for-others: .*its rotation would lock out b"):
        build(config(), people(one, other), found)


CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "how it is stopped": ({"switch": {"command": {"stop": ["rm"], "start": ["start"]}}}, {}),
    "its file": ({"switch": {**SWITCH, "file": {"path": "a", "target": "b"}}}, {}),
    "its owner": ({"owner": "crew"}, {}),
    "groups without a commit": ({}, {"uncommitted": "latest"}),
}


@pytest.mark.parametrize("what", CHANGED)
def test_consent_ends_when_what_it_was_for_changes(what: str) -> None:
    works: list[str] = []

    def digest(fields: dict[str, Any], policy: dict[str, Any], end: int = 10) -> str:
        parts = (Partition(index=0, start=0, end=end),)
        found = inventory(topics=(Topic(name="t", replication_factor=1, partitions=parts),))
        row = workload("w", writes=reads("t"), **{"switch": SWITCH, **fields})
        (made,) = build(config(policy=policy), people(row), found).waves
        works.append(made.work)
        return made.digest

    before, work = digest({}, {}), works[-1]
    assert digest(*CHANGED[what]) != before
    assert works[-1] == work, "what was made is made all the same"
    assert digest({}, {}, end=99) == before, "looking again does not"
    assert digest({}, {"approvals": ["owner"], "quiet_seconds": 9}) == before


def test_a_shared_quota_of_a_renamed_principal_is_renamed() -> None:
    quota = Quota(entity={"user": "old"}, values={"producer_byte_rate": 1.0})
    shared = [{"quota": {"user": "old"}, "decision": "replay", "because": "for all"}]
    made = build(
        config(principals={"User:old": "User:new"}),
        people(workload("w"), shared=shared),
        inventory(quotas=(quota,)),
    )
    (step,) = [s for s in made.waves[0].prepare if isinstance(s, SetQuota)]
    assert step.entity == {"user": "new"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("User:a", "User:*", "is not a principal of the form"),
        ("User:*", "User:z", "is not a principal of the form"),
        ("User:a", "b", "is not a principal of the form"),
        ("User:a", "User:", "is not a principal of the form"),
        ("User:a", "Group:x", "principals of type User"),
    ],
)
def test_a_principal_maps_to_one_principal(old: str, new: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        config(principals={old: new})


@pytest.mark.parametrize("own", ["User:copier", "User:mover", "User:boss"])
def test_nobody_becomes_who_serves_the_migration(own: str) -> None:
    target = {
        **SITE,
        "bootstrap_servers": "t:9092",
        "principal": "User:mover",
        "super_users": ["User:boss"],
    }
    replication = {"connect": "http://m:1", "principal": "User:copier"}
    given = config(principals={"User:a": own}, target=target, replication=replication)
    with pytest.raises(
        Blocked, match=f"principals-merge: kmig.yaml maps User:a to {own}, which kmig, the copier"
    ):
        build(given, people(workload("a")), inventory())


def test_why_a_writer_is_a_wave_later_than_its_reader_is_said() -> None:
    who = people(
        workload("x", writes=reads("t")),
        workload("y", reads=reads("t"), not_before=date(2026, 3, 1)),
    )
    made = build(config(), who, inventory(topics=(topic("t"),)))
    assert made.waves[1].workloads[0].reasons[1:] == (
        "y reads t, which x writes: readers move first",
        "it waits for a workload that moves not before 2026-03-01: a wave has one date",
    )


def test_a_connector_that_kmig_does_not_move_is_named() -> None:
    connector = Connector(
        name="sink", cluster="main", type="sink", connector_class="X", state="RUNNING"
    )
    found = inventory(connect=section(ConnectInfo(connectors=(connector,))))
    made = build(config(), people(workload("s", kind="connector", connector="main/sink")), found)
    assert made.notes == (
        "connector main/sink of s: its switch hooks must move its config and positions, kmig moves neither",
        "no SCRAM credential on the source, configure the target so that they can log in: User:s",
    )
