"""Where the time of a pause of writes went, by the events of a cutover."""

from datetime import UTC, datetime, timedelta

from migrate.journal.durations import parts_of_pause
from migrate.journal.entry import ROOT, Entry
from migrate.journal.standing import Journal
from migrate.steps import Step, WatchSource
from tests.journal.test_pauses import SEEN, switch

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = WatchSource(because="test", until="", part="x", topics=("t",), ends=(), seconds=0.0)


def journal(*events: tuple[float, str, Step]) -> Journal:
    """Events of the cutover of wave 1, at so many seconds."""
    entries = []
    for at, event, step in events:
        common = {"seq": 1, "by": "ann", "wave": 1, "stage": "cutover", "prev": ROOT}
        common |= {
            "at": BEGIN + timedelta(seconds=at),
            "event": event,
            "key": step.key,
            "step": step,
        }
        entries.append(Entry.model_validate(common))
    return Journal(tuple(entries))


def test_every_second_between_the_first_stop_and_the_last_start_is_somebodys() -> None:
    x, y = switch("stop", "x", "producers"), switch("stop", "y", "producers")
    back, too = switch("start", "x", "producers"), switch("start", "y", "producers")
    found = parts_of_pause(
        journal(
            (0.0, "started", switch("stop", "a")),
            (1.0, "done", switch("stop", "a")),
            (10.0, "started", x),
            (10.0, "started", y),
            (10.5, "done", y),
            (11.0, "done", x),
            (11.5, "done", ENDS),
            (11.5, "started", back),
            (12.0, "done", back),
            (14.0, "done", too),
            (20.0, "done", SEEN),
        ),
        1,
    )
    assert found == {"stop hooks": 1.0, "ends": 0.5, "start hooks": 2.5}


def test_an_attempt_that_was_rolled_back_is_no_part_of_it() -> None:
    x, back = switch("stop", "x", "producers"), switch("start", "x", "producers")
    first = [(0.0, "started", x), (1.0, "done", x), (50.0, "undoing", x), (51.0, "undone", x)]
    assert parts_of_pause(journal(*first), 1) == {}
    again = [(60.0, "started", x), (60.2, "done", x), (61.0, "done", back)]
    assert list(parts_of_pause(journal(*first, *again), 1)) == ["stop hooks", "start hooks"]
    assert parts_of_pause(journal(*first, *again), 2) == {}
