"""What each rule that blocks does block: the plan, a wave until it is mended or accepted, or the signal alone."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from migrate.assess import rule as assessed
from migrate.assess.blocking import blocked, blocking, command_that_explains
from migrate.documents.assessment import Blocks
from migrate.documents.plan import Placement, Wave
from migrate.estate import Estate
from migrate.plan import rule as planned
from migrate.plan.blocked import Blocked
from migrate.plan.build import planned as plan_of
from tests import estate as build
from tests.assess.test_rules import CASES, a_workload, an_estate, group, use

BLOCKING = [rule.id for rule in assessed.RULES.values() if rule.severity == "block"]
BEYOND: dict[str, Any] = CASES["offset-beyond-end"][0]
SUPER = use("User:a", "CREATE", "t", ground="super")


def wave(*names: str, number: int = 1) -> Wave:
    placed = tuple(Placement(workload=name, owner="team", reasons=()) for name in names)
    return Wave(number=number, name="public-1", workloads=placed, principals=(), prepare=())


def refused(estate: Estate) -> Counter[str]:
    """The rules that keep it from being planned, and how often each."""
    try:
        plan_of(estate)
    except Blocked as blocked:
        return Counter(one.rule for one in blocked.blockers)
    return Counter()


def test_a_rule_blocks_something_where_its_severity_says_so() -> None:
    for rule in assessed.RULES.values():
        assert (rule.severity == "block") == (rule.blocks is not None), rule.id


@pytest.mark.parametrize("rule", BLOCKING)
def test_each_blocks_what_its_entry_says(rule: str) -> None:
    estate, blocks = an_estate(**CASES[rule][0]), assessed.RULES[rule].blocks
    more = refused(estate) - refused(an_estate())
    here = {one.rule for one in blocking(estate, wave("a", "b"), estate.inventory.taken_at.date())}
    assert bool(more) == (blocks is Blocks.PLAN)
    assert here == ({rule} if blocks is Blocks.WAVE else set())


def test_what_is_in_both_catalogues_is_one_rule() -> None:
    both = assessed.RULES.keys() & planned.RULES.keys()
    assert both == {
        *("no-owner", "name-hidden", "acl-unknown", "principal-foreign", "principal-malformed")
    }
    for id in both:
        one, other = assessed.RULES[id], planned.RULES[id]
        assert (one.blocks, one.remedy) == (other.blocks, other.remedy)


def test_a_wave_waits_for_its_own_workloads_alone() -> None:
    estate = an_estate(**BEYOND)
    assert [
        one.subject for one in blocking(estate, wave("a"), estate.inventory.taken_at.date())
    ] == ["group g"]
    assert blocking(estate, wave("b"), estate.inventory.taken_at.date()) == ()


def test_a_use_without_an_acl_is_that_of_each_workload_of_its_principal() -> None:
    estate = an_estate(
        workloads=(a_workload(), a_workload("b", principal="User:a"), a_workload("c")),
        uses=(SUPER,),
    )
    assert [
        bool(blocking(estate, wave(name), estate.inventory.taken_at.date())) for name in "abc"
    ] == [True, True, False]


def test_a_use_of_nobodys_principal_keeps_every_wave() -> None:
    """Whose topics it needs is not known, so that any fence could shut it out."""
    estate = an_estate(uses=(use("User:stranger", "READ", "t", ground="super"),))
    assert all(blocking(estate, wave(name), estate.inventory.taken_at.date()) for name in "ab")


@pytest.mark.parametrize(
    ("entry", "goes_on"),
    [
        ({}, True),
        ({"subject": "*"}, True),
        ({"until": date(2025, 12, 31)}, False),  # the inventory is of 2026-01-01
        ({"subject": "group other"}, False),
        ({"rule": "offset-before-start"}, False),
    ],
)
def test_a_finding_that_is_accepted_blocks_no_wave_until_the_acceptance_ends(
    entry: dict[str, Any], goes_on: bool
) -> None:
    written = {
        "rule": "offset-beyond-end",
        "subject": "group g",
        "because": "it is reset at the switch",
        "until": date(2026, 1, 1),
        **entry,
    }
    estate = an_estate(**BEYOND, people={"suppress": [written]})
    assert (blocking(estate, wave("a"), estate.inventory.taken_at.date()) == ()) is goes_on


def test_waves_that_wait_are_named_with_the_command_that_leads_on() -> None:
    found = build.inventory(
        topics=(build.topic("t"),),
        groups=(group(commits=BEYOND["groups"][0].commits),),
    )
    who = build.people(
        build.workload("w", writes=build.reads("t")),
        build.workload("r", "internal", reads=build.reads("t"), groups=["g"]),
        build.workload("z", "public"),
    )
    estate = Estate(build.config(), found, who)
    waiting = blocked(estate, plan_of(Estate(build.config(), found, who)))
    (number,) = waiting
    (one,) = waiting[number]
    assert (number, one.workload) == (2, "r")
    assert command_that_explains(waiting[number]) == "kmig assess --why offset-beyond-end"


def test_the_table_of_what_blocks_is_what_the_catalogues_say() -> None:
    text = (Path(__file__).parents[2] / "docs" / "assess.md").read_text()
    rows = [
        f"| [{id}](plan.md#{id}) | `kmig plan` | plan |"
        for id in planned.RULES
        if id not in assessed.RULES
    ]
    for rule in assessed.RULES.values():
        if rule.blocks:
            asked = "`kmig plan`, `kmig assess`" if rule.id in planned.RULES else "`kmig assess`"
            rows.append(f"| [{rule.id}](#{rule.id}) | {asked} | {rule.blocks} |")
    documented = [line for line in text.splitlines() if line.startswith("| [")]
    assert documented == rows
