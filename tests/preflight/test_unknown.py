"""A question that a cluster does not answer: the others are asked, and a cutover begins only if that is accepted."""

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.errors import CannotTell, Refused
from migrate.model.check import Verdict
from migrate.preflight import rights
from migrate.preflight.asked import Asked, Fault
from migrate.steps import LookAhead
from tests.execute.moving import World
from tests.fakes.memory import MemoryCluster
from tests.preflight.test_rights import AHEAD, ready

NAME = "rights are as planned"
USERS = replace(AHEAD, users=frozenset({"ledger"}))


@pytest.fixture
def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A source that does not tell its SCRAM users."""

    def untold(_: MemoryCluster) -> None:
        raise CannotTell("cannot list users on the source: its controller does not answer", "wait")

    monkeypatch.setattr(MemoryCluster, "scram_credentials", untold)
    return ready(tmp_path)


def asked_by(here: World, **more: object) -> str:
    gate = LookAhead(because="test", until="", ahead=replace(USERS, owned=(), **more))  # type: ignore[arg-type]
    return gate.apply(here.sites()).outcome()


def test_the_other_questions_are_asked_all_the_same(silent: World) -> None:
    found = {one.name: one.check for one in rights.ask(silent.sites(), USERS)}
    assert found[NAME].verdict is Verdict.UNKNOWN
    assert found[NAME].evidence[-1] == "records or rights are at risk"
    assert [name for name, one in found.items() if one.verdict is not Verdict.PASS] == [NAME]


def test_a_cutover_does_not_begin_unless_it_is_accepted_by_name(silent: World) -> None:
    with pytest.raises(
        CannotTell, match=f"nobody can tell whether {NAME}: cannot list users"
    ) as said:
        asked_by(silent)
    assert f"--accept '{NAME}' --because REASON" in said.value.hint
    accepted = asked_by(silent, unknown={NAME: "seen by hand"})
    assert f"{NAME} is accepted unknown: seen by hand" in accepted


def test_a_name_that_nobody_asks_is_refused(silent: World) -> None:
    with pytest.raises(Refused, match="no question of preflight is called right"):
        asked_by(silent, unknown={"right": "a slip"})


def test_what_can_only_lengthen_the_pause_keeps_nobody() -> None:
    one = Asked("files lead to the target", (), "", (Fault("a login by Kerberos", "look"),))
    assert one.risk == "pause"
    assert one.check.evidence[-1] == "the pause is at risk"


def test_what_workloads_yaml_accepts_needs_no_word_and_another_wave_may_not_ask_it(
    silent: World,
) -> None:
    waived = {NAME: "seen by hand", "local state is wiped": "only another wave asks that"}
    said = asked_by(silent, waived=waived)
    assert f"{NAME} is accepted unknown: seen by hand" in said
    assert "another wave" not in said
