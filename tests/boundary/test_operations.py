"""What the holder of a login may do, from the ACLs of an inventory: one table of small estates.

Random ACLs are in `test_rights.py`; that brokers decide alike is shown on real ones: tests/live/test_rights.py.
"""

from typing import Any

import pytest

from migrate.boundary.ending import stopping
from migrate.boundary.namespace import Namespaces
from migrate.boundary.rights import Side
from migrate.boundary.sides import on_source
from migrate.documents.inventory import State
from migrate.estate import Estate
from migrate.journal.standing import Journal
from tests import estate as build

OPEN_DEFAULT = "ALL on every name that no ACL covers, by the default"
ALL = (
    "READ",
    "WRITE",
    "CREATE",
    "DESCRIBE",
    "DELETE",
    "ALTER",
    "DESCRIBE_CONFIGS",
    "ALTER_CONFIGS",
)


def estate(
    *texts: str, default: bool | None = False, super_users: tuple[str, ...] = ("User:s",)
) -> Estate:
    found = build.inventory(
        topics=(build.topic("a"), build.topic("ab"), build.topic("b")),
        acl=build.acls(*texts),
        groups=(build.group("g", "a"),),
    )
    site = {**build.SITE, "super_users": super_users, "allow_everyone_if_no_acl_found": default}
    one = build.workload("one", transactional_ids=["t"])
    return Estate(build.config(source=site), found, build.people(one))


def side(*texts: str, **declared: Any) -> Side:
    return on_source(estate(*texts, **declared), Journal())


@pytest.mark.parametrize(
    ("acls", "topics"),
    [
        ((), {}),
        (("ALLOW READ on topic a to User:me",), {"a": ("READ", "DESCRIBE")}),
        (("ALLOW DELETE on topic a to User:me",), {"a": ("DESCRIBE", "DELETE")}),
        (("ALLOW ALTER on topic a to User:me",), {"a": ("DESCRIBE", "ALTER")}),
        (
            ("ALLOW ALTER_CONFIGS on topic a to User:me",),
            {"a": ("DESCRIBE_CONFIGS", "ALTER_CONFIGS")},
        ),
        (("ALLOW READ on topic a to User:other",), {}),
        (("ALLOW ALL on topic a to User:*",), {"a": ALL}),
        (
            ("ALLOW READ on topic prefixed a to User:me", "DENY READ on topic ab to User:me"),
            {"a": ("READ", "DESCRIBE"), "ab": ("DESCRIBE",)},
        ),
        (
            ("ALLOW READ on topic a to User:me", "DENY DESCRIBE on topic * to User:*"),
            {"a": ("READ",)},
        ),
        (
            ("ALLOW READ on topic a to User:me from 10.0.0.1",),
            {"a": ("READ from 10.0.0.1", "DESCRIBE from 10.0.0.1")},
        ),
        (
            (
                "ALLOW READ on topic a to User:me",
                "DENY READ on topic a to User:me from 10.0.0.1",
                "DENY READ on topic a to User:* from 10.0.0.2",
            ),
            {"a": ("READ except from 10.0.0.1, 10.0.0.2", "DESCRIBE")},
        ),
        (
            (
                "ALLOW READ on topic a to User:me from 10.0.0.1",
                "ALLOW READ on topic a to User:me from 10.0.0.2",
                "DENY ALL on topic a to User:me from 10.0.0.2",
            ),
            {"a": ("READ from 10.0.0.1", "DESCRIBE from 10.0.0.1")},
        ),
    ],
)
def test_operations_on_topics(acls: tuple[str, ...], topics: dict[str, tuple[str, ...]]) -> None:
    rights = side(*acls).rights("User:me")
    assert rights.topics == topics
    assert rights.complete


def test_a_topic_counts_as_reached_from_some_addresses_too() -> None:
    rights = side(
        "ALLOW READ on topic a to User:me from 10.0.0.1",
        "ALLOW READ on topic b to User:me",
        "DENY READ on topic b to User:me from 10.0.0.1",
        "ALLOW ALTER_CONFIGS on topic ab to User:me",
    ).rights("User:me")
    assert rights.topics_for("READ") == ("a", "b")
    assert rights.topics_for("ALTER") == ()


