"""Whoever plays a history types what `kmig status` and hints name, as a patient operator does."""

import json
from collections.abc import Iterable

import pytest
import yaml

from migrate.errors import Interrupted
from migrate.ports import Sites
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.generate import generate
from migrate.rehearse.worlds.history import History, Typed
from migrate.rehearse.worlds.play import play
from migrate.rehearse.worlds.world import HOME, World
from migrate.steps import AwaitDrained, FreezeTopics, OpenWriteGate
from tests.worlds import typed as typing

_OLD = (
    "refused: inventory.json is 16 days old (2026-03-{day:02} 08:00 UTC), `policy.inventory_days` allows 14\n"
    "hint: run `kmig inventory`, then `kmig plan`, and read what changed"
)


def typed(waves: int, refused: Iterable[int] = (), detours: tuple[Typed, ...] = ()) -> list[str]:
    """Play cutovers of so many waves, those of some numbers refused for an old inventory; return what was typed."""
    done = {"waves": 0, "cutovers": 0, "inventories": 0}
    old = {"inventory": False, "plan": False}
    due = set(refused)

    def run(world: World, command: str) -> Ended:
        now = world.timeline.now
        world.timeline.advance(1.0)
        after = f"kmig cutover {done['waves'] + 1}" if done["waves"] < waves else "kmig verify"
        out, err = json.dumps({"next": after}) if command.startswith("status") else "", ""
        if command in old:
            old[command] = False
        done["inventories"] += command == "inventory"
        if command == f"cutover {done['waves'] + 1}":
            done["cutovers"] += 1
            if done["cutovers"] in due:
                old.update(inventory=True, plan=True)
            err = _OLD.format(day=done["inventories"]) if any(old.values()) else ""
            done["waves"] += not err
        return Ended(command, 4 if err else 0, out, err, now, now + 1.0)

    played = play(History(typed=detours), run)
    assert not played.dead_end
    return [e.command for e in played.commands if "--status" not in e.command]


def test_what_a_hint_names_is_typed_once() -> None:
    assert typed(1, refused=[1])[3:] == ["cutover 1", "inventory", "plan", "cutover 1", "verify"]


def test_what_somebody_types_beside_takes_the_place_of_no_hint() -> None:
    # the fifth command, behind `cutover 1 --status` and `cutover 1`
    found = typed(1, refused=[1], detours=(Typed(at=5, command="verify access"),))
    assert found[3:] == ["cutover 1", "verify access", "inventory", "plan", "cutover 1", "verify"]


def test_a_hint_that_helped_is_followed_each_time() -> None:
    found = typed(4, refused=[1, 3, 5, 7])
    assert found.count("inventory") == 1 + 4
    assert found[-1] == "verify"


def test_a_hint_is_followed_for_each_inventory_that_became_too_old() -> None:
    found = typed(1, refused=[1, 2, 3, 4])
    assert found[3:] == [*["cutover 1", "inventory", "plan"] * 4, "cutover 1", "verify"]


def test_an_end_that_does_not_come_tells_which_refusals_take_turns() -> None:
    """Each other refusal is no dead end by itself, so that both are believed again; but there is an end to that."""
    tries = {"cutover 1": 0, "status": 0}

    def run(world: World, command: str) -> Ended:
        now = world.timeline.now
        world.timeline.advance(1.0)
        out, err = "", ""
        if command.startswith("status"):
            out = json.dumps({"next": "kmig cutover 1"})
        if command == "cutover 1":
            tries[command] += 1
            err = f"refused: {'this' if tries[command] % 2 else 'that'}"
        return Ended(command, 4 if err else 0, out, err, now, now + 1.0)

    played = play(History(), run)
    assert played.dead_end == "80 commands and no end; refused: this; refused: that"


def test_control_c_names_the_command_that_brings_clients_back_soonest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Back before the write gate; once it may be open, only forward."""

    def interrupted(*_: object) -> None:
        raise Interrupted

    for step, way in ((FreezeTopics, "rollback"), (OpenWriteGate, "cutover")):
        with monkeypatch.context() as context:
            context.setattr(step, "apply", interrupted)
            played = play(generate(4), typing.run)
        ended = next(one for one in played.commands if one.exit == 130)
        said = (
            f"clients are stopped: `kmig {way} {ended.command.split()[1]}` brings them back soonest"
        )
        assert said in ended.err
        assert "error: interrupted" in ended.err


def test_a_pause_that_is_too_long_is_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The copier needs a minute for what is left to copy; people allow twenty seconds."""
    drained = AwaitDrained.apply

    def slow(step: AwaitDrained, sites: Sites) -> AwaitDrained:
        for _ in range(60):
            sites.clock.sleep(1.0)
            sites.tell("waiting for the last records to be copied")
        return drained(step, sites)

    monkeypatch.setattr(AwaitDrained, "apply", slow)

    def run(world: World, command: str) -> Ended:
        file = HOME / "kmig.yaml"
        known = yaml.safe_load(world.disk.content(file).decode())
        if "max_pause" not in known.setdefault("policy", {}):
            known["policy"]["max_pause"] = 20
            world.disk.truncate(file, 0)
            world.disk.append(file, yaml.safe_dump(known).encode())
        return typing.run(world, command)

    played = play(generate(4), run)
    ended = next(one for one in played.commands if "going back" in one.err)
    assert ended.exit == 1, ended.err
    assert "error: rolled back: writes have been paused for 2" in ended.err
    assert "undone: " in ended.err
    stays = play(generate(4), lambda world, typed: run(world, _staying(typed)))
    assert not any("going back" in one.err for one in stays.commands)


def _staying(command: str) -> str:
    return f"{command} --stay" if command.startswith("cutover ") else command
