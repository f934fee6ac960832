"""What a plan says of itself is true: every reason of every placement, and no grant at any moment goes too far."""

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.documents.plan import Plan
from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules
from migrate.model.growth import growth
from migrate.plan.blocked import Blocked
from migrate.plan.build import build, planned
from migrate.plan.coupling import Coupling
from migrate.plan.schedule import Slot, slots
from migrate.steps import CreateAcls
from tests.estate import config, inventory, people, reads, topic, workload
from tests.plan.test_waves import CLASSES, ESTATES, POLICIES, WISHES, ZONES, estate_of, wished
from tests.thorough import examples

OWN = re.compile(r"sensitivity (\w+) \(\w+ of 3\)")
THEN = re.compile(r"(\w+) is (\w+)")


@settings(max_examples=examples(600, 200), deadline=None)
@given(ESTATES, POLICIES, WISHES, ZONES)
def test_the_wave_follows_from_the_stated_reasons_alone(
    shape: dict[str, dict[str, Any]],
    policy: dict[str, Any],
    wishes: list[tuple[str, str, str]],
    zones: dict[str, str],
) -> None:
    estate = estate_of(wished(shape, wishes, zones), policy)
    bound = Coupling(estate)
    try:
        plan = planned(estate)
    except Blocked:
        return
    found = slots(estate, bound)
    for wave in plan.waves:
        label, _, part = wave.name.rpartition("-")
        for placed in wave.workloads:
            facts = list(placed.reasons)
            rank, rest = class_of(placed.workload, facts, bound, shape)
            assert CLASSES[rank] == label, placed
            assert part_of(placed.workload, rest, bound, found, plan) == int(part), placed


def class_of(
    name: str, facts: list[str], bound: Coupling, shape: dict[str, dict[str, Any]]
) -> tuple[int, list[str]]:
    """The class that the chain leads to, each link being a fact of the estate; and what comes after the chain."""
    own = OWN.fullmatch(facts.pop(0))
    assert own
    assert own[1] == shape[name]["sensitivity"]
    rank, current = CLASSES.index(own[1]), name
    while len(facts) >= 2 and (then := THEN.fullmatch(facts[1])):
        edges = [e for e in bound.edges if e.fact == facts[0] and e.after == current]
        assert then[1] in {e.before for e in edges}, facts
        assert then[2] == shape[then[1]]["sensitivity"]
        rank, current, facts = max(rank, CLASSES.index(then[2])), then[1], facts[2:]
    return rank, facts


def part_of(
    name: str, facts: list[str], bound: Coupling, found: dict[str, Slot], plan: Plan
) -> int:
    """The sub-wave that the remaining facts lead to: each keeps it out of the one before."""
    if not facts:
        return 1
    slot = found[name]
    before = [n for n, s in found.items() if (s.rank, s.number) == (slot.rank, slot.number - 1)]
    here = [n for n, s in found.items() if (s.rank, s.number) == (slot.rank, slot.number)]
    root, policy = bound.component[name], bound.estate.config.policy
    edges = [e for e in bound.between if e.fact == facts[0] and bound.component[e.after] == root]
    if edges:
        ahead = {e.before for e in edges}
        if ahead & set(before if edges[0].strict else here):
            return max(found[n].number for n in ahead) + edges[0].strict
        assert ahead & set(before), "it was ready only when what goes before it was placed"
        assert facts[1].startswith(APART)
        assert key_of(before, bound) != key_of(here, bound)
        return max(found[n].number for n in ahead) + 1
    if facts[0].startswith("the previous wave is full"):
        most = policy.max_workloads_per_wave
        assert most is not None
        assert len(before) + len(bound.members[root]) > most
    elif facts[0].startswith("pilots of"):
        assert not set(policy.pilots) & set(bound.members[root])
    else:
        assert facts[0].startswith("zones move in separate waves")
        zones = bound.estate.workloads
        assert {zones[n].zone for n in before} != {zones[n].zone for n in here}
    return slot.number


APART = ("zones move in separate", "pilots of", "it waits for a workload", "not before")


