"""Single answers of the map: back to the source, and at a pace."""

from migrate.logs.mapping import Pace
from migrate.logs.stretches import Stretch, Word
from migrate.logs.through import Ordered, Through, mirrored
from migrate.model.record import VisibleRecord
from tests.fakes.memory import MemoryClock

EQUAL = Stretch(Word.EQUAL, (0, 175), (0, 249), (175, 175))
PENDING = Stretch(Word.PENDING, (175, 200), (249, 249), (0, 0))


def nothing(*_: tuple[int, int]) -> tuple[list[VisibleRecord], list[VisibleRecord]]:
    return [], []


def test_a_reader_that_comes_back_goes_on_before_what_is_not_copied_yet() -> None:
    assert Through(Ordered(mirrored([EQUAL, PENDING])), nothing).place(249).offset == 175


def test_a_reader_at_the_end_of_what_is_copied_goes_on_at_the_targets_end() -> None:
    assert Through(Ordered([EQUAL, PENDING]), nothing).place(175).offset == 249
    assert Through(Ordered([EQUAL, PENDING]), nothing).place(180).offset is None


def test_a_side_is_read_no_faster_than_its_pace_also_after_it_was_idle() -> None:
    clock = MemoryClock()
    pace = Pace(clock, rate=1_000.0)
    for idle in (0.0, 60.0):
        clock.sleep(idle)
        began = clock.monotonic()
        for _ in range(100):
            pace.spend("source", 100)
        assert 9.0 <= clock.monotonic() - began <= 11.0
