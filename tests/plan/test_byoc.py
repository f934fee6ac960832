"""ACLs in AutoMQ BYOC's words: what is exported or lost, what would be wider and is refused."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.documents.plan import GroupGrant, Plan
from migrate.journal.progress import next_command
from migrate.journal.standing import Journal
from migrate.model.acl import Acl
from migrate.model.authorizer import AuthorizerRules
from migrate.model.growth import growth
from migrate.plan.blocked import Blocked
from migrate.plan.build import build
from migrate.plan.byoc import express
from migrate.render.runbook import runbook
from migrate.render.terraform import exports, grants
from migrate.steps import CreateAcls
from tests.estate import SITE, acls, config, inventory, people, reads, topic, workload

ROWS = {
    # ACL: operation group on BYOC, fate
    "ALLOW READ on topic t to User:alice": ("CONSUME", ""),
    "ALLOW WRITE on topic prefixed t. to User:alice": ("PRODUCE", ""),
    "ALLOW ALL on topic t to User:alice": ("ALL", ""),
    "ALLOW ALL on group g to User:alice": ("ALL", ""),
    "ALLOW READ on group g to User:alice": ("ALL", "widened"),
    "ALLOW WRITE on transactional_id x to User:alice": ("ALL", ""),
    "ALLOW IDEMPOTENT_WRITE on cluster kafka-cluster to User:alice": ("", ""),
    "ALLOW ALTER on cluster kafka-cluster to User:alice": ("", "lost"),
    "ALLOW DESCRIBE on topic t to User:alice": ("", "lost"),
    "ALLOW ALTER_CONFIGS on topic t to User:alice": ("", "lost"),
    "ALLOW READ on topic t to User:alice from 10.0.0.1": ("", "lost"),
    "ALLOW READ on topic t to User:bob": ("", "lost"),
    "DENY ALL on topic t to User:alice": ("ALL", ""),
    "DENY READ on topic t to User:alice": ("", "widened"),
    "DENY ALL on topic t to User:alice from 10.0.0.1": ("", "widened"),
}


@pytest.mark.parametrize("text", ROWS)
def test_each_acl_has_its_words_or_is_listed(text: str) -> None:
    group, fate = ROWS[text]
    made = express(acls(text))
    assert [g.operation_group for g in made.grants] == ([group] if group else [])
    assert [(str(u.acl), u.fate) for u in made.unexpressed] == ([(text, fate)] if fate else [])


def test_describe_is_implied_beside_read() -> None:
    made = express(
        acls("ALLOW DESCRIBE on topic t to User:alice", "ALLOW READ on topic t to User:alice")
    )
    assert [g.operation_group for g in made.grants] == ["CONSUME"]
    assert not made.unexpressed


OPERATIONS = st.sampled_from(["READ", "WRITE", "DESCRIBE", "DELETE", "ALTER", "ALL", "CREATE"])
SOME = st.builds(
    Acl,
    principal=st.sampled_from(["User:alice", "User:*", "User:bob"]),
    host=st.sampled_from(["*", "h1"]),
    permission=st.sampled_from(["ALLOW", "DENY"]),
    operation=OPERATIONS,
    resource_type=st.sampled_from(["TOPIC", "GROUP"]),
    pattern_type=st.sampled_from(["LITERAL", "PREFIXED"]),
    resource_name=st.sampled_from(["x", "xy"]),
)
MEANS = {"PRODUCE": "WRITE", "CONSUME": "READ", "ALL": "ALL"}


def meant(grant: GroupGrant) -> Acl:
    fields = grant.model_dump(exclude={"operation_group"})
    return Acl(**fields, operation=MEANS[grant.operation_group])


@settings(max_examples=500, deadline=None)
@given(st.frozensets(SOME, max_size=8))
def test_without_a_word_about_it_nothing_is_wider(source: frozenset[Acl]) -> None:
    """Where no ACL is said to be widened, the exported grants allow nothing that source denies."""
    made = express(sorted(source, key=str))
    if not any(u.fate == "widened" for u in made.unexpressed):
        granted = frozenset(meant(grant) for grant in made.grants)
        assert next(growth(AuthorizerRules(source), granted), None) is None


TARGET = {**SITE, "bootstrap_servers": "t:9092", "profile": "automq-byoc"}


def plan(*texts: str, **more: Any) -> Plan:
    who = people(
        workload("reader", reads=reads("t"), principal="User:reader"),
        workload("writer", "internal", writes=reads("t", "u"), principal="User:writer"),
        **more,
    )
    found = inventory(topics=(topic("t"), topic("u")), acl=acls(*texts))
    return build(config(target=TARGET), who, found)


def test_grants_are_exported_by_wave_and_moment_and_kmig_makes_none() -> None:
    made = plan(
        "ALLOW READ on topic t to User:reader", "ALLOW WRITE on topic prefixed t to User:writer"
    )
    assert not [s for w in made.waves for s in w.prepare if isinstance(s, CreateAcls)]
    files = dict(exports(made.model_copy(update={"digest": "0" * 64})))
    assert all('variable "kafka_instance"' in text for text in files.values())
    assert '"CONSUME"' in files["wave-1-prepare/grants.tf"]
    assert '"PRODUCE"' in files["wave-2-switch/grants.tf"]
    assert "PRODUCE" not in files["wave-2-prepare/grants.tf"]


def test_what_would_be_wider_blocks_until_it_is_accepted() -> None:
    text = "ALLOW READ on group g to User:reader"
    with pytest.raises(Blocked, match="would-widen: ALLOW READ on group g"):
        plan(text)
    accepted = [{"acl": {"resource_type": "group"}, "because": "its own group"}]
    made = plan(text, widen=accepted)
    assert [u.fate for u in made.unexpressed] == ["widened"]


def test_a_name_cannot_leave_its_string() -> None:
    (plain,) = acls("ALLOW READ on topic t to User:reader")
    hostile = plain.model_copy(update={"resource_name": 'a${file("/etc/x")}%{b}"\n'})
    who = people(workload("reader", writes=reads("t"), principal="User:reader"))
    made = build(config(target=TARGET), who, inventory(topics=(topic("t"),), acl=(hostile,)))
    text = dict(exports(made))["wave-1-prepare/grants.tf"]
    assert '"a$${file(\\"/etc/x\\")}%%{b}\\"\\U0000000a"' in text


@given(st.text(st.characters(codec="utf-8") | st.sampled_from('${}%\\"\b\f\n\U0001f600')))
def test_a_string_of_terraform_is_the_name_again(name: str) -> None:
    """As HCL reads it: it knows no surrogates, and neither `\\b` nor `\\f`."""
    grant = GroupGrant(
        resource_type="TOPIC",
        resource_name=name,
        pattern_type="LITERAL",
        principal="User:a",
        operation_group="CONSUME",
        permission="ALLOW",
    )
    (line,) = (one for one in grants("g", [grant]).split("\n") if "resource_name" in one)
    (quoted,) = re.findall(r'= "((?:[^"\\]|\\.)*)"$', line)
    meant = {"\\\\": "\\", '\\"': '"', "$${": "${", "%%{": "%{"}
    read = re.sub(
        r'\\U([0-9a-f]{8})|\\\\|\\"|\$\$\{|%%\{',
        lambda m: chr(int(m[1], 16)) if m[1] else meant[m[0]],
        quoted,
    )
    assert read == name


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("retention.ms", "-1", "1 hour to 60 days"),
        ("retention.ms", "60000", "1 hour to 60 days"),
        ("max.message.bytes", str(51 * 2**20), "at most 50 MiB"),
    ],
)
def test_configs_beyond_its_limits_are_refused(key: str, value: str, says: str) -> None:
    found = inventory(topics=(topic("t", 1, **{key: value}),))
    who = people(workload("w", writes=reads("t")))
    with pytest.raises(Blocked, match=f"config-refused: topic t: {key}={value}: .*{says}"):
        build(config(target=TARGET), who, found)


def test_a_deny_that_stays_behind_is_growth_here_too() -> None:
    stays = [{"acl": {"permission": "DENY"}, "because": "thought to be of no use"}]
    texts = (
        "ALLOW READ on topic prefixed t to User:reader",
        "DENY READ on topic ts to User:reader",
    )
    with pytest.raises(Blocked, match=r"privilege-grows: .*READ topic ts"):
        plan(*texts, leave_behind=stays)
    with pytest.raises(Blocked, match="would-widen: DENY READ on topic ts"):
        plan(*texts)
    accepted = [{"acl": {"permission": "DENY"}, "because": "the topic stays"}]
    assert [u.fate for u in plan(*texts, widen=accepted).unexpressed] == ["widened"]


def test_operations_without_words_are_listed_one_by_one_also_when_they_are_all() -> None:
    every = (
        "READ",
        "WRITE",
        "CREATE",
        "DESCRIBE",
        "DELETE",
        "ALTER",
        "DESCRIBE_CONFIGS",
        "ALTER_CONFIGS",
    )
    made = express(acls(*(f"ALLOW {one} on topic t to User:alice" for one in every)))
    assert sorted(g.operation_group for g in made.grants) == ["CONSUME", "PRODUCE"]
    assert {u.acl.operation for u in made.unexpressed} == set(every) - {"READ", "WRITE", "DESCRIBE"}
    token = acls("ALLOW ALL on topic t to User:alice")[0].model_copy(
        update={"resource_type": "DELEGATION_TOKEN"}
    )
    assert [u.because for u in express([token]).unexpressed] == [
        "BYOC cannot grant on a delegation_token"
    ]


def test_its_runbook_types_nothing_that_would_be_refused() -> None:
    made = plan("ALLOW READ on topic t to User:reader")
    text = runbook(made)
    typed = set(re.findall(r"`(kmig [^`]+)`", text))
    assert typed == {"kmig inventory", "kmig plan", "kmig status"}
    for wave in made.waves:
        assert f"`export/wave-{wave.number}-prepare/`" in text
        assert f"`export/wave-{wave.number}-switch/`" in text
    assert next_command(Journal(entries=()), made).startswith("none: the target's administrators")
