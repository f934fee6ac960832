"""A new plan after waves were executed: what is done stays, what comes late is placed, contradictions are refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from migrate.documents.plan import Plan
from migrate.journal.entry import ROOT, Entry, Event
from migrate.journal.standing import Journal
from migrate.model.cluster import Quota, ScramCredential
from migrate.plan.blocked import Blocked
from migrate.plan.build import Executed, build
from migrate.plan.kept import moved
from migrate.steps import CreateAcls, CreateTopic, SetQuota, StartCopy, Step, SwitchClients
from tests.estate import acls, config, group, inventory, people, reads, topic, workload

FIRST = [
    workload("a", "public", writes=reads("t")),
    workload("b", "internal", writes=reads("u"), reads=reads("t"), groups=["b"]),
]
FOUND: dict[str, Any] = {
    "topics": (topic("t"), topic("u")),
    "groups": (group("b", "t"),),
    "acl": acls("ALLOW READ on topic t to User:b", "ALLOW WRITE on topic u to User:b"),
}


def journal(*entries: tuple[int, str, Event, Step]) -> Journal:
    return Journal(
        entries=tuple(
            Entry(
                seq=n,
                at=datetime(2026, 1, 2, tzinfo=UTC),
                by="me",
                event=event,
                wave=wave,
                stage=stage,
                key=step.key,
                step=step,
                prev=ROOT,
            )
            for n, (wave, stage, event, step) in enumerate(entries, 1)
        )
    )


STOP = SwitchClients(
    because="", workload="a", role="producers", verb="stop", side="source", command=("x",),
    opposite=("y",), seconds=1,
)  # fmt: skip
CUT = journal((1, "cutover", "started", STOP))


def plan(
    rows: list[dict[str, Any]] = FIRST, executed: Executed | None = None, **found: Any
) -> Plan:
    made = inventory(**{**FOUND, **found})
    return build(config(), people(*rows), made, executed=executed or Executed(journal()))


def again(rows: list[dict[str, Any]], written: Journal = CUT, **found: Any) -> Plan:
    return plan(rows, Executed(written, moved(written, plan())), **found)


def test_waves_that_were_cut_over_stay_as_they_were() -> None:
    old = plan()
    assert [w.name for w in old.waves] == ["internal-1"]  # b reads t, which a writes: a waits
    new = again(
        [*FIRST, workload("c", "public", writes=reads("v"))], topics=(*FOUND["topics"], topic("v"))
    )
    assert new.waves[0] == old.waves[0]
    assert new.waves[0].digest == old.waves[0].digest
    assert [(w.number, w.name) for w in new.waves] == [(1, "internal-1"), (2, "public-1")]
    assert [p.workload for p in new.waves[1].workloads] == ["c"]


def test_a_wave_of_a_class_that_moved_already_gets_the_next_name() -> None:
    new = again(
        [*FIRST, workload("c", "internal", writes=reads("v"))],
        topics=(*FOUND["topics"], topic("v")),
    )
    assert [w.name for w in new.waves] == ["internal-1", "internal-2"]


def test_a_topic_that_an_executed_wave_copies_is_copied_by_no_later_one() -> None:
    rows = [
        workload("reader", "public", groups=["g"]),
        workload("writer", "secret", writes=reads("t")),
    ]
    # that it reads t is known by its group's commit, which expires on the source once it has moved
    seen: dict[str, Any] = {"topics": (topic("t"),), "groups": (group("g", "t"),), "acl": ()}
    old = plan(rows, **seen)
    assert [wave.copies for wave in old.waves] == [("t",), ()]
    new = plan(rows, Executed(CUT, old.waves[:1]), **{**seen, "groups": ()})
    assert [wave.copies for wave in new.waves] == [("t",), ()]
    assert [wave.owns_topics for wave in new.waves] == [(), ("t",)]


def test_nothing_is_kept_before_a_cutover_or_after_one_that_was_taken_back() -> None:
    old = plan()
    assert moved(journal(), old) == ()
    assert moved(CUT, None) == ()
    back = journal((1, "cutover", "started", STOP), (1, "cutover", "undone", STOP))
    assert moved(back, old) == ()
    assert moved(CUT, old) == old.waves


def test_grants_that_came_since_go_with_the_first_wave_that_has_not_moved() -> None:
    new = again(
        [*FIRST, workload("c", "secret", writes=reads("v"))],
        topics=(*FOUND["topics"], topic("v")),
        acl=(
            *FOUND["acl"],
            *acls("ALLOW DESCRIBE on topic u to User:b", "DENY READ on topic u to User:c"),
        ),
    )
    granted = [s for s in new.waves[1].prepare if isinstance(s, CreateAcls)]
    assert [str(acl) for step in granted for acl in step.acls] == [
        "DENY READ on topic u to User:c",
        "ALLOW DESCRIBE on topic u to User:b",
    ]


CONTRADICTIONS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "a workload that moved is gone": (
        FIRST[1:],
        {},
        "workload a moved in wave 1, but workloads.yaml no longer has it",
    ),
    "a reader comes late": (
        [*FIRST, workload("late", "public", reads=reads("u"))],
        {},
        "late reads u, which b writes.*but b already moved in wave 1",
    ),
    "somebody shares a principal with one that moved": (
        [*FIRST, workload("twin", "public", principal="User:a")],
        {},
        "share User:a.*but a already moved in wave 1",
    ),
    "a topic appears whose writer moved": (
        [workload("a", "public", writes=[{"prefix": "t"}]), FIRST[1]],
        {"topics": (*FOUND["topics"], topic("t2"))},
        "topic t2 belongs to wave 1, but was created after",
    ),
    "a group appears whose owner moved": (
        [FIRST[0], {**FIRST[1], "groups": ["b", "b2"]}],
        {"groups": (*FOUND["groups"], group("b2", "t"))},
        "group b2 belongs to wave 1, but that wave moved without it",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_the_journal_is_refused(name: str) -> None:
    rows, found, says = CONTRADICTIONS[name]
    with pytest.raises(Blocked, match=f"(?s)contradicts-journal: .*{says}"):
        again(rows, **found)


TOPIC = CreateTopic(because="", name="t", partitions=1, replication_factor=1, configs={})
GRANTED = CreateAcls(because="", part="allow", acls=acls("ALLOW READ on topic t to User:b"))
COPY = StartCopy(because="", prefix="kmig-1", topics=("t",), config={})
UNMADE: dict[str, tuple[str, Step, dict[str, Any], str]] = {
    "a topic": (
        "prepare",
        TOPIC,
        {"topics": (topic("u"),), "groups": (group("b"),)},
        "create_topic t",
    ),
    "a grant": ("prepare", GRANTED, {"acl": ()}, "ALLOW READ on topic t to User:b"),
    "a copy": (
        "replicate",
        COPY,
        {"topics": (topic("u"),), "groups": (group("b"),)},
        "the copy of topic t",
    ),
}


@pytest.mark.parametrize("name", UNMADE)
def test_what_was_made_must_still_be_planned(name: str) -> None:
    stage, step, found, says = UNMADE[name]
    written = journal((1, stage, "started", step), (1, stage, "done", step))
    plan(executed=Executed(written))
    rows = (
        [workload("b", "internal", writes=reads("u"), groups=["b"])] if "topics" in found else FIRST
    )
    with pytest.raises(Blocked, match=f"wave 1 already applied {says}"):
        plan(rows, Executed(written), **found)
    undone = journal((1, stage, "started", step), (1, stage, "undone", step))
    plan(rows, Executed(undone), **found)


SPLIT = [
    workload("a", "public", writes=reads("x.1")),
    workload("b", "internal", writes=reads("x.2")),
    workload("c", "secret", writes=reads("y")),
]
PREFIX = "ALLOW WRITE on topic prefixed x. to User:a"
TWO: dict[str, Any] = {"topics": (topic("x.1"), topic("x.2"), topic("y")), "acl": acls(PREFIX)}


def split_again(rows: list[dict[str, Any]], **more: Any) -> Plan:
    """After wave 1, which gave the prefix on x.1 alone, was cut over."""
    old = build(config(), people(*SPLIT), inventory(**TWO))
    assert old.waves[0].grants == acls("ALLOW WRITE on topic x.1 to User:a")
    return build(
        config(), people(*rows, **more), inventory(**TWO), executed=Executed(CUT, old.waves[:1])
    )


def test_a_split_grant_is_made_whole_by_a_wave_that_is_left() -> None:
    assert split_again(SPLIT).waves[1].grants == acls(PREFIX)
    stays = [{"topic": {"topic": "x.2"}, "because": "it is retired"}]
    new = split_again([SPLIT[0], SPLIT[2]], leave_behind=stays)
    assert new.waves[1].grants == acls(PREFIX), "x.2 stays: nothing is left to wait for"
    with pytest.raises(
        Blocked, match=r"(?s)all waves are already cut over, .*prefixed x. to User:a"
    ):
        split_again(
            SPLIT[:1], leave_behind=[*stays, {"topic": {"topic": "y"}, "because": "retired"}]
        )


def test_a_grant_that_is_whole_already_is_not_split_anew() -> None:
    one: dict[str, Any] = {"topics": (topic("x.1"), topic("y")), "acl": acls(PREFIX)}
    rows = [SPLIT[0], SPLIT[2]]
    old = build(config(), people(*rows), inventory(**one))
    assert old.waves[0].grants == acls(PREFIX)
    new = build(config(), people(*SPLIT), inventory(**TWO), executed=Executed(CUT, old.waves[:1]))
    assert new.splits == ()
    assert not [acl for wave in new.waves[1:] for acl in wave.grants]


def test_source_may_be_cleaned_up_behind_a_wave_that_moved() -> None:
    late = workload("c", "secret", writes=reads("v"))
    old = plan()
    rows = [FIRST[0], {**FIRST[1], "reads": []}, late]
    new = build(
        config(),
        people(*rows),
        inventory(topics=(topic("u"), topic("v"))),
        executed=Executed(CUT, old.waves, old.volumes),
    )
    assert new.waves[:1] == old.waves
    assert new.volumes[:1] == old.volumes
    assert [p.workload for p in new.waves[1].workloads] == ["c"]


def test_a_rotation_of_a_wave_that_moved_is_shown_by_the_group_that_the_source_no_longer_has() -> (
    None
):
    hooks = {"stop": ["x"], "start": ["x"]}
    rotated = {
        **FIRST[1],
        "switch": {"command": hooks},
        "credential": {"mechanism": "SCRAM-SHA-256", "secret": "${file:s:b}", "carry": True},
        "rotation": {
            "strategy": "mechanism-overlap",
            "deliver": {"file": "s", "key": "b", "mechanism_key": "b.m"},
        },
    }
    rows = [{**FIRST[0], "switch": {"command": hooks}}, rotated]
    copied = config(replication={"connect": "http://mm2:8083", "principal": "User:copier"})
    known = {
        **FOUND,
        "scram": (ScramCredential(user="b", mechanism="SCRAM-SHA-256", iterations=4096),),
    }
    old = build(copied, people(*rows), inventory(**known))
    late = workload("c", "secret", writes=reads("v"), switch={"command": hooks})
    new = build(
        copied,
        people(*rows, late),
        inventory(**{**known, "groups": (), "topics": (topic("t"), topic("u"), topic("v"))}),
        executed=Executed(CUT, old.waves, old.volumes),
    )
    assert new.waves[: len(old.waves)] == old.waves


def test_a_topic_of_a_wave_that_moved_does_not_change_hands() -> None:
    lone = workload("r", "public", reads=reads("s"))
    shared = [{"topic": {"topic": "s"}, "decision": "replay", "because": "reference data"}]
    old = build(config(), people(lone, shared=shared), inventory(topics=(topic("s"),)))
    late = workload("r2", "internal", reads=reads("s"))
    with pytest.raises(Blocked, match="topic s moved in wave 1, but would now belong to wave 2"):
        build(
            config(),
            people(lone, late, shared=shared),
            inventory(topics=(topic("s"),)),
            executed=Executed(CUT, old.waves),
        )


def test_a_quota_with_other_values_is_set_again_by_a_wave_that_is_left() -> None:
    def of(value: float) -> Quota:
        return Quota(entity={"user": "a"}, values={"producer_byte_rate": value})

    old = plan(quotas=(of(100.0),))
    late = workload("c", "secret", writes=reads("v"))
    topics = (*FOUND["topics"], topic("v"))
    for value, steps in ((100.0, 0), (900.0, 1)):
        made = inventory(**{**FOUND, "topics": topics, "quotas": (of(value),)})
        new = build(config(), people(*FIRST, late), made, executed=Executed(CUT, old.waves))
        assert len([s for s in new.waves[1].prepare if isinstance(s, SetQuota)]) == steps


def test_several_waves_that_moved_stay_side_by_side() -> None:
    rows = [
        workload("a", "public", writes=reads("t")),
        workload("b", "internal", writes=reads("u"), reads=reads("u"), groups=["b"]),
        workload("c", "secret", writes=reads("v")),
    ]
    found = inventory(topics=(topic("t"), topic("u"), topic("v")), groups=(group("b", "u"),))
    old = build(config(), people(*rows), found)
    for many in (1, 2, 3):
        executed = Executed(CUT, old.waves[:many], old.volumes[:many])
        assert build(config(), people(*rows), found, executed=executed).waves == old.waves
