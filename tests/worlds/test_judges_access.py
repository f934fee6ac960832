"""Oracles of `verify acls` and `verify access`: each denies a pass that was not earned, and no other one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from migrate.model.acl import Acl
from migrate.rehearse.worlds import oracles
from migrate.rehearse.worlds.history import ClientSpec, ClusterSpec, Estate, History
from migrate.rehearse.worlds.timeline import DAY, HOUR
from migrate.rehearse.worlds.world import HOME, World

CHECKS = (
    "acls as planned on target-1:9092",
    "acls on source as planned from",
    "no privilege grows on target-1:9092",
    "no privilege is lost on target-1:9092",
    "write gate closed on target-1:9092",
    "access of w",
    "access of r",
    "access of a user without grants",
)


def acl(operation: str, kind: str, name: str, who: str, permission: Any = "ALLOW") -> Acl:
    return Acl(
        principal=f"User:{who}",
        permission=permission,
        operation=operation,
        resource_type=kind,
        resource_name=name,
    )


READ, GROUP = acl("READ", "TOPIC", "t", "r"), acl("READ", "GROUP", "g", "r")
WRITE = acl("WRITE", "TOPIC", "t", "w")
STAYS = acl("READ", "TOPIC", "t", "left")


class Prepared:
    """A migration of a writer and a reader, prepared a day ago: what tests then change is all that is wrong."""

    def __init__(self) -> None:
        writer = ClientSpec(name="w", writes=("t",))
        reader = ClientSpec(name="r", reads=("t",), group="g")
        one = ClusterSpec(brokers=1)
        self.world = World(History(estate=Estate(source=one, target=one, clients=(writer, reader))))
        for cluster in self.world.clusters.values():
            cluster.topics.create("t", 1, 1, {}, 0.0)
            cluster.change_acls(remove=list(cluster.acls), by="User:admin")
        self.world.source.change_acls([READ, GROUP, WRITE, STAYS], by="User:admin")
        self.world.target.change_acls([READ, GROUP], by="User:kmig")
        self._files([{"op": "create_acls", "acls": [READ, GROUP]}], "prepare")
        self.world.timeline.advance(DAY)

    def _files(self, steps: list[dict[str, Any]], stage: str) -> None:
        wave = {
            "number": 1,
            "principals": ["User:w", "User:r"],
            "copies": ["t"],
            "prepare": [{"op": "create_acls", "acls": [READ.model_dump(), GROUP.model_dump()]}],
        }
        fates = {READ: "workload", GROUP: "workload", WRITE: "workload", STAYS: "left_behind"}
        accounts = [{"acl": acl.model_dump(), "fate": fate} for acl, fate in fates.items()]
        self.world.disk.put_folder(HOME)
        plan = json.dumps({"waves": [wave], "accounts": accounts})
        self.world.disk.put_file(HOME / "plan.json", plan.encode())
        self.world.disk.put_file(HOME / "journal.jsonl", b"")
        for step in steps:
            self.did(step, stage)

    def did(self, step: dict[str, Any], stage: str, event: str = "done") -> None:
        """Let the journal say that a step was done."""
        body = {**step, "acls": [one.model_dump() for one in step["acls"]]}
        entry = {"event": event, "stage": stage, "wave": 1, "key": step["op"], "step": body}
        self.world.disk.append(HOME / "journal.jsonl", json.dumps(entry).encode() + b"\n")

    def accounts_for(self, one: Acl) -> None:
        """Let the plan account for one more ACL of the source."""
        path = HOME / "plan.json"
        plan = json.loads(self.world.disk.content(path))
        plan["accounts"].append({"acl": one.model_dump(), "fate": "workload"})
        self.world.disk.remove_quietly(path)
        self.world.disk.put_file(path, json.dumps(plan).encode())

    def denied(self) -> set[str]:
        """Return the checks that their oracles deny, an hour later."""
        self.world.timeline.advance(HOUR)
        about = {"began": self.world.timeline.now}
        return {name for name in CHECKS if oracles.fault(self.world, name, about)}


def _nothing(_: Prepared) -> None:
    """Change nothing."""


def _granted(one: Acl) -> Callable[[Prepared], None]:
    return lambda p: p.world.target.change_acls([one], by="User:admin")


def _revoked(one: Acl) -> Callable[[Prepared], None]:
    return lambda p: p.world.target.change_acls(remove=[one], by="User:admin")


def _on_source(one: Acl) -> Callable[[Prepared], None]:
    return lambda p: p.world.source.change_acls([one], by="User:admin")


def _fenced(p: Prepared) -> None:
    fence = acl("WRITE", "TOPIC", "t", "w", "DENY")
    p.world.source.change_acls([fence], by="User:kmig")


def _planned_with_another_fence(p: Prepared) -> None:
    """The plan accounts for the fence of a cutover that somebody typed in a copy of the directory."""
    fence = acl("READ", "GROUP", "other", "stranger", "DENY")
    p.accounts_for(fence)
    p.world.source.change_acls([fence], by="User:kmig")


def _opened(p: Prepared) -> None:
    p.did({"op": "open_write_gate", "acls": [WRITE]}, "cutover")
    p.world.target.change_acls([WRITE], by="User:kmig")


def _shut_again(p: Prepared) -> None:
    _opened(p)
    p.did({"op": "open_write_gate", "acls": [WRITE]}, "cutover", "undone")


def _denied_before(p: Prepared) -> None:
    """A DENY of the source is among what the plan accounts for: its writer is owed nothing."""
    deny = acl("WRITE", "TOPIC", "t", "w", "DENY")
    p.accounts_for(deny)
    p.world.source.change_acls([deny], by="User:admin")
    p.did({"op": "open_write_gate", "acls": [WRITE, deny]}, "cutover")


def _opened_in_words(p: Prepared) -> None:
    p.did({"op": "open_write_gate", "acls": [WRITE]}, "cutover")


def _one_broker_is_late(p: Prepared) -> None:
    p.world.target.lag[1] = 30 * DAY


@pytest.mark.parametrize(
    ("change", "denied"),
    [
        pytest.param(_nothing, set(), id="as it was prepared"),
        pytest.param(_fenced, set(), id="kmig's own fence on the source"),
        pytest.param(
            _planned_with_another_fence, set(), id="the fence of another directory, as planned"
        ),
        pytest.param(
            _revoked(READ),
            {CHECKS[0], CHECKS[3], "access of r"},
            id="a right is gone on the target",
        ),
        pytest.param(
            _one_broker_is_late, {CHECKS[0], CHECKS[3]}, id="the broker does not know the rights"
        ),
        pytest.param(
            _granted(acl("ALTER", "TOPIC", "t", "r")),
            {CHECKS[0], CHECKS[2], "access of r"},
            id="a right that the source does not give",
        ),
        pytest.param(
            _granted(WRITE), {CHECKS[0], CHECKS[4], "access of w"}, id="WRITE before the gate"
        ),
        pytest.param(_opened, set(), id="WRITE by the gate"),
        pytest.param(
            _shut_again,
            {CHECKS[0], CHECKS[4], "access of w"},
            id="WRITE after the gate was shut again",
        ),
        pytest.param(_denied_before, set(), id="the gate gives what a DENY takes"),
        pytest.param(_opened_in_words, {CHECKS[3]}, id="the gate is open, and gives nothing"),
        pytest.param(
            _granted(acl("READ", "TOPIC", "t", "*")),
            {CHECKS[0], CHECKS[2], "access of w", "access of a user without grants"},
            id="everyone may read",
        ),
        pytest.param(
            _on_source(acl("WRITE", "TOPIC", "t", "r")), {CHECKS[1]}, id="the source has changed"
        ),
    ],
)
def test_a_right_that_is_not_as_it_was_said_is_no_pass(
    change: Callable[[Prepared], None], denied: set[str]
) -> None:
    prepared = Prepared()
    change(prepared)
    assert prepared.denied() == denied
