"""Each rule that blocks a plan on the smallest estate that breaks it, and on the same one mended."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrate.documents.config import Config
from migrate.documents.inventory import ConnectInfo, Inventory, State
from migrate.documents.workloads import Workloads
from migrate.model.acl import Acl
from migrate.model.cluster import ScramCredential
from migrate.plan.blocked import Blocked
from migrate.plan.build import NOTHING_EXECUTED, Executed, build
from migrate.plan.rule import RULES
from tests.estate import (
    SITE,
    acls,
    config,
    group,
    inventory,
    people,
    reads,
    section,
    topic,
    workload,
)
from tests.plan.test_kept import CUT

OPEN = {"bootstrap_servers": "s:9092"}
BYOC = {**SITE, "bootstrap_servers": "t:9092", "profile": "automq-byoc"}
RAW = {"permission": "ALLOW", "operation": "READ", "resource_type": "TOPIC", "resource_name": "t"}
EMPTY, PLAIN = inventory(), config()
SCRAM = tuple(ScramCredential(user=u, mechanism="SCRAM-SHA-512", iterations=4096) for u in "ab")
OF_A = acls("ALLOW READ on topic t to User:a")


@dataclass(frozen=True)
class Case:
    """What a plan is made from; `kept` are workloads of a wave that has moved."""

    who: Workloads
    found: Inventory = EMPTY
    settings: Config = PLAIN
    kept: tuple[dict[str, Any], ...] = ()

    @property
    def rules(self) -> set[str]:
        """The rules that block its plan."""
        executed = NOTHING_EXECUTED
        if self.kept:
            executed = Executed(CUT, build(self.settings, people(*self.kept), self.found).waves)
        try:
            build(self.settings, self.who, self.found, executed=executed)
        except Blocked as blocked:
            return {one.rule for one in blocked.blockers}
        return set()


def stays(**what: Any) -> dict[str, Any]:
    return {**what, "because": "it is retired"}


def shared(decision: str = "replay", **what: Any) -> dict[str, Any]:
    return {**what, "decision": decision, "because": "for all"}


def secret(name: str, **how: bool) -> dict[str, Any]:
    return {"mechanism": "SCRAM-SHA-512", "secret": f"${{file:s.properties:{name}}}", **how}


def rotating(name: str) -> dict[str, Any]:
    deliver = {"file": "s.properties", "key": name, "mechanism_key": "m"}
    return {
        "credential": secret(name, carry=True),
        "switch": {"command": {"stop": ["x"], "start": ["x"]}},
        "rotation": {"strategy": "mechanism-overlap", "deliver": deliver},
    }


def of_acl(acl: Acl, *, mended: bool) -> Case:
    """An ACL that everybody has, or that stays behind."""
    about: dict[str, Any] = {"acl": {"principal": acl.principal}}
    more = {"leave_behind": [stays(**about)]} if mended else {"shared": [shared(**about)]}
    return Case(people(workload("w"), **more), inventory(acl=(acl,)))


TOPIC = inventory(topics=(topic("t"),))
WRITER = workload("w", writes=reads("t"))
READ_TOO = inventory(topics=(topic("t"),), groups=(group("g", "t"),))
REFUSED = inventory(connect=section(ConnectInfo(), State.REFUSED, "no answer"))
EVERYONE = acls("ALLOW READ on topic t to User:*", "DENY READ on topic t to User:spy")
TO_ALL = shared(acl={"principal": "User:*"})
SPY: dict[str, Any] = {"acl": {"principal": "User:spy"}}
DENIED = acls("DENY DELETE on topic * to User:*")
WISH = workload("w", writes=reads("t"), before=["r"])
READER = workload("r", reads=reads("t"), groups=["g"])
HIDDEN = inventory(topics=(topic("__debezium-heartbeat.shop"),))
NAMELESS = inventory(topics=(topic("t"),), groups=(group("", "t"),))
NAMELESS_STAYS = inventory(topics=(topic("t"),), groups=(group("", "other"),))
HIDDEN_NAME = {"topic": "__debezium-heartbeat.shop"}
LONG = inventory(topics=(topic("t", 1, **{"retention.ms": "-1"}),))
GROUP_ACL = inventory(acl=acls("ALLOW READ on group g to User:aaaa"))

HOOKS = {"command": {"stop": ["x"], "start": ["x"]}}
HEALTHY = {"command": {"stop": ["x"], "start": ["x"], "health": ["x"]}}
MOVING = config(replication={"connect": "http://m:8083", "principal": "User:copier"})

CASES: dict[str, tuple[Case, Case]] = {
    # rule: the estate that breaks it, the same one mended
    "incomplete": (
        Case(people(), REFUSED),
        Case(people(acknowledge=[{"section": "connect", "because": "switched off"}]), REFUSED),
    ),
    "open-default": (Case(people(), settings=config(source=OPEN)), Case(people())),
    "no-owner": (Case(people(workload("a", owner="?"))), Case(people(workload("a")))),
    "unknown-class": (Case(people(workload("a", "cosmic"))), Case(people(workload("a")))),
    "unknown-name": (
        Case(people(workload("a", groups=["g"]))),
        Case(people(workload("a", groups=["g"])), inventory(groups=(group("g"),))),
    ),
    "not-carried": (
        Case(people(workload("a", credential=secret("a"))), inventory(scram=SCRAM[:1])),
        Case(people(workload("a", credential=secret("a", carry=True))), inventory(scram=SCRAM[:1])),
    ),
    "no-switch": (
        Case(people(workload("a")), settings=MOVING),
        Case(people(workload("a", switch=HOOKS)), settings=MOVING),
    ),
    "no-health": (
        Case(people(workload("a", **rotating("a"))), inventory(scram=SCRAM[:1]), MOVING),
        Case(
            people(workload("a", **{**rotating("a"), "switch": HEALTHY})),
            inventory(scram=SCRAM[:1]),
            MOVING,
        ),
    ),
    "issued-twice": (
        Case(
            people(*(workload(n, credential=secret("x", issue=True)) for n in "ab")),
            inventory(scram=SCRAM),
        ),
        Case(
            people(*(workload(n, credential=secret(n, issue=True)) for n in "ab")),
            inventory(scram=SCRAM),
        ),
    ),
    "principals-merge": (
        Case(
            people(workload("a"), workload("b")), settings=config(principals={"User:a": "User:b"})
        ),
        Case(
            people(workload("a"), workload("b")), settings=config(principals={"User:a": "User:c"})
        ),
    ),
    "wish-contradicted": (
        Case(people(WISH, READER), READ_TOO),
        Case(people(WRITER, READER), READ_TOO),
    ),
    "unaccounted": (Case(people(), TOPIC), Case(people(WRITER), TOPIC)),
    "decided-twice": (
        Case(
            people(
                workload("a"),
                leave_behind=[
                    stays(acl={"principal": "User:a"}),
                    stays(acl={"resource": "topic:t"}),
                ],
            ),
            inventory(acl=OF_A),
        ),
        Case(
            people(workload("a"), leave_behind=[stays(acl={"principal": "User:a"})]),
            inventory(acl=OF_A),
        ),
    ),
    "decided-and-claimed": (
        Case(
            people(workload("a", groups=["g"]), leave_behind=[stays(group="g")]),
            inventory(groups=(group("g"),)),
        ),
        Case(people(workload("a", groups=["g"])), inventory(groups=(group("g"),))),
    ),
    "decision-about-nothing": (Case(people(leave_behind=[stays(group="gone")])), Case(people())),
    "reader-stays": (
        Case(people(WRITER, leave_behind=[stays(group="g")]), READ_TOO),
        Case(people(WRITER, READER), READ_TOO),
    ),
    "reads-what-stays": (
        Case(people(workload("r", reads=reads("t")), leave_behind=[stays(topic={"topic": "t"})]), TOPIC),
        Case(people(workload("r"), leave_behind=[stays(topic={"topic": "t"})]), TOPIC),
    ),
    "read-by-nobody": (
        Case(people(workload("r"), shared=[shared(topic={"topic": "t"})]), TOPIC),
        Case(people(workload("r", reads=reads("t")), shared=[shared(topic={"topic": "t"})]), TOPIC),
    ),
    "name-hidden": (
        Case(people(workload("w", writes=[HIDDEN_NAME])), HIDDEN),
        Case(people(workload("w"), leave_behind=[stays(topic=HIDDEN_NAME)]), HIDDEN),
    ),
    "name-unsayable": (
        Case(people(WRITER, workload("r", reads=reads("t"), groups=[""])), NAMELESS),
        Case(people(WRITER, leave_behind=[stays(group="")]), NAMELESS_STAYS),
    ),
    "config-refused": (
        Case(people(WRITER), LONG, config(target=BYOC)),
        Case(people(WRITER), TOPIC, config(target=BYOC)),
    ),
    "principal-malformed": (
        of_acl(Acl(principal="nobody", **RAW), mended=False),
        of_acl(Acl(principal="nobody", **RAW), mended=True),
    ),
    "principal-foreign": (
        Case(people(workload("a", principal="Group:x")), inventory(acl=(Acl(principal="Group:x", **RAW),))),
        Case(
            people(workload("a", principal="Group:x")),
            inventory(acl=(Acl(principal="Group:x", **RAW),)),
            config(principals={"Group:x": "User:x"}),
        ),
    ),
    "acl-unknown": (
        of_acl(Acl(principal="User:x", **{**RAW, "operation": "#99"}), mended=False),
        of_acl(Acl(principal="User:x", **{**RAW, "operation": "#99"}), mended=True),
    ),
    "not-replayable": (
        of_acl(Acl(principal="User:x", **{**RAW, "resource_name": ""}), mended=False),
        of_acl(Acl(principal="User:x", **{**RAW, "resource_name": ""}), mended=True),
    ),
    "would-stop-kmig": (
        Case(people(workload("w"), shared=[TO_ALL]), inventory(acl=DENIED)),
        Case(
            people(workload("w"), shared=[shared("drop", acl={"principal": "User:*"})]),
            inventory(acl=DENIED),
        ),
    ),
    "privilege-grows": (
        Case(people(workload("w"), shared=[TO_ALL], leave_behind=[stays(**SPY)]), inventory(acl=EVERYONE)),
        Case(people(workload("w"), shared=[TO_ALL, shared(**SPY)]), inventory(acl=EVERYONE)),
    ),
    "would-widen": (
        Case(people(workload("aaaa")), GROUP_ACL, config(target=BYOC)),
        Case(
            people(workload("aaaa"), widen=[{"acl": {"resource_type": "group"}, "because": "its own"}]),
            GROUP_ACL,
            config(target=BYOC),
        ),
    ),
    "rotates-for-others": (
        Case(
            people(workload("a", **rotating("a")), workload("b", credential=secret("a", carry=True))),
            inventory(scram=SCRAM),
        ),
        Case(
            people(workload("a", **rotating("a")), workload("b", credential=secret("b", carry=True))),
            inventory(scram=SCRAM),
        ),
    ),
    "contradicts-journal": (
        Case(people(workload("b", "secret")), kept=(workload("a"),)),
        Case(people(workload("a"), workload("b", "secret")), kept=(workload("a"),)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_blocks_what_breaks_it_alone_and_nothing_once_it_is_mended(rule: str) -> None:
    broken, mended = CASES[rule]
    assert broken.rules == {rule}
    assert mended.rules == set()


def test_every_rule_has_a_case_and_an_entry_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "plan.md").read_text()
    assert list(CASES) == list(RULES)
    assert [line[5:] for line in text.splitlines() if line.startswith("#### ")] == list(RULES)
