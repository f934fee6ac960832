"""Drafting: what facts leave no doubt about, what is asked, and that people's words stay byte for byte."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from migrate.documents.inventory import ConnectInfo, State
from migrate.documents.workloads import Workloads
from migrate.drafting.proposal import Draft, Drafted
from migrate.drafting.propose import draft
from migrate.drafting.text import updated
from migrate.errors import UsageError
from migrate.estate import Estate
from migrate.model.cluster import ScramCredential
from migrate.model.connector import Connector
from migrate.model.use import Observed, Use
from tests import estate as build


def drafts(
    *workloads: dict[str, Any], connectors: tuple[Connector, ...] = (), **facts: Any
) -> Draft:
    connect = build.section(ConnectInfo(connectors=connectors))
    inventory = build.inventory(**facts, connect=connect)
    return draft(Estate(build.config(), inventory, build.people(*workloads)))


def one(found: Draft) -> Drafted:
    (drafted,) = found.new
    return drafted


def test_one_workload_per_principal_with_what_its_acls_say() -> None:
    found = one(
        drafts(
            topics=(build.topic("in"), build.topic("out.a")),
            acl=build.acls(
                "ALLOW READ on topic in to User:app",
                "ALLOW WRITE on topic prefixed out. to User:app",
                "ALLOW READ on group app to User:app",
                "ALLOW READ on topic not-there to User:app",
            ),
            groups=(build.group("app", "in"),),
            scram=(ScramCredential(user="app", mechanism="SCRAM-SHA-256", iterations=4096),),
        )
    )
    assert (found.name, found.kind, found.sensitivity) == ("app", "service", "secret")
    assert (found.reads, found.writes) == ((("topic", "in"),), (("prefix", "out."),))
    assert found.groups == ("app",)
    assert dict(found.asks)["credential"] == "where the secret of its SCRAM-SHA-256 is"


@pytest.mark.parametrize("principal", ["User:", ":app", "nobody", ""])
def test_a_malformed_principal_is_drafted_into_no_workload(principal: str) -> None:
    wrong = build.acls("ALLOW READ on topic in to User:app")[0].model_copy(
        update={"principal": principal}
    )
    found = drafts(acl=(wrong, *build.acls("ALLOW READ on topic in to User:app")))
    assert one(found).principal == "User:app"
    Workloads.model_validate(yaml.safe_load(updated("", found)))


def test_names_without_a_letter_get_one_each() -> None:
    rules = build.acls("ALLOW READ on topic in to User:!", "ALLOW READ on topic in to User:?")
    found = drafts(acl=rules)
    assert [drafted.name for drafted in found.new] == ["unnamed", "unnamed-2"]
    Workloads.model_validate(yaml.safe_load(updated("", found)))


def test_a_group_that_two_may_read_is_a_question_and_use_settles_it() -> None:
    both: dict[str, Any] = {
        "acl": build.acls("ALLOW READ on group g to User:a", "ALLOW READ on group g to User:b"),
        "groups": (build.group("g"),),
    }
    found = drafts(**both)
    assert found.questions == ("group g: User:a, User:b may read it; whose is it",)
    use = Use(
        principal="User:b", operation="READ", resource_type="GROUP", resource_name="g", allowed=1
    )
    seen = drafts(**both, observed=build.section(Observed(uses=(use,))))
    assert {d.name: d.groups for d in seen.new} == {"a": (), "b": ("g",)}
    assert seen.questions == ()


def test_a_group_without_a_name_is_asked_about() -> None:
    """Brokers take commits of it (KAFKA-6773), and a drafted workload without a connector has taken no group."""
    acl = build.acls("ALLOW READ on topic t to User:a")
    found = drafts(acl=acl, groups=(build.group("", "t"),), topics=(build.topic("t"),))
    assert [d.name for d in found.new] == ["a"]
    assert any(question.startswith('group "": ') for question in found.questions)


def test_what_somebody_owns_or_decided_is_not_drafted() -> None:
    acl = build.acls("ALLOW READ on group g to User:a", "ALLOW READ on topic t to User:*")
    found = drafts(build.workload("a", groups=["g"]), acl=acl, groups=(build.group("g"),))
    assert found.new == ()


def test_a_group_of_a_workload_that_people_wrote_is_asked_not_added() -> None:
    acl = build.acls("ALLOW READ on group g to User:a")
    found = drafts(build.workload("a"), acl=acl, groups=(build.group("g"),))
    assert found.questions == ("group g: User:a may read it; whose is it",)


def test_a_connector_goes_by_the_principal_of_its_overrides() -> None:
    facts = {"cluster": "main", "type": "sink", "connector_class": "x", "state": "RUNNING"}
    connectors = (
        Connector(name="mine", principals=("User:sink",), **facts),
        Connector(name="other", **facts),
    )
    found = drafts(connectors=connectors, acl=build.acls("ALLOW READ on topic t to User:sink"))
    assert (one(found).connector, one(found).kind) == ("main/mine", "connector")
    assert found.questions == ("connector main/other: it has no principal of its own; whose is it",)


def test_a_workload_whose_principal_is_gone_is_said_only_when_all_was_seen() -> None:
    assert drafts(build.workload("old")).gone == (
        "workload old: User:old has no ACL, no credential and no use",
    )
    partial = build.section((), State.PARTIAL)
    inventory = build.inventory().model_copy(update={"scram": partial})
    estate = Estate(build.config(), inventory, build.people(build.workload("old")))
    assert draft(estate).gone == ()


NEW = Drafted(
    "app", "User:app", "consumer", "secret", reads=(("topic", "t"),), asks=(("owner", "who"),)
)
FILES = {
    "nothing": "",
    "no newline": "zones: {}",
    "an empty key": "workloads:\n# after\nzones: {}\n",
    "an empty list": "workloads: []  # none yet\nzones: {}\n",
    "entries": "# top\nworkloads:\n  # first\n  - name: a   # mine\n    kind: service\n    owner: team\n"
    "    sensitivity: public\n    principal: User:a\n    # about a\n\n# below\nzones: {}\n",
    "entries without indent": "workloads:\n- {name: a, kind: service, owner: t, sensitivity: x, "
    "principal: 'User:a'}\nzones: {}",
    "nested lists": "workloads:\n  - name: a\n    kind: service\n    owner: team\n    sensitivity: public\n"
    "    principal: User:a\n    reads:\n      - topic: x   # x\n      - {topic: y}\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_every_line_that_people_wrote_stays(text: str) -> None:
    after = updated(text, Draft((NEW,), ("workload a: gone",), ("group g: whose is it",)))
    replaced = "workloads: []  # none yet"
    before = [line for line in text.splitlines() if line.strip() and line != replaced]
    lines = iter(after.splitlines())
    assert all(line in lines for line in before), "all of them, in their order"
    people = Workloads.model_validate(yaml.safe_load(after))
    known = {w["name"] for w in (yaml.safe_load(text) or {}).get("workloads") or ()}
    assert {w.name for w in people.workloads} == {*known, "app"}
    assert "# gone: workload a: gone\n# ? group g: whose is it" in after
    again = updated(after, Draft((), ("workload a: gone",), ("group g: whose is it",)))
    assert again == after
    assert "kmig asks" not in updated(after, Draft())


def test_a_block_of_an_earlier_version_is_replaced() -> None:
    before = "# kmig asks (these lines are made anew by each `kmig inventory`):\n# ? old\n# kmig asks no more\n"
    after = updated(f"workloads: []\n{before}", Draft((), (), ("group g: whose is it",)))
    assert after.count("# kmig asks (") == 1
    assert "# ? old" not in after


def test_what_people_wrote_beside_or_among_the_questions_stays_when_they_are_made_anew() -> None:
    asked = updated("workloads: []\n", Draft((), ("g",), ("q",)))
    begin, *_, end = asked.splitlines()[1:]
    open_ended = asked.replace(f"{end}\n", "") + "# mine\nzones: {}\n"
    twice = updated(open_ended, Draft((), (), ("q",)))
    for text in (open_ended, twice, updated(twice, Draft())):
        assert "# mine\nzones: {}\n" in text
    assert updated(twice, Draft()) == "workloads: []\n# mine\nzones: {}\n"
    among = asked.replace(end, f"zones: {{}}\n{end}")
    assert updated(among, Draft()) == "workloads: []\nzones: {}\n"
    assert begin in twice


def test_a_file_keeps_its_line_ends() -> None:
    for text in FILES.values():
        unix = updated(text, Draft((NEW,), (), ("q",)))
        windows = updated(text.replace("\n", "\r\n"), Draft((NEW,), (), ("q",)))
        assert windows.replace("\r\n", "\n") == unix
        assert "\n" not in text or "\n" not in windows.replace("\r\n", "")


def test_nothing_to_add_changes_nothing() -> None:
    for text in FILES.values():
        assert updated(text, Draft()) == text


def test_a_list_on_one_line_is_left_alone() -> None:
    with pytest.raises(UsageError, match="not a list with one entry below the other"):
        updated("workloads: [{name: a}]\n", Draft((NEW,)))


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_any_name_survives(principal: str, topic: str, group: str) -> None:
    entry = Drafted(
        "app",
        f"User:{principal}",
        "consumer",
        "secret",
        reads=(("topic", topic),),
        groups=(group,),
        asks=(("reads", f"about {topic}"),),
    )
    after = updated("", Draft((entry,), (principal,), (topic,)))
    (made,) = yaml.safe_load(after)["workloads"]
    assert (made["principal"], made["reads"], made["groups"]) == (
        f"User:{principal}",
        [{"topic": topic}],
        [group],
    )


SWITCHED = re.compile(r"^(\s*)# (?=credential:|switch:|rotation:|  )", re.MULTILINE)


@pytest.mark.parametrize("without", ["batch", "command"])
def test_every_key_that_will_be_asked_for_stands_in_the_draft_as_a_comment(without: str) -> None:
    """Its `# ` taken away, a drafted entry is whole: with hooks, or as a batch job, which has no rotation."""
    found = drafts(
        acl=build.acls("ALLOW READ on topic t to User:a-b"),
        topics=(build.topic("t"),),
        scram=(ScramCredential(user="a-b", mechanism="SCRAM-SHA-256", iterations=4096),),
    )
    text = updated("", found)
    lines = [line for line in text.splitlines() if not line.lstrip(" #").startswith(without)]
    if without == "command":
        lines = lines[: next(n for n, line in enumerate(lines) if "# rotation:" in line)]
    whole = SWITCHED.sub(r"\1", "\n".join(lines))
    (workload,) = Workloads.model_validate(yaml.safe_load(whole)).workloads
    assert workload.credential is not None
    assert workload.credential.mechanism == "SCRAM-SHA-256"
    assert workload.switch is not None
    assert workload.is_batch is (without == "command")
    assert (workload.rotation is None) is (without == "command")
    for key in ("security_owner", "zone"):
        assert f"# {key}: " in text


def test_a_health_hook_is_drafted_where_no_group_shows_the_clients() -> None:
    rules = build.acls("ALLOW READ on topic t to User:a", "ALLOW READ on group g to User:a")
    assert "health: [COMMAND" in updated("", drafts(acl=rules))
    assert "health: [COMMAND" not in updated("", drafts(acl=rules, groups=(build.group("g"),)))