def key_of(names: list[str], bound: Coupling) -> tuple[bool, frozenset[str]]:
    """What the workloads of a sub-wave have in common."""
    some, policy = bound.estate.workloads, bound.estate.config.policy
    zones = frozenset(some[n].zone for n in names) if policy.separate_zones else frozenset()
    led = bool(policy.pilots) and any(n in policy.pilots for n in names)
    return led, zones


RULES = st.builds(
    Acl,
    principal=st.sampled_from(["User:a", "User:b", "User:c", "User:*"]),
    host=st.sampled_from(["*", "h1"]),
    permission=st.sampled_from(["ALLOW", "ALLOW", "DENY"]),
    operation=st.sampled_from(["READ", "WRITE", "DESCRIBE", "ALTER", "ALL"]),
    resource_type=st.just("TOPIC"),
    pattern_type=st.sampled_from(["LITERAL", "PREFIXED"]),
    resource_name=st.sampled_from(["x", "xy", "xyz", "*"]),
)


@settings(max_examples=examples(1_000, 300), deadline=None)
@given(
    st.frozensets(RULES, max_size=8),
    st.lists(st.sampled_from(CLASSES), min_size=3, max_size=3),
    st.booleans(),
)
def test_no_privilege_grows_at_any_moment_and_none_is_lost_at_the_end(
    rules: frozenset[Acl], classes: list[str], renamed: bool
) -> None:
    """Topics move in up to three waves; a pattern over several of them is split, and whole again with the last."""
    who = people(
        *(
            workload(name, classes[n], writes=reads(written))
            for n, (name, written) in enumerate((("a", "x"), ("b", "xy"), ("c", "xyz")))
        ),
        shared=[{"acl": {"principal": "User:*"}, "decision": "replay", "because": "for everybody"}]
        if any(r.principal == "User:*" for r in rules)
        else [],
    )
    found = inventory(topics=tuple(map(topic, ("x", "xy", "xyz"))), acl=tuple(rules))
    names = {"User:a": "User:new"} if renamed else {}
    if any(r.permission == "DENY" and r.principal == "User:*" for r in rules):
        return  # such a DENY may hit kmig itself, which blocks
    plan = build(config(principals=names), who, found)
    there: set[Acl] = set()
    source = {
        r.model_copy(update={"principal": names.get(r.principal, r.principal)}) for r in rules
    }
    before = AuthorizerRules(frozenset(source))
    moved: set[str] = set()
    for wave in plan.waves:
        for step in wave.prepare:
            if isinstance(step, CreateAcls):
                for acl in step.acls:  # each may be the one that the run stops after
                    there.add(acl)
                    assert next(growth(before, frozenset(there)), None) is None
        for request in growth(AuthorizerRules(frozenset()), frozenset(there)):
            waiting = {"x", "xy", "xyz"} - moved
            assert request.operation != "WRITE" or request.resource_name not in waiting, (
                "WRITE waits for the switch"
            )
        moved |= set(wave.owns_topics)
        for acl in wave.grants:
            there.add(acl)
            assert next(growth(before, frozenset(there)), None) is None
    assert next(growth(AuthorizerRules(frozenset(there)), frozenset(source)), None) is None, (
        "nothing is lost"
    )


@settings(max_examples=300, deadline=None)
@given(ESTATES, st.frozensets(RULES, max_size=6))
def test_everything_is_accounted_for_once_and_nothing_is_made_twice(
    shape: dict[str, dict[str, Any]], rules: frozenset[Acl]
) -> None:
    estate = estate_of(shape, {})
    owned = {w.principal for w in estate.workloads.values()}
    mine = tuple(r for r in rules if r.principal in owned)
    estate = estate_of(shape, {})
    plan = build(
        estate.config,
        estate.people,
        inventory(topics=estate.inventory.topics.found, acl=mine),
    )
    things = [(a.kind, a.name) for a in plan.accounts]
    assert len(things) == len(set(things)) == len(mine) + len(estate.topics)
    keys = [(s.key, w.number) for w in plan.waves for s in w.prepare]
    assert len(keys) == len(set(keys))
    created = [
        acl for w in plan.waves for s in w.prepare if isinstance(s, CreateAcls) for acl in s.acls
    ]
    assert len(created) == len(set(created))
