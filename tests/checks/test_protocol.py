"""verify protocol, judged: who needs what, what counts, and what a target may lack."""

import pytest

from migrate.checks.protocol import (
    KMIG,
    api_versions,
    beside,
    comparable,
    judge,
    needs,
    placed,
    unseen,
    wanted,
)
from migrate.documents.inventory import State
from migrate.model.automq import contradiction, signs
from migrate.model.check import worst
from migrate.model.cluster import Group, Member, Quota, Topic, Transaction
from migrate.model.probe import Outcome, Result
from migrate.plan.build import build
from migrate.probes.apis import begin_later, lost
from migrate.probes.catalogue import CATALOG
from tests.estate import acls, config, inventory, people, reads, section, topic, workload


def outcome(name: str, result: Result, client: str = "requests") -> Outcome:
    fields = {"probe": name, "client": client, "result": result}
    return Outcome.model_validate({**fields, "seconds": 1.0, "evidence": "said so"})


def test_every_probe_has_its_own_name_and_says_why() -> None:
    names = [one.name for one in CATALOG]
    assert len(set(names)) == len(names) >= 30
    assert all(one.asks and one.breaks and one.clients for one in CATALOG)


def group(name: str, kind: str, instance: str = "") -> Group:
    member = Member(client_id="c", host="h", instance=instance)
    return Group(name=name, type=kind, protocol_type="consumer", state="Stable", members=(member,))


def test_who_needs_what_is_read_from_what_was_written_and_seen() -> None:
    who = people(
        workload("reader", reads=reads("t"), groups=["g", "static", "new"]),
        workload("writer", writes=reads("t"), transactional_ids=["tx"]),
        workload("table", reads=[{"prefix": "tab."}]),
        workload("app", kind="streams"),
    )
    seen = inventory(
        topics=(
            Topic(
                name="t", replication_factor=1, configs={"max.message.bytes": "2"}, partitions=()
            ),
            Topic(
                name="tab.x",
                replication_factor=1,
                configs={
                    "cleanup.policy": "compact,delete",
                    "message.timestamp.type": "LogAppendTime",
                },
                partitions=(),
            ),
        ),
        groups=(group("g", "classic"), group("static", "classic", "i-1"), group("new", "consumer")),
        quotas=(Quota(entity={"user": "writer"}, values={"producer_byte_rate": 1.0}),),
    )
    found = needs(who, seen)
    assert found["kmig"] == (KMIG,)
    assert found["groups"] == ("reader",)
    assert found["static members"] == ("reader",)
    assert found["consumer-protocol groups"] == ("reader",)
    assert found["transactions"] == ("writer",)
    assert found["quotas"] == ("writer",)
    assert found["patterns"] == ("table",)
    assert found["compacted topics"] == ("table",)
    assert found["append time"] == ("table",)
    assert found["deleted records"] == ("app",)
    assert found["sized topics"] == ("reader", "writer")
    assert "rotation" not in found


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        (("pass", "pass"), "pass"),
        (("pass", "fail"), "fail"),
        (("pass", "unknown"), "unknown"),
        (("not offered", "pass"), "fail"),
    ],
)
def test_the_worst_client_decides_for_who_needs_it(
    results: tuple[Result, Result], verdict: str
) -> None:
    asked = [
        outcome("classic-group", results[0], "librdkafka"),
        outcome("classic-group", results[1], "kafka-python"),
    ]
    (check,) = judge(placed(asked, {"groups": ("reader",)}))
    assert check.verdict.value == verdict
    if verdict == "fail":
        assert any("needed by reader" in line for line in check.evidence)


def test_what_nobody_needs_is_shown_and_does_not_count() -> None:
    found = placed([outcome("quotas", "fail")], {"groups": ("reader",)})
    assert found[0].needed_by == ()
    assert judge(found) == ()
    assert worst(c.verdict for c in judge(found)).value == "unknown", "nothing asked is no pass"


def test_a_request_that_is_gone_fails_where_a_need_rests_on_it() -> None:
    source = {0: (0, 11), 21: (0, 2), 68: (0, 1), 999: (0, 0)}
    target = {0: (3, 13), 999: (0, 0)}
    assert lost(source, target) == [21, 68]
    assert begin_later(source, target) == [0]
    needed = {"deleted records": ("app",), "writes": ("writer",)}
    told = api_versions(source, target, needed, 0.0)  # type: ignore[arg-type]
    assert told.result == "fail"
    assert "DeleteRecords is missing, for deleted records" in told.evidence
    assert "no workload is known to need it: ConsumerGroupHeartbeat" in told.evidence
    assert "Produce from version 3 instead of 0" in told.evidence
    assert api_versions(source, source, needed, 0.0).result == "pass"  # type: ignore[arg-type]


def test_versions_without_a_common_one_are_as_good_as_gone() -> None:
    assert lost({0: (0, 2)}, {0: (3, 13)}) == [0]


