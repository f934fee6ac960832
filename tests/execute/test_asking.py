"""When a cutover asks: before it stops anybody, once preflight has passed; at the gate only where that was agreed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import Refused, StepFailed
from migrate.execute import asking, later
from migrate.execute.forecast import USUAL, forecast
from migrate.execute.run import preview
from migrate.journal.entry import ROOT, Entry
from migrate.journal.progress import Status, status_of
from migrate.journal.standing import Journal
from migrate.plan.inputs import inputs
from migrate.preflight import pause
from migrate.preflight.facts import Forecast
from migrate.steps import SwitchClients
from tests.execute import moving
from tests.execute.moving import cut_over, opened, table, world
from tests.fakes.command_context import MemoryFolder
from tests.preflight.test_groups import AHEAD


def _answering(tmp_path: Path, asked: list[str], no: str = "", **policy: Any) -> Any:
    typed = table(tmp_path, [])
    folder = typed.folder
    assert isinstance(folder, MemoryFolder)
    config, people, found = folder.parts
    config = config.model_copy(update={"policy": config.policy.model_copy(update=policy)})
    folder.parts = (config, people, found)
    made = {"inputs": inputs(config, people, found)}
    folder.made = folder.made.model_copy(update=made)

    def agree(question: str) -> None:
        asked.append(question)
        if no and no in question:
            raise Refused("nothing was changed: the answer was not yes")

    return replace(typed, agree=agree)


def test_it_asks_once_and_before_anybody_is_stopped(tmp_path: Path) -> None:
    asked: list[str] = []
    later.cutover(_answering(tmp_path, asked), 1)
    assert asked == ["cutover wave 1? Its clients are stopped now"]


def test_a_no_stops_nobody_and_the_same_command_asks_again(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no client was stopped: the answer was not yes"):
        later.cutover(_answering(tmp_path, [], no="stopped now"), 1)
    assert not any("clients" in e.key for e in opened(tmp_path, []).journal.entries)
    cut_over(tmp_path, [])
    assert status_of(opened(tmp_path, []).journal, moving.WAVE, "cutover") is Status.DONE


def test_the_gate_asks_where_the_policy_says_so(tmp_path: Path) -> None:
    asked: list[str] = []
    with pytest.raises(StepFailed, match="before the point of no return"):
        later.cutover(_answering(tmp_path, asked, no="write gate", ask="gate"), 1)
    assert asked[1:] == ["open the write gate? From here on there is no rollback"]


def test_the_gate_asks_where_the_pause_is_much_longer_than_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_UNNOTICED", -1.0)
    monkeypatch.setattr(asking, "_LONGER", -1.0)
    asked: list[str] = []
    later.cutover(_answering(tmp_path, asked), 1)
    assert "were expected: open the write gate? From here on" in asked[1]


def test_a_pause_that_the_policy_forbids_is_known_before(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    coming = Forecast(writes=6.0, consumers=2.0, back=1.0, untried=("till",))
    (fine,) = pause.ask(here.sites(), replace(AHEAD, forecast=coming))
    assert fine.check.evidence == (
        "writes paused for about 6.0 s, consumers for 2.0 s; a way back takes 1.0 s; "
        "hooks never run, and not counted: till",
    )
    (long,) = pause.ask(here.sites(), replace(AHEAD, forecast=coming, most=5.0))
    assert "writes would be paused for about 6.0 s, `policy.max_pause` allows 5" in str(long.check)


def test_what_the_steps_took_before_is_what_they_are_expected_to_take(tmp_path: Path) -> None:
    world(tmp_path, [])
    first = forecast(moving.stages()[0], opened(tmp_path, []).journal)
    assert first.untried == ("ledger", "old", "till")
    assert first.writes > USUAL["await_drained"]
    cut_over(tmp_path, [])
    journal = opened(tmp_path, []).journal
    second = forecast(moving.stages()[0], journal)
    assert (second.untried, second.joins) == ((), False)
    assert second.writes < first.writes  # in memory nothing takes any time


def _lasted(step: Any, seconds: float) -> list[Any]:
    """Two entries of a journal: a step of a cutover that took so long."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    common = {"seq": 1, "by": "x", "wave": 1, "stage": "cutover", "key": step.key, "prev": ROOT}
    done = at + timedelta(seconds=seconds)
    return [
        Entry.model_validate({**common, "at": at, "event": "started", "step": step}),
        Entry.model_validate({**common, "at": done, "event": "done", "step": step}),
    ]


def test_hooks_of_one_role_count_once_where_they_run_at_once(tmp_path: Path) -> None:
    """Ledger and old read different topics, so their hooks run side by side: 3 s, not 3 and 2."""
    world(tmp_path, [])
    hooks = {
        step.key: step for step in preview(moving.stages()[0]) if isinstance(step, SwitchClients)
    }
    entries = [
        *_lasted(hooks["stop_clients ledger"], 3.0),
        *_lasted(hooks["stop_clients old"], 2.0),
        *_lasted(hooks["start_clients ledger"], 1.0),
        *_lasted(hooks["stop_clients till"], 4.0),
    ]
    without = forecast(moving.stages()[0], Journal(()))
    known = forecast(moving.stages()[0], Journal(tuple(entries)))
    assert known.consumers - without.consumers == pytest.approx(4.0)
    assert known.writes - without.writes == pytest.approx(4.0)
    assert known.back - without.back == pytest.approx(1.0)
    assert known.untried == ("old", "till")
