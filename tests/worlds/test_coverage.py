"""What seeds can reach: no step and no event exists that the generator does not lead to."""

import pytest

from migrate.rehearse.worlds.actors import ACTS
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.coverage import Catalogue, Reached, reached
from migrate.rehearse.worlds.generate import generate
from migrate.rehearse.worlds.history import Event, Fault, History
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.witness import Green
from migrate.rehearse.worlds.world import HOME, World
from tests.worlds import many, page
from tests.worlds.seeds import watched

MOST_SEEDS = 300
UNREACHED = {
    "adopt_copy": "a copier that kmig does not run is played on real clusters: tests/e2e/test_foreign_copy.py",
    "settle_strays": "nobody in the worlds passes a fence yet: tests/execute/test_settle.py",
}
"""Steps and events that no seed reaches, each with its reason."""


def test_every_step_is_reached_by_a_seed() -> None:
    """Seeds from 0 on, until all are: some twelve; a step that none of 300 takes is a gap of the generator."""
    missing = set(page.steps()) - UNREACHED.keys()
    assert missing

    def look(played: Played) -> None:
        for kind, item in reached(played, Catalogue(())):
            if kind == "step":
                missing.discard(item.partition(" ")[0])

    for seed in range(MOST_SEEDS):
        watched(generate(seed), look)
        if not missing:
            break
    assert not missing


def test_every_event_is_drawn_for_some_seed_and_every_drawn_one_exists() -> None:
    drawn = {event.what for seed in range(1000) for event in generate(seed).events}
    assert drawn == ACTS.keys() - UNREACHED.keys()


def test_every_fault_is_drawn_for_some_seed() -> None:
    drawn = {fault.kind for seed in range(300) for fault in generate(seed).faults}
    assert drawn == set(page.KINDS)


def test_the_page_knows_every_refusal_as_reached_or_as_a_gap() -> None:
    """A new refusal is looked for by seeds: `python -m tests.worlds seeds 20000 --write`."""
    told = page.PAGE.read_text(encoding="utf-8")
    unknown = [r for some in page.refusals().values() for r in some if f"`` {r} ``" not in told]
    assert unknown == []


def test_an_exception_that_is_needed_no_more_is_taken_off() -> None:
    assert UNREACHED.keys() <= {*page.steps(), *ACTS}
    assert all(UNREACHED.values())


def ended(command: str, began: float, err: str = "", calls: int = 10) -> Ended:
    return Ended(command, 1 if err else 0, "", err, began, began + 10, calls)


EVENT = Event(after=1, what="a copy task fails")


def played(history: History, *commands: Ended) -> Played:
    return Played(World(history), list(commands))


@pytest.mark.parametrize(
    ("at", "stage"),
    [(5, "inventory"), (50, "apply"), (105, "apply"), (150, "cutover"), (350, "afterwards")],
)
def test_an_event_disturbs_the_stage_that_runs_or_comes_next(at: float, stage: str) -> None:
    one = played(
        History(),
        ended("inventory", 0),
        ended("apply 1", 100),
        ended("verify", 200),
        ended("cutover 1", 300),
    )
    one.world.happened.append((at, EVENT))
    found = reached(one, Catalogue(()))
    assert found == {("event", EVENT.what), ("event × stage", f"{EVENT.what} × {stage}")}


@pytest.mark.parametrize(("call", "is_reached"), [(9, True), (10, True), (11, False)])
def test_a_fault_counts_where_its_call_was_made(call: int, is_reached: bool) -> None:
    faults = (Fault(command=0, call=call, kind="lost"), Fault(command=7, call=1, kind="late"))
    found = reached(played(History(faults=faults), ended("apply 1", 0)), Catalogue(()))
    assert found == (
        {("fault", "lost"), ("fault × stage", "lost × apply")} if is_reached else set()
    )


def test_a_refusal_is_known_by_its_fixed_words_and_the_most_of_them() -> None:
    catalogue = Catalogue(["no … here", "no … of … here", "two things"])
    one = played(
        History(),
        ended("apply 1", 0, "error: no wave of 3 here\nhint: go\n"),
        ended("apply 1", 20, "refused: nobody knows this\n"),
    )
    one.asked.append(ended("status -o json", 40, "error: no folder here\n"))
    assert reached(one, catalogue) == {
        ("refusal", "no … of … here"),
        ("refusal", "no … here"),
        ("refusal without an entry", "nobody knows this"),
    }


def test_steps_are_those_of_the_journal_and_checks_go_by_their_kind() -> None:
    one = played(History())
    lines = (
        b'{"event":"run","step":null}',
        b'{"event":"done","step":{"op":"set_quota"}}',
        b'{"event":"done","step":{"op":"set_quota"}}',
        b'{"event":"undone","step":{"op":"pause_copy"}}',
        b'{"event":"do',
    )
    one.world.disk.put_folder(HOME)
    one.world.disk.put_file(HOME / "journal.jsonl", b"\n".join(lines))
    one.greens += [
        Green("verify", "offsets of a", ""),
        Green("verify", "offsets of b", ""),
        Green("cutover 1", "gate await_quiet", ""),
    ]
    assert reached(one, Catalogue(())) == {
        ("step", "set_quota done"),
        ("step", "pause_copy undone"),
        ("check", "offsets of"),
        ("check", "gate await_quiet"),
    }


def test_numbers_are_histories_and_add_up() -> None:
    one, other = Reached(), Reached()
    one.add([("step", "a done"), ("step", "a done")])
    other.add([("step", "a done"), ("event", "b")])
    one.merge(other)
    assert (one.histories, one.of("step"), one.of("event")) == (2, {"a done": 2}, {"b": 1})


def test_what_was_never_reached_is_listed_and_the_page_has_every_row() -> None:
    total = Reached()
    total.add([("step", "set_quota done"), ("event", EVENT.what)])
    gaps = page.gaps(total)
    assert set(gaps["step"]) == {*page.steps()} - {"set_quota"}
    assert set(gaps["event"]) == ACTS.keys() - {EVENT.what}
    written = "\n".join(page.whole(total, 0))
    for item in (*page.steps(), *ACTS, *gaps["refusal"]):
        assert item.replace("|", "\\|") in written
    assert f"  step           1 of {len(page.steps())}" in "\n".join(page.lines(total))


def test_refusals_of_the_page_are_entries_of_troubleshooting() -> None:
    listed = {text for some in page.refusals().values() for text in some}
    assert listed <= set(many.catalogue().patterns)
    assert len(listed) > 100
