"""Section standings: never "none" when it could not look (promise 2)."""

import pytest

from migrate.documents.inventory import State
from migrate.errors import (
    Indeterminate,
    KmigError,
    NotAuthenticated,
    StepFailed,
    Unreachable,
)
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.take import InventorySource, take
from migrate.model.cluster import Transaction
from migrate.ports.survey import Surveyed
from tests.estate import acls, topic
from tests.fakes.memory import MemoryClock, MemoryCluster
from tests.fakes.memory_survey import MemorySurvey

ALL = acls("ALLOW DESCRIBE on topic * to User:kmig", "ALLOW DESCRIBE on group * to User:kmig")


def standings(cluster: MemoryCluster, super_users: tuple[str, ...] = ()) -> dict[str, State]:
    survey = MemorySurvey(cluster)
    look = InventorySource(
        survey, {}, MemoryClock(), "User:kmig", "s:9092", DeclaredAuthorizer(super_users)
    )
    found = take(look, lambda _: None)
    return {name: section.standing for name, section in found.sections().items()}


@pytest.mark.parametrize(
    ("rules", "topics", "groups"),
    [
        pytest.param(ALL, "complete", "complete", id="everything is shown"),
        pytest.param(ALL[:1], "complete", "partial", id="groups are not"),
        pytest.param(ALL[1:], "partial", "partial", id="a group's topics are not"),
        pytest.param((), "partial", "partial", id="no grant"),
        pytest.param(
            (*ALL, *acls("DENY DESCRIBE on topic hidden to User:*")),
            "partial",
            "partial",
            id="one is hidden",
        ),
        pytest.param(
            (*ALL, *acls("DENY DESCRIBE on topic hidden to User:other")),
            "complete",
            "complete",
            id="from others",
        ),
        pytest.param(
            acls("ALLOW READ on topic * to User:*", "ALLOW ALL on group * to User:kmig"),
            *("complete", "complete"),
            id="READ shows, and so does ALL",
        ),
        pytest.param(
            acls(
                "ALLOW DESCRIBE on topic * to User:kmig from 10.0.0.1",
                "ALLOW ALL on group * to User:kmig",
            ),
            *("partial", "partial"),
            id="from one host only",
        ),
        pytest.param(
            acls(
                "ALLOW DESCRIBE on topic prefixed * to User:kmig",
                "ALLOW ALL on group * to User:kmig",
            ),
            *("partial", "partial"),
            id="a prefix called *",
        ),
    ],
)
def test_what_is_proven_to_be_all(rules: tuple[object, ...], topics: str, groups: str) -> None:
    found = standings(MemoryCluster("source", acl_set=set(rules)))  # type: ignore[arg-type]
    assert (found["topics"], found["groups"]) == (topics, groups)


def test_an_authorizer_that_is_off_is_refused_and_hides_nothing() -> None:
    found = standings(MemoryCluster("source", authorizer=False))
    assert found["acls"] is State.REFUSED
    assert found["topics"] is State.COMPLETE


def test_a_declared_super_user_sees_all() -> None:
    found = standings(MemoryCluster("source"), ("User:kmig",))
    assert set(found.values()) == {State.COMPLETE}


@pytest.mark.parametrize(
    "failure",
    [
        StepFailed("UNKNOWN_SERVER_ERROR (-1)"),
        Indeterminate("REQUEST_TIMED_OUT (7)"),
        Unreachable("does not answer as Kafka does"),
        NotAuthenticated("cannot log in"),
    ],
)
@pytest.mark.parametrize("section", ["acls", "scram", "quotas", "topics", "groups", "transactions"])
def test_an_error_of_one_section_does_not_take_the_others(section: str, failure: KmigError) -> None:
    survey = MemorySurvey(MemoryCluster("source", acl_set=set(ALL)), {section: failure})
    look = InventorySource(
        survey, {}, MemoryClock(), "User:kmig", "s:9092", DeclaredAuthorizer(("User:kmig",))
    )
    found = take(look, lambda _: None).sections()
    assert (found[section].standing, found[section].error) == ("refused", failure.message)
    poor = {name for name, one in found.items() if one.standing != "complete"}
    also = {"topics": {"groups", "network"}, "groups": {"network"}}.get(section, set())
    assert poor == {section} | also


def test_who_cannot_say_what_cluster_it_is_gives_no_inventory() -> None:
    survey = MemorySurvey(MemoryCluster("source"), {"cluster": Unreachable("nobody answers")})
    look = InventorySource(survey, {}, MemoryClock(), "User:kmig", "s:9092", DeclaredAuthorizer(()))
    with pytest.raises(Unreachable):
        take(look, lambda _: None)


def test_what_a_probe_made_on_the_source_is_no_part_of_the_estate() -> None:
    """Brokers remember its transactional ids for a week; a killed run leaves topics and groups for an hour."""
    cluster = MemoryCluster("source", acl_set=set(ALL))
    cluster.topic_set = {
        n: topic(n) for n in ("_kmig-probe-6b0c2747d4bf-t", "_kmig-probe-orders", "paid")
    }
    cluster.member_set = {"_kmig-probe-6b0c2747d4bf-g": "a", "ledger": "b"}
    survey = MemorySurvey(cluster)
    survey.transactions = lambda: Surveyed(  # type: ignore[method-assign]
        tuple(
            Transaction(id=one, state="Empty", producer_id=1, topics=())
            for one in ("_kmig-probe-6b0c2747d4bf-x", "mine")
        ),
        (),
    )
    look = InventorySource(survey, {}, MemoryClock(), "User:kmig", "s:9092", DeclaredAuthorizer())
    found = take(look, lambda _: None)
    assert [t.name for t in found.topics.found] == ["_kmig-probe-orders", "paid"]
    assert [g.name for g in found.groups.found] == ["ledger"]
    assert [t.id for t in found.transactions.found] == ["mine"]