@pytest.mark.parametrize(
    ("default", "topics", "complete"),
    [
        (True, {"a": ("READ", "DESCRIBE"), "ab": ALL, "b": ALL}, True),
        (False, {"a": ("READ", "DESCRIBE")}, True),
        (None, {"a": ("READ", "DESCRIBE")}, False),
    ],
)
def test_the_default_decides_where_no_acl_is(
    default: bool | None, topics: dict[str, tuple[str, ...]], complete: bool
) -> None:
    """Whoever an ACL names, it ends the default on its topic."""
    acls = ("ALLOW READ on topic a to User:me", "ALLOW READ on group g to User:other")
    rights = side(*acls, default=default).rights("User:me")
    assert rights.topics == topics
    assert rights.groups == {}
    assert bool(rights.cluster) == bool(rights.transactional_ids) == (default is True)
    assert list(map(str, rights.patterns)) == ([OPEN_DEFAULT] if default else [])
    assert rights.complete == complete
    assert [why.partition(":")[0] for why in rights.unknown] == (
        [] if complete else ["the right to 2 topics without any ACL"]
    )


def test_nothing_denies_a_super_user_anything() -> None:
    rights = side("DENY ALL on topic * to User:*").rights("User:s")
    assert rights.topics == dict.fromkeys(("a", "ab", "b"), ALL)
    assert "WRITE" in rights.transactional_ids["t"]
    assert "CLUSTER_ACTION" in rights.cluster
    assert "a super user of the source" in rights.everything
    undeclared = side(super_users=()).rights("User:s")
    assert not undeclared.complete
    assert "whether User:s is a super user" in undeclared.unknown[0]


def test_what_could_not_be_listed_is_unknown_and_not_nothing() -> None:
    refused = build.section((), State.REFUSED, "not authorized")
    partial = build.section((), State.PARTIAL, "some left out")
    found = build.inventory().model_copy(
        update={"acls": refused, "topics": partial, "groups": partial, "transactions": partial}
    )
    site = {**build.SITE, "super_users": ["User:s"]}
    authorizer = on_source(Estate(build.config(source=site), found, build.people()), Journal())
    rights = authorizer.rights("User:me")
    assert not rights.complete
    assert rights.unknown == (
        "section acls is refused: not authorized",
        "section topics is partial: some left out",
        "section groups is partial: some left out",
        "section transactions is partial: some left out",
    )


def test_where_no_authorizer_is_everything_is_allowed() -> None:
    off = build.section((), State.REFUSED, "describe ACLs: SECURITY_DISABLED")
    found = build.inventory(topics=(build.topic("a"),)).model_copy(update={"acls": off})
    authorizer = on_source(Estate(build.config(), found, build.people()), Journal())
    rights = authorizer.rights("User:me")
    assert rights.topics == {"a": ALL}
    assert "no authorizer is configured on the source" in rights.everything
    assert authorizer.allowed("READ", "a") == ("User:*",)


@pytest.mark.parametrize(
    ("acls", "default", "readers"),
    [
        (("ALLOW READ on topic a to User:me",), False, ("User:me", "User:s")),
        (("ALLOW WRITE on topic a to User:me",), False, ("User:s",)),
        (("ALLOW READ on topic * to User:me from 10.0.0.1",), False, ("User:me", "User:s")),
        (
            ("ALLOW ALL on topic prefixed a to User:me", "DENY READ on topic a to User:me"),
            False,
            ("User:s",),
        ),
        # whoever has rights of its own elsewhere is one of everybody here
        (
            ("ALLOW READ on topic a to User:*", "ALLOW READ on topic b to User:me"),
            False,
            ("User:*", "User:s"),
        ),
        (
            (
                "ALLOW READ on topic a to User:* from 10.0.0.1",
                "ALLOW READ on topic a to User:me",
                "ALLOW READ on topic b to User:other",
            ),
            False,
            ("User:*", "User:me", "User:s"),
        ),
        (("ALLOW READ on topic b to User:me",), True, ("User:*", "User:s")),
    ],
)
def test_who_may_read_a_topic(
    acls: tuple[str, ...], default: bool, readers: tuple[str, ...]
) -> None:
    assert side(*acls, default=default).allowed("READ", "a") == readers


