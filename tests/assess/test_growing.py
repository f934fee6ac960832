"""The work of an assessment grows as the estate does: counted in executed lines, which no busy machine changes.

Every part of the estate grows, and one part that looks at all of another would make the count grow with its square.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import date
from types import FrameType, SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.assess import authorization, rule
from migrate.assess.acceptance import with_acceptance
from migrate.assess.blocking import blocked
from migrate.assess.judge import assess
from migrate.assess.scope import Scope
from migrate.documents.decisions import Suppression
from migrate.documents.plan import Placement, Wave
from migrate.model.acl import ANYONE, Acl
from migrate.model.authorizer import covers, pattern
from migrate.model.cluster import ScramCredential, Topic, Transaction
from migrate.model.connector import Connector
from migrate.model.use import Use
from tests import estate as build
from tests.assess.test_rules import a_workload, an_estate, connector, group, use


def test_an_assessment_grows_with_the_estate() -> None:
    def judging(count: int) -> Callable[[], object]:
        estate = an_estate(**parts(count))
        return lambda: assess(estate, {})

    small, middle, large = (lines_of(judging(n)) for n in (20, 40, 60))
    assert large - middle <= (middle - small) * 1.02


def test_what_blocks_a_wave_grows_with_the_estate() -> None:
    def search(count: int) -> Callable[[], object]:
        estate = an_estate(**parts(count))
        waves = tuple(wave(name, number) for number, name in enumerate(estate.workloads, 1))
        return lambda: blocked(estate, SimpleNamespace(waves=waves))  # type: ignore[arg-type]

    small, middle, large = (lines_of(search(n)) for n in (20, 40, 60))
    assert large - middle <= (middle - small) * 1.02


NAMES = ["", "a", "a-", "a-configs", "a-configs.b", "b_configs", "*"]
PRINCIPALS = ["User:a", "User:b", ANYONE]
ACLS = st.builds(
    Acl,
    principal=st.sampled_from(PRINCIPALS),
    permission=st.sampled_from(["ALLOW", "DENY"]),
    operation=st.sampled_from(["READ", "WRITE", "ALL", "DELETE"]),
    resource_type=st.sampled_from(["TOPIC", "GROUP"]),
    pattern_type=st.sampled_from(["LITERAL", "PREFIXED", "MATCH"]),
    resource_name=st.sampled_from(NAMES),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(ACLS, max_size=8, unique=True),
    st.lists(st.sampled_from(NAMES[1:-1]), max_size=4, unique=True),
)
def test_what_is_found_by_pattern_is_what_a_look_at_everything_finds(
    some: list[Acl], names: list[str]
) -> None:
    scope = Scope(an_estate(acls=tuple(some), topics=tuple(map(build.topic, names))))
    assert scope.acls == tuple(some)
    for acl in some:
        configs = [t for t in names if t.endswith(("-configs", "_configs"))]
        reached = [t for t in configs if covers(acl, "TOPIC", t)]
        assert scope.config_topics.get(pattern(acl)) == (reached[0] if reached else None)
    findings = list(authorization.findings(scope, (), ()))
    carrying = [(f.subject, f.evidence) for f in findings if f.rule == "deny-carries"]
    denies = [acl for acl in some if acl.permission == "DENY"]
    wider = [(str(deny), next(wider_allows(deny, some), None)) for deny in denies]
    assert carrying == [(deny, f"overrides part of {allow}") for deny, allow in wider if allow]


def wider_allows(deny: Acl, some: list[Acl]) -> Iterator[Acl]:
    for acl in some:
        wide = acl.pattern_type == "PREFIXED" or acl.resource_name == "*"
        if acl.permission == "ALLOW" and wide and acl.principal in (deny.principal, ANYONE):
            covered = covers(acl, deny.resource_type, deny.resource_name)
            if covered and acl.resource != deny.resource:
                yield acl


ENTRIES = st.builds(
    Suppression,
    rule=st.sampled_from(["a", "b"]),
    subject=st.sampled_from(["x", "y", "*"]),
    because=st.sampled_from(["one reason", "another reason"]),
    until=st.sampled_from([date(2026, 1, 1), date(2026, 1, 3)]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ENTRIES, max_size=6))
def test_the_first_entry_of_the_file_that_is_valid_accepts_a_finding(
    entries: list[Suppression],
) -> None:
    today = date(2026, 1, 2)
    finding = rule.HOST_SCOPED.finding("x", "applies to host h only")
    findings = [
        finding.model_copy(update={"rule": one, "subject": subject})
        for one in ("a", "b")
        for subject in ("x", "y", "z", "*")
    ]
    people = build.people().model_copy(update={"suppress": tuple(entries)})
    for found in with_acceptance(findings, people, today):
        naming = (
            (entry.because, entry.until)
            for entry in entries
            if entry.rule == found.rule
            and entry.subject in ("*", found.subject)
            and today <= entry.until
        )
        assert (found.suppressed, found.until) == next(naming, ("", None))


def wave(name: str, number: int) -> Wave:
    placed = (Placement(workload=name, owner="team", reasons=()),)
    return Wave(number=number, name="public-1", workloads=placed, principals=(), prepare=())


def lines_of(act: Callable[[], object]) -> int:
    """Return how many lines of kmig an act executes, each turn of a loop or a comprehension included."""
    count = 0

    def lines(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return lines

    def calls(frame: FrameType, _event: str, _argument: object) -> Any:
        return lines if frame.f_globals.get("__name__", "").startswith("migrate.") else None

    before = sys.gettrace()
    sys.settrace(calls)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def parts(count: int) -> dict[str, Any]:
    """Return an estate in which everything is there `count` times, each in touch with a few others only."""
    numbers = [f"{n:03}" for n in range(count)]
    return {
        "workloads": tuple(a_workload(f"w{n}", **of_workload(n)) for n in numbers),
        "topics": tuple(t for n in numbers for t in topics(n)),
        "acls": tuple(a for n in numbers for a in acls(n)),
        "uses": tuple(u for n in numbers for u in uses(n)),
        "groups": tuple(g for n in numbers for g in (group(f"g{n}"), group(f"lost{n}"))),
        "connectors": tuple(connectors(n) for n in numbers),
        "scram": tuple(
            ScramCredential(user=f"w{n}", mechanism="SCRAM-SHA-256", iterations=4096)
            for n in numbers
        ),
        "transactions": build.section(
            tuple(Transaction(id=f"w{n}-t", state="Empty", producer_id=1) for n in numbers)
        ),
        "people": {
            "suppress": [
                {**ACCEPTED, "rule": "use-without-acl", "subject": f"User:w{n}"}
                for n in numbers[::2]
            ],
            "leave_behind": [
                {kind: name, "because": "not needed"}
                for n in numbers
                for kind, name in (("group", f"old{n}"), ("topic", {"topic": f"t{n}.old"}))
            ],
        },
    }


ACCEPTED = {"because": "known and harmless", "until": "2030-01-01"}


def of_workload(n: str) -> dict[str, Any]:
    return {
        "credential": None,
        "rotation": None,
        "reads": [{"topic": f"t{n}.a"}],
        "writes": [{"prefix": f"t{n}."}],
        "groups": [f"g{n}"],
        "connector": f"main/c{n}",
    }


def topics(n: str) -> list[Topic]:
    return [build.topic(f"t{n}.{one}") for one in ("a", "b", "old", "more", "x-configs")]


def acls(n: str) -> list[str]:
    who = f"User:w{n}"
    return [
        f"ALLOW DESCRIBE on topic * to {who}",
        f"ALLOW READ on topic prefixed t{n}. to {who}",
        f"ALLOW WRITE on topic t{n}.a to {who} from 10.0.0.1",
        f"DENY DELETE on topic t{n}.a to {who}",
        f"ALLOW WRITE on transactional_id prefixed w{n}- to {who}",
        f"ALLOW READ on group lost{n} to User:lost{n}",
    ]


def uses(n: str) -> list[Use]:
    return [
        use(f"User:w{n}", "READ", f"t{n}.a"),
        use(f"User:w{n}", "READ", f"t{n}.b"),
        use(f"User:w{n}", "READ", f"t{n}.x-configs", ground="unsaid"),
        use(f"User:w{n}", "CREATE", f"t{n}.a", ground="super", hosts=("10.0.0.1",)),
    ]


def connectors(n: str) -> Connector:
    return connector(f"main/c{n}", principals=(f"User:other{n}",))
