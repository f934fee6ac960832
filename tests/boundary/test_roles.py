"""Who stands for a role: by rule and deterministic, or as it was typed; what could not be seen is said."""

from typing import Any

import pytest

from migrate.boundary.roles import TYPED, chosen
from migrate.boundary.view import View
from migrate.documents.boundary import ROLES
from migrate.documents.inventory import ConnectInfo, State
from migrate.errors import UsageError
from migrate.model.cluster import Partition
from migrate.model.use import Observed, Use
from tests.boundary.quarter import CONNECT, CONNECTORS, WORKLOADS, connector, taken, view
from tests.estate import people, reads, section, topic, workload


def names(estate: View, *typed: str) -> list[str]:
    return [name for _, name, _ in chosen(estate, typed)]


def because(estate: View, role: str) -> str:
    return {str(one): text for one, _, text in chosen(estate, ())}[role]


def connect(*connectors: Any, standing: State = State.COMPLETE, error: str = "") -> Any:
    found = ConnectInfo(clusters=(CONNECT,), connectors=connectors)
    return section(found, standing, error)


def test_one_workload_is_chosen_for_each_role_and_why_is_told() -> None:
    assert chosen(view()) == (
        ("source connector", "pay-in", "the only one"),
        ("sink connector", "lake-out", "most tasks (3) of 2"),
        ("busiest producer", "tracker", "most records ever written to its topics (30) of 2"),
        (
            "most regulated consumer",
            "billing",
            "highest sensitivity (secret) of 3, then first by name of 2 alike",
        ),
    )


def test_sensitivity_comes_before_tasks_and_topics_before_names() -> None:
    some = [{**w, "sensitivity": "internal"} if w["name"] == "web-out" else w for w in WORKLOADS]
    some += [workload("zeta", "secret", reads=reads("pay.in", "vault"), writes=reads("vault"))]
    found = taken(topics=tuple(topic(n) for n in ("pay.in", "orders", "web", "vault")))
    chosen_now = view(found, people(*some))
    assert names(chosen_now)[1] == "web-out"
    assert names(chosen_now)[3] == "zeta"
    assert because(chosen_now, "most regulated consumer") == (
        "highest sensitivity (secret) of 4, then most topics of that sensitivity (2) of 3"
    )


def test_an_empty_estate_has_none_for_any_role_and_says_so() -> None:
    estate = view(taken(connect=connect()), people())
    assert names(estate) == ["", "", "", ""]
    assert because(estate, "busiest producer") == "no workload without a connector writes a topic"


def test_a_connector_that_nobody_declares_is_named() -> None:
    estate = view(some=people(*(w for w in WORKLOADS if w["name"] != "pay-in")))
    assert because(estate, "source connector") == (
        "no workload has a source connector in the inventory; "
        "1 source connector has no workload: main/pay-in"
    )


@pytest.mark.parametrize(
    ("part", "role"),
    [
        ("connect", "source connector"),
        ("connect", "sink connector"),
        ("topics", "busiest producer"),
        ("topics", "most regulated consumer"),
        ("groups", "most regulated consumer"),
    ],
)
def test_where_a_section_is_not_complete_another_might_stand_for_the_role(
    part: str, role: str
) -> None:
    whole = taken()
    partial = whole.sections()[part].model_copy(update={"standing": State.PARTIAL, "error": "w1"})
    reason = because(view(whole.model_copy(update={part: partial})), role)
    assert reason.endswith(f"; unknown: section {part} is partial")


def test_an_unknown_log_end_is_told_and_is_no_silent_zero() -> None:
    lost = topic("orders", 2)
    lost = lost.model_copy(update={"partitions": (Partition(index=0, end=99), Partition(index=1))})
    reason = because(view(taken(topics=(lost, topic("web")))), "busiest producer")
    assert reason == (
        "most records ever written to its topics (99) of 2; "
        "unknown: the log ends of 1 partition, counted as 0"
    )


