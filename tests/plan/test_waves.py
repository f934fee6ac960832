"""Waves: the constraints hold, nothing is pulled ahead, and every placement has its chain of facts."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.documents.plan import Plan, Wave
from migrate.estate import Estate
from migrate.plan.blocked import Blocked
from migrate.plan.build import build
from migrate.plan.coupling import Coupling, _strongly_connected
from migrate.plan.schedule import slots
from tests.estate import config, group, inventory, people, reads, topic, workload

CLASSES = ("public", "internal", "secret")


def plan(*workloads: dict[str, Any], topics: str = "t") -> Plan:
    found = inventory(topics=tuple(topic(name) for name in topics.split()))
    return build(config(), people(*workloads), found)


def waves(made: Plan) -> dict[str, int]:
    return {p.workload: wave.number for wave in made.waves for p in wave.workloads}


def test_least_sensitive_first() -> None:
    made = plan(
        workload("a", "secret", writes=reads("t")),
        workload("b", "public", writes=reads("u")),
        topics="t u",
    )
    assert waves(made) == {"b": 1, "a": 2}
    assert [wave.name for wave in made.waves] == ["public-1", "secret-1"]


def test_a_client_file_of_several_waves_is_a_note() -> None:
    job = {"batch": "nightly", "file": {"path": "p", "target": "q"}}
    shared = [
        workload("a", "secret", writes=reads("t"), switch=job),
        workload("b", "public", writes=reads("u"), switch=job),
    ]
    apart = plan(*shared, topics="t u")
    (note,) = [note for note in apart.notes if "client file" in note]
    assert note.startswith("client file p is read by workloads of several waves")
    assert note.endswith("a, b")
    together = plan({**shared[0], "together": ["b"]}, shared[1], topics="t u")
    assert not [note for note in together.notes if "client file" in note]


def test_a_writer_waits_for_its_readers_and_says_so() -> None:
    made = plan(
        workload("reader", "secret", reads=reads("t")),
        workload("writer", "public", writes=reads("t")),
        workload("free", "public", writes=reads("u")),
        topics="t u",
    )
    assert waves(made) == {"free": 1, "reader": 2, "writer": 2}
    placed = {p.workload: p.reasons for wave in made.waves for p in wave.workloads}
    assert placed["writer"] == (
        "sensitivity public (lowest of 3)",
        "reader reads t, which writer writes: readers move first",
        "reader is secret",
    )


def test_a_reader_does_not_wait_for_its_writer() -> None:
    made = plan(
        workload("reader", "public", reads=reads("t")),
        workload("writer", "secret", writes=reads("t")),
    )
    assert waves(made) == {"reader": 1, "writer": 2}
    first, second = made.waves
    assert (first.copies, first.owns_topics) == (("t",), ())
    assert (second.copies, second.owns_topics) == ((), ("t",))


def test_all_writers_of_a_topic_move_together() -> None:
    made = plan(
        workload("w1", "public", writes=reads("t")), workload("w2", "internal", writes=reads("t"))
    )
    assert waves(made) == {"w1": 1, "w2": 1}


def test_workloads_that_share_a_principal_move_together() -> None:
    made = plan(
        workload("one", "public", writes=reads("t")),
        workload("two", "secret", writes=reads("u"), principal="User:one"),
        topics="t u",
    )
    assert waves(made) == {"one": 1, "two": 1}


def test_a_group_that_commits_on_a_topic_is_its_reader() -> None:
    found = inventory(topics=(topic("t"),), groups=(group("g", "t"),))
    who = people(
        workload("reader", "secret", groups=["g"]), workload("writer", "public", writes=reads("t"))
    )
    assert waves(build(config(), who, found)) == {"reader": 1, "writer": 1}


NAMES = [f"w{i}" for i in range(7)]
TOPICS = [f"t{i}" for i in range(5)]
ESTATES = st.fixed_dictionaries(
    {
        name: st.fixed_dictionaries(
            {
                "sensitivity": st.sampled_from(CLASSES),
                "reads": st.frozensets(st.sampled_from(TOPICS), max_size=2),
                "writes": st.frozensets(st.sampled_from(TOPICS), max_size=2),
                "principal": st.sampled_from([f"User:{name}", "User:shared"]),
            }
        )
        for name in NAMES
    }
)


def made_from(shape: dict[str, dict[str, Any]]) -> tuple[Plan, Estate]:
    written = {t for fields in shape.values() for t in fields["writes"]}
    rows = [
        workload(
            name,
            fields["sensitivity"],
            reads=reads(*sorted(fields["reads"] & written)),
            writes=reads(*sorted(fields["writes"])),
            principal=fields["principal"],
        )
        for name, fields in shape.items()
    ]
    found = inventory(topics=tuple(topic(t) for t in sorted(written)))
    who = people(*rows)
    return build(config(), who, found), Estate(config(), found, who)


@settings(max_examples=200, deadline=None)
@given(ESTATES)
def test_constraints_hold_for_any_estate(shape: dict[str, dict[str, Any]]) -> None:
    made, estate = made_from(shape)
    number = waves(made)
    assert sorted(number) == sorted(shape)
    for name in estate.moving:
        writers = {number[w] for w in estate.writers[name]}
        assert len(writers) == 1
        assert all(number[r] <= min(writers) for r in estate.readers[name])
    level = {wave.number: CLASSES.index(wave.name.removesuffix("-1")) for wave in made.waves}
    for name, fields in shape.items():
        assert level[number[name]] >= CLASSES.index(fields["sensitivity"])
    for wave in made.waves:
        owners = [CLASSES.index(shape[p.workload]["sensitivity"]) for p in wave.workloads]
        assert max(owners) == level[wave.number], "a wave is as sensitive as its most sensitive one"
        for placed in wave.workloads:
            assert (
                len(placed.reasons) > 1
                or CLASSES.index(shape[placed.workload]["sensitivity"]) == level[wave.number]
            ), "a delay has its facts"


@settings(max_examples=50, deadline=None)
@given(ESTATES)
def test_the_same_estate_gives_the_same_plan(shape: dict[str, dict[str, Any]]) -> None:
    backwards = dict(reversed(list(shape.items())))
    first, second = made_from(shape)[0], made_from(backwards)[0]
    assert first.waves == second.waves


@settings(max_examples=100, deadline=None)
@given(ESTATES)
def test_each_topic_is_copied_once_and_owned_once(shape: dict[str, dict[str, Any]]) -> None:
    made, estate = made_from(shape)
    copied = [t for wave in made.waves for t in wave.copies]
    owned = [t for wave in made.waves for t in wave.owns_topics]
    assert sorted(copied) == sorted(owned) == list(estate.moving)


POLICIES = st.fixed_dictionaries(
    {
        "max_workloads_per_wave": st.sampled_from([None, 1, 2, 3]),
        "separate_zones": st.booleans(),
        "pilots": st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
    }
)
WISHES = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["before", "after", "together"]),
        st.sampled_from(NAMES),
    ),
    max_size=3,
)
ZONES = st.fixed_dictionaries({name: st.sampled_from(["", "x", "y"]) for name in NAMES})


def wished(
    shape: dict[str, dict[str, Any]], wishes: list[tuple[str, str, str]], zones: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """The same workloads in these zones, with these wishes."""
    made = {name: {**fields, "zone": zones[name]} for name, fields in shape.items()}
    for one, kind, other in wishes:
        if one != other:
            made[one] = {**made[one], kind: sorted({*made[one].get(kind, ()), other})}
    return made


@settings(max_examples=400, deadline=None)
@given(ESTATES, POLICIES, WISHES, ZONES)
def test_sub_waves_keep_every_constraint(
    shape: dict[str, dict[str, Any]],
    policy: dict[str, Any],
    wishes: list[tuple[str, str, str]],
    zones: dict[str, str],
) -> None:
    estate = estate_of(wished(shape, wishes, zones), policy)
    bound = Coupling(estate)
    if list(bound.contradictions()):
        with pytest.raises(Blocked, match="wish-contradicted"):
            build(estate.config, estate.people, estate.inventory)
        return
    made = build(estate.config, estate.people, estate.inventory)
    number = waves(made)
    for edge in bound.edges:
        assert number[edge.before] + edge.strict <= number[edge.after], edge
    for wave in made.waves:
        alone = len({bound.component[p.workload] for p in wave.workloads}) == 1
        assert alone or small_and_alike(wave, policy, bound)
        for placed in wave.workloads:
            part = int(wave.name.rpartition("-")[2])
            assert len(placed.reasons) > (part > 1), "a later sub-wave has its reason"


def small_and_alike(wave: Wave, policy: dict[str, Any], bound: Coupling) -> bool:
    most, names = policy["max_workloads_per_wave"], [p.workload for p in wave.workloads]
    zones = bound.estate.workloads
    kinds = {
        frozenset(zones[n].zone for n in bound.members[bound.component[name]]) for name in names
    }
    return (most is None or len(names) <= most) and (
        not policy["separate_zones"] or len(kinds) == 1
    )


@settings(max_examples=200, deadline=None)
@given(ESTATES, POLICIES, ZONES)
def test_no_workload_is_later_than_its_reasons_require(
    shape: dict[str, dict[str, Any]], policy: dict[str, Any], zones: dict[str, str]
) -> None:
    """Every sub-wave but the first has, for each of its members, something that kept it out of the one before."""
    for name, zone in zones.items():
        shape[name] = {**shape[name], "zone": zone}
    estate = estate_of(shape, policy)
    bound = Coupling(estate)
    found = slots(estate, bound)
    for root, members in bound.members.items():
        slot = found[root]
        if slot.number == 1:
            continue
        sooner = {n for n, s in found.items() if (s.rank, s.number) == (slot.rank, slot.number - 1)}
        waits = any(
            found[edge.before] == slot or found[edge.before].number == slot.number
            for edge in bound.between
            if bound.component[edge.after] == root and found[edge.before].rank == slot.rank
        )
        full = policy["max_workloads_per_wave"] is not None and (
            len(sooner) + len(members) > policy["max_workloads_per_wave"]
        )
        pilots = set(policy["pilots"])
        other = policy["separate_zones"] or bool(pilots)
        assert waits or full or other


def estate_of(shape: dict[str, dict[str, Any]], policy: dict[str, Any]) -> Estate:
    written = {t for fields in shape.values() for t in fields["writes"]}
    rows = []
    for name, fields in shape.items():
        more = {k: v for k, v in fields.items() if k not in ("sensitivity", "reads", "writes")}
        inside = reads(*sorted(fields["reads"] & written))
        rows.append(
            workload(
                name,
                fields["sensitivity"],
                reads=inside,
                writes=reads(*sorted(fields["writes"])),
                **more,
            )
        )
    found = inventory(topics=tuple(topic(t) for t in sorted(written)))
    who = people(*rows, zones={"x": {}, "y": {}})
    return Estate(config(policy=policy), found, who)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.sampled_from(NAMES), max_size=3)))
def test_components_are_what_reaches_each_other(shape: dict[str, frozenset[str]]) -> None:
    ahead = {name: set(shape.get(name, ())) for name in NAMES}

    def reach(start: str) -> set[str]:
        seen, waiting = {start}, [start]
        while waiting:
            for other in ahead[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        return seen

    both = {n: frozenset(o for o in reach(n) if n in reach(o)) for n in NAMES}
    assert {frozenset(some) for some in _strongly_connected(ahead)} == set(both.values())