def test_what_lets_somebody_read_a_topic() -> None:
    authorizer = side("ALLOW READ on topic a to User:me", "ALLOW READ on topic a to User:*")
    assert authorizer.grant("User:me", "READ", "a") == "ALLOW READ on topic a to User:*"
    assert authorizer.grant("User:s", "READ", "a").startswith("a super user of the source")
    opened = side(default=True)
    assert opened.grant("User:*", "READ", "a") == "no ACL covers it, and the source allows everyone"


@pytest.mark.parametrize(
    ("acls", "patterns"),
    [
        (("ALLOW READ on topic a to User:me", "ALLOW ALL on cluster kafka-cluster to User:me"), ()),
        (("ALLOW READ on topic prefixed a to User:me",), ("READ on topic prefix a",)),
        (("ALLOW WRITE on transactional_id * to User:*",), ("WRITE on transactional id *",)),
        (("ALLOW ALL on topic * to User:me from 10.0.0.1",), ("ALL on topic *",)),
        (("DENY READ on topic prefixed a to User:me",), ()),
        # a DENY of some of these names leaves the others
        (
            (
                "ALLOW READ on topic prefixed a to User:me",
                "DENY ALL on topic prefixed ab to User:me",
            ),
            ("READ on topic prefix a",),
        ),
        (
            ("ALLOW WRITE on topic prefixed a to User:me", "DENY WRITE on topic * to User:*"),
            ("DESCRIBE on topic prefix a",),
        ),
        (
            (
                "ALLOW WRITE on topic prefixed a to User:me",
                "DENY ALL on topic prefixed a to User:*",
            ),
            (),
        ),
        (
            (
                "ALLOW ALL on group prefixed g to User:me",
                "DENY DELETE on group prefixed g to User:me",
            ),
            tuple(
                f"{one} on group prefix g"
                for one in ("READ", "DESCRIBE", "DESCRIBE_CONFIGS", "ALTER_CONFIGS")
            ),
        ),
        (
            (
                "ALLOW READ on topic prefixed a to User:me",
                "DENY READ on topic prefixed a to User:me from 10.0.0.1",
            ),
            ("READ on topic prefix a",),
        ),
    ],
)
def test_grants_for_names_to_come(acls: tuple[str, ...], patterns: tuple[str, ...]) -> None:
    assert tuple(map(str, side(*acls).rights("User:me").patterns)) == patterns


def test_an_open_default_is_beyond_every_declaration() -> None:
    made = estate(
        *(f"ALLOW READ on topic {name} to User:me" for name in ("a", "ab", "b")), default=True
    )
    rights = on_source(made, Journal()).rights
    declared = build.workload("me", reads=[{"topic": "a"}, {"topic": "ab"}, {"topic": "b"}])
    (workload,) = build.people(declared).workloads
    holds, why = Namespaces(made, rights).answer(workload)
    assert holds == "no"
    assert OPEN_DEFAULT in why


@pytest.mark.parametrize(
    ("acl", "stops"),
    [
        ("ALLOW READ on topic a to User:me", ("topic *", "group *")),
        (
            "ALLOW ALTER on cluster kafka-cluster to User:me",
            ("topic *", "group *", "cluster kafka-cluster"),
        ),
        (
            "ALLOW WRITE on transactional_id prefixed x to User:me",
            ("topic *", "group *", "transactional id *"),
        ),
    ],
)
def test_a_deny_stops_a_holder_where_it_has_rights(acl: str, stops: tuple[str, ...]) -> None:
    rights = side(acl).rights("User:me")
    assert stopping(rights) == stops
    unknown = rights.model_copy(update={"complete": False})
    assert len(stopping(unknown)) == 5