@pytest.mark.parametrize(
    ("profile", "versions", "features", "configs", "wrong"),
    [
        ("apache", {0}, {"metadata.version": 21}, {}, False),
        ("apache", {0, 501}, {}, {}, True),
        ("apache", {0}, {"automq.version": 5}, {}, True),
        ("apache", {0}, {}, {"elasticstream.enable": "true"}, True),
        ("automq-oss", {0}, {"automq.version": 5}, {}, False),
        ("automq-software", {0, 602}, {}, {}, False),
        ("automq-oss", {0}, {"metadata.version": 21}, {"elasticstream.enable": "false"}, True),
    ],
)
def test_a_target_is_what_it_is_declared_to_be(
    profile: str, versions: set[int], features: dict[str, int], configs: dict[str, str], wrong: bool
) -> None:
    seen = list(signs(versions, features, configs))
    assert bool(contradiction(profile, seen)) is wrong


def test_without_an_inventory_or_with_an_incomplete_one_nothing_is_a_pass() -> None:
    (check,) = unseen(None)
    assert check.verdict.value == "unknown"
    complete = inventory()
    assert list(unseen(complete)) == []
    refused = complete.model_copy(update={"groups": section((), State.REFUSED, "denied")})
    (check,) = unseen(refused)
    assert check.verdict.value == "unknown"
    assert check.evidence == ("section groups is refused",)


def test_a_slow_probe_is_asked_where_somebody_needs_it_and_no_broker_is_restarted() -> None:
    names = {one.name for one in wanted({"compacted topics": ("table",), "groups": ("reader",)})}
    assert "compaction" in names
    assert "broker-restart" not in names
    assert "compaction" not in {one.name for one in wanted({})}


def test_quotas_of_everybody_and_ids_that_nobody_declared_are_needs_too() -> None:
    who = people(workload("eos", writes=reads("t")))
    rules = acls(
        "ALLOW WRITE on topic t to User:eos", "ALLOW WRITE on transactional_id eos-1 to User:eos"
    )
    seen = inventory(
        topics=(topic("t"),),
        acl=rules,
        quotas=(Quota(entity={"user": None}, values={"request_percentage": 1.0}),),
        transactions=section((Transaction(id="eos-1", state="Empty", producer_id=1),)),
    )
    shared = [{"quota": {"user": "<default>"}, "decision": "replay", "because": "everybody's"}]
    made = build(config(), people(workload("eos", writes=reads("t")), shared=shared), seen)
    assert {a.owner for a in made.accounts if a.kind == "transactional_id"} == {"eos"}
    found = needs(who, seen, made)
    assert found["transactions"] == ("eos",)
    assert found["quotas"] == ("eos",)


def test_the_source_is_asked_what_the_target_fails_through_the_same_client() -> None:
    asked = [
        outcome("classic-group", "fail", "librdkafka"),
        outcome("classic-group", "pass", "kafka-python"),
        outcome("consumer-protocol", "not offered", "librdkafka"),
        outcome("topic-ids", "unknown"),
        outcome("api-versions", "fail"),
        outcome("scram", "fail"),
    ]
    assert [(p.name, p.clients) for p in comparable(asked)] == [
        ("classic-group", ("librdkafka",)),
        ("consumer-protocol", ("librdkafka",)),
    ]


def test_no_user_acl_or_quota_is_made_on_the_source() -> None:
    failed = [outcome(one.name, "fail", client) for one in CATALOG for client in one.clients]
    names = {one.name for one in comparable(failed)}
    assert not names & {"scram", "acls", "denials", "quotas", "broker-restart"}
    assert "topic-ids" in names


def test_the_source_s_answer_stands_beside_the_target_s_failure() -> None:
    failed = outcome("classic-group", "fail", "librdkafka")
    users = outcome("scram", "fail")
    fine = outcome("topic-ids", "pass")
    source = outcome("classic-group", "pass", "librdkafka")
    one, two, three = beside([failed, users, fine], [source])
    assert (one.source_result, one.source_evidence) == ("pass", "said so")
    assert two.source_result is None
    assert "users" in two.source_evidence
    assert three == fine
    (check,) = judge([one.model_copy(update={"needed_by": ("reader",)})])
    assert check.evidence[0].startswith("librdkafka: said so; on the source: pass; needed by")


def test_a_source_that_cannot_be_asked_says_why() -> None:
    failed = outcome("classic-group", "fail", "librdkafka")
    (one,) = beside([failed], [], "kmig.yaml has no `source.write_command_config`")
    assert one.source_evidence == "kmig.yaml has no `source.write_command_config`"


def test_a_lost_request_says_what_the_source_offers() -> None:
    source = {0: (0, 11), 21: (0, 2)}
    told = api_versions(source, {0: (0, 11)}, {"deleted records": ("app",)}, 0.0)
    assert told.source_result == "pass"
    assert told.source_evidence == "DeleteRecords in versions 0 to 2"
