"""Defects that were found in a peer, K1 to K7: each is a test that passes here.

K4, every topic of a log line and lines of any length, stands with the log's formats in inventory/test_observed.py.
"""

from pathlib import Path
from typing import Any

import pytest

from migrate.adapters import connector_config
from migrate.documents.inventory import State
from migrate.drafting.propose import draft
from migrate.errors import KmigError, NotAuthorized, Unsupported
from migrate.estate import Estate
from migrate.inventory.cluster import DeclaredAuthorizer
from migrate.inventory.take import InventorySource, take
from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules, Request
from migrate.model.record import VisibleRecord
from migrate.plan.replay import allows
from tests import estate as build
from tests.execute.moving import World, cut_over, opened, world
from tests.fakes.memory import MemoryClock, MemoryCluster
from tests.fakes.memory_survey import MemorySurvey

RULES = build.acls("ALLOW READ on topic a to User:app", "ALLOW READ on topic b to User:app")


def look(state: MemoryCluster, **unread: KmigError) -> InventorySource:
    survey = MemorySurvey(state, dict(unread))
    return InventorySource(
        survey, {}, MemoryClock(), "User:kmig", "s:9092", DeclaredAuthorizer(("User:kmig",))
    )


@pytest.mark.parametrize(
    "refusal",
    [
        Unsupported("cannot list ACLs: SECURITY_DISABLED (54)"),
        NotAuthorized("cannot list ACLs: CLUSTER_AUTHORIZATION_FAILED (31)"),
    ],
)
def test_k1_acls_that_may_not_be_listed_are_not_zero_acls(refusal: KmigError) -> None:
    section = take(look(MemoryCluster("source"), acls=refusal), lambda _: None).acls
    assert section.standing is State.REFUSED
    assert section.error == refusal.message


def test_k2_an_acl_that_was_deleted_is_gone_from_the_next_inventory() -> None:
    state = MemoryCluster("source", acl_set=set(RULES))
    assert take(look(state), lambda _: None).acls.found == tuple(sorted(RULES, key=str))
    state.acl_set.remove(RULES[0])
    assert take(look(state), lambda _: None).acls.found == (RULES[1],)


ALIKE = ("app-a", "app.a", "APP_A", "app a", "app@a", "app/a", "app\\a")


def test_k3_principals_that_look_alike_stay_apart() -> None:
    acls = tuple(
        Acl(
            principal=f"User:{name}",
            permission="ALLOW",
            operation="READ",
            resource_type="TOPIC",
            resource_name=f"of-{number}",
        )
        for number, name in enumerate(ALIKE)
    )
    estate = Estate(build.config(), build.inventory(acl=acls), build.people())
    drafts = {one.principal: one.name for one in draft(estate).new}
    assert set(drafts) == {acl.principal for acl in acls}
    assert len(set(drafts.values())) == len(ALIKE)
    target = AuthorizerRules(frozenset(allows(acls, {}).allow))
    for number, name in enumerate(ALIKE):
        request = Request(f"User:{name}", "h", "READ", "TOPIC", f"of-{(number + 1) % len(ALIKE)}")
        assert not target.allows(request), "a name that looks alike would have got its rights"


@pytest.mark.parametrize(
    ("key", "value", "secrecy"),
    [
        ("connection.uri", "mongodb://user:hunter2@db:27017", "literal"),
        ("mongo.uri", "mongodb://user:hunter2@db:27017", "literal"),
        ("database.url", "postgres://user:hunter2@db/x", "literal"),
        ("headers", "Authorization: Bearer abcdefghijkl", "literal"),
        ("http.headers.extra", "X-Auth: Basic dXNlcjpwYXNz", "literal"),
        ("auth.header", "Splunk 0123456789abcdef", "literal"),
        ("account.key", "abc==", "literal"),
        ("pwd", "x", "literal"),
        ("producer.jaas", 'x required password="y";', "literal"),
        ("confluent.license", "eyJ0", "literal"),
        ("connection.uri", "mongodb://user:${file:/s.properties:pw}@db:27017", "reference"),
        ("connection.password", "${vault:db:password}", "reference"),
        ("offset.flush.tokenizer", "standard", None),
    ],
)
def test_k5_secrets_are_told_by_their_values_too_and_references_are_kept(
    key: str, value: str, secrecy: str | None
) -> None:
    found = connector_config.secrets({key: value}, frozenset(), b"key")
    assert [use.secrecy for use in found] == ([secrecy] if secrecy else [])
    if secrecy == "reference":
        assert found[0].references[0] in value


def test_k6_a_target_that_is_ahead_is_no_lag_of_zero(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.copy.positions(["copy"])
    log = here.target.logs["seen", 0]
    log.append(VisibleRecord(log[-1].offset + 2, b"a stranger's"))
    here.durable()
    with pytest.raises(
        KmigError,
        match="not ready for a cutover: 1 record of seen-0, target offset 29, is twice on the target",
    ):
        cut_over(tmp_path, [])
    assert "open_write_gate" not in [e.key for e in opened(tmp_path, []).journal.entries]


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_k7_a_switch_that_says_yes_and_did_nothing_is_no_success(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    does = World.client

    def idle(self: World, command: Any, facts: Any) -> None:
        if command[0] != verb:
            does(self, command, facts)

    monkeypatch.setattr(World, "client", idle)
    with pytest.raises(
        KmigError,
        match=r"timed out after 60 s waiting for (ledger, old to be empty|clients to consume)",
    ):
        cut_over(tmp_path, [])
    keys = [e.key for e in opened(tmp_path, []).journal.entries]
    assert "open_write_gate" not in keys