def seen(principal: str, name: str, allowed: int, operation: str = "WRITE") -> Use:
    return Use(
        principal=principal,
        operation=operation,
        resource_type="TOPIC",
        resource_name=name,
        allowed=allowed,
    )


def test_an_authorizer_log_that_was_read_in_full_counts_more_than_log_ends() -> None:
    uses = (seen("User:api", "orders", 7), seen("User:tracker", "web", 500, "READ"))
    whole = section(Observed(uses=uses))
    estate = view(taken(observed=whole))
    assert names(estate)[2] == "api"
    assert because(estate, "busiest producer") == "most writes in the authorizer log (7) of 2"
    partial = whole.model_copy(update={"standing": State.PARTIAL})
    assert names(view(taken(observed=partial)))[2] == "tracker"
    denied = section(Observed(uses=(seen("User:api", "orders", 0),)))
    assert names(view(taken(observed=denied)))[2] == "tracker"


def test_of_a_shared_principal_each_workload_has_the_writes_to_its_own_topics() -> None:
    shared = {"principal": "User:shared"}
    some = people(
        workload("a", writes=reads("orders"), **shared),
        workload("b", writes=reads("web"), **shared),
    )
    uses = (seen("User:shared", "orders", 3), seen("User:shared", "web", 4))
    estate = view(taken(observed=section(Observed(uses=uses))), some)
    assert names(estate)[2] == "b"
    assert because(estate, "busiest producer") == "most writes in the authorizer log (4) of 2"


def test_a_typed_workload_takes_the_roles_that_it_fits() -> None:
    assert chosen(view(), ("web-out",))[1] == ("sink connector", "web-out", TYPED)
    assert names(view(), "web-out") == ["pay-in", "web-out", "tracker", "billing"]
    both = people(*WORKLOADS, workload("pipe", reads=reads("web"), writes=reads("orders")))
    assert names(view(some=both), "pipe") == ["pay-in", "lake-out", "pipe", "pipe"]
    assert names(view(some=both), "pipe", "api") == ["pay-in", "lake-out", "api", "pipe"]
    assert names(view(some=both), "board", "pipe", "board") == [
        *("pay-in", "lake-out", "pipe", "board")
    ]


def test_two_that_fit_two_roles_take_one_each_in_the_order_typed() -> None:
    two = [workload(n, reads=reads("web"), writes=reads("orders")) for n in ("pipe", "hose")]
    some = people(*WORKLOADS, *two)
    assert names(view(some=some), "pipe", "hose")[2:] == ["pipe", "hose"]
    assert names(view(some=some), "hose", "pipe")[2:] == ["hose", "pipe"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (("web-out", "lake-out"), "one role, sink connector: `web-out` and `lake-out`"),
        (("billing", "board"), "one role, most regulated consumer: `billing` and `board`"),
        (("idle",), "workload `idle` fits no role of a review"),
        (("biling",), "unknown workload: `biling` is not in workloads.yaml"),
    ],
)
def test_what_fits_no_role_or_a_taken_one_is_a_usage_error(
    typed: tuple[str, ...], message: str
) -> None:
    estate = view(some=people(*WORKLOADS, workload("idle")))
    with pytest.raises(UsageError, match=message) as error:
        chosen(estate, typed)
    assert error.value.hint


def test_a_choice_does_not_depend_on_the_order_of_anything() -> None:
    backwards = view(
        taken(connect=connect(*reversed(CONNECTORS)), topics=tuple(reversed(taken().topics.found))),
        people(*reversed(WORKLOADS)),
    )
    assert chosen(backwards) == chosen(view())
    assert [role for role, _, _ in chosen(backwards)] == list(ROLES)


def test_a_connector_of_an_unknown_type_stands_for_no_role() -> None:
    odd = connector("pay-in", "unknown")
    assert names(view(taken(connect=connect(odd))))[:2] == ["", ""]
