"""The judge of duplicates charges what kmig did, with its cause, and not what others did."""

from collections.abc import Callable

import pytest

from migrate.rehearse.worlds.groups import EXPIRED
from migrate.rehearse.worlds.judges import records
from migrate.rehearse.worlds.timeline import DAY
from tests.worlds.tale import KMIG, Tale, moved

Told = Callable[[], Tale]


def _all_read() -> Tale:
    return moved().reads("target", 2, 3)


def _committed_and_read_again() -> Tale:
    return moved().reads("target", 1, 2)


def _read_again_without_a_commit() -> Tale:
    tale = Tale().writes(1, 2).copies(1, 2).commits("source", 1).reads("source", 2)
    return tale.commits("target", 1, by=KMIG, at=50.0).reads("target", 2, at=60.0)


def _read_after_quiet() -> Tale:
    tale = Tale().writes(1, 2).copies(1, 2).commits("source", 1)
    tale.commits("target", 1, by=KMIG, at=50.0).reads("source", 2, at=60.0)
    return tale.reads("target", 2, at=70.0)


def _back_on_the_source() -> Tale:
    """kmig placed the group on the target, and took it back there, where nobody committed on either side."""
    tale = Tale().writes(1, 2).copies(1, 2).commits("source", 1)
    return tale.commits("target", 1, by=KMIG, at=50.0).commits("target", None, by=KMIG, at=55.0)


def _read_after_a_rollback() -> Tale:
    tale = _back_on_the_source().reads("source", 2, at=60.0)
    return tale.commits("target", 1, by=KMIG, at=65.0).reads("target", 2, at=70.0)


def _read_on_the_target_after_a_rollback() -> Tale:
    return _back_on_the_source().reads("target", 2, at=60.0).reads("source", 2, at=70.0)


def _read_again_and_said() -> Tale:
    return _committed_and_read_again().typed("cutover 1", "error: g: 1 record read again", 1)


def _copied_twice(*, committed: bool) -> Told:
    """The copy began again behind what was copied, under a group that reads on the target."""

    def told() -> Tale:
        tale = _all_read()
        if committed:
            tale.commits("target", 3, at=45.0)
        return tale.copies(2, 3, at=50.0).reads("target", 2, 3, at=60.0)

    return told


def _taken_back_too_late() -> Tale:
    """A second rollback came when the target had forgotten what the group read there: it goes on where it was."""
    tale = _all_read().commits("source", 1, at=35.0, by=KMIG).commits("target", 3, at=45.0)
    return tale.commits("target", None, by=EXPIRED, at=2 * DAY).reads("source", 2, 3, at=3 * DAY)


def _forgotten_by_the_target() -> Tale:
    """The first rollback of a group that was moved comes when the target has forgotten what it committed there."""
    tale = moved().reads("target", 2, 3).commits("target", 3, at=45.0)
    return tale.commits("target", None, by=EXPIRED, at=2 * DAY).reads("source", 2, 3, at=3 * DAY)


def _lowered() -> Tale:
    """A second cutover put the group back on the target, and a rollback took it from there."""
    tale = _all_read().commits("target", 3, at=45.0).commits("target", 1, at=50.0, by=KMIG)
    return tale.commits("source", 1, at=55.0, by=KMIG).reads("source", 2, 3, at=60.0)


def _tried(client: str) -> Told:
    """The record is read on the target before the group is there, and then on the source."""

    def told() -> Tale:
        tale = Tale().writes(1, 2).copies(1, 2).commits("source", 1)
        tale.reads("target", 2, at=30.0, by=client).commits("target", 2, at=35.0)
        tale.reads("source", 2).commits("source", 2, at=45.0)
        tale.world.clients["r"].trials.add("r-9")
        return tale

    return told


def _forgotten(*, stopped_by_hook: bool) -> Told:
    """The group's commit on the source expired, and it reads there again from the start."""

    def told() -> Tale:
        tale = Tale().writes(1, 2).commits("source", 2).reads("source", 1, 2)
        tale.runs("source").stopping = stopped_by_hook
        tale.commits("source", None, by=EXPIRED, at=9 * DAY)
        tale.runs("source", born=9 * DAY)
        return tale.reads("source", 1, 2, at=9 * DAY + 1.0)

    return told


def _goes_on_after_it_was_forgotten(*, stopped_by_hook: bool) -> Told:
    """The target forgets the group's commit before its client starts there, which takes a record a day."""

    def told() -> Tale:
        tale = Tale().writes(1, 2).copies(1, 2).reads("source", 1, 2).commits("source", 2)
        tale.runs("source").stopping = stopped_by_hook
        tale.commits("target", 2, at=45.0, by=KMIG).commits("target", None, by=EXPIRED, at=9 * DAY)
        tale.runs("target", born=9 * DAY)
        tale.commits("target", 1, at=9 * DAY + 5.0)
        return tale.reads("target", 2, at=10 * DAY)

    return told


@pytest.mark.parametrize(
    ("told", "charged"),
    [
        pytest.param(_all_read, False, id="each once"),
        pytest.param(_forgotten(stopped_by_hook=True), True, id="expired after kmig stopped it"),
        pytest.param(_forgotten(stopped_by_hook=False), False, id="expired by itself"),
        pytest.param(_committed_and_read_again, True, id="committed, and read again"),
        pytest.param(_read_again_without_a_commit, False, id="the client had not committed it"),
        pytest.param(_read_after_quiet, True, id="read on the source after its offsets were moved"),
        pytest.param(_read_after_a_rollback, False, id="read on the source after a rollback"),
        pytest.param(
            _read_on_the_target_after_a_rollback, True, id="read on the target after a rollback"
        ),
        pytest.param(_read_again_and_said, False, id="counted"),
        pytest.param(_taken_back_too_late, True, id="expired on the target before a rollback"),
        pytest.param(_forgotten_by_the_target, True, id="forgotten by the target"),
        pytest.param(_copied_twice(committed=True), True, id="copied twice"),
        pytest.param(_copied_twice(committed=False), False, id="copied twice, and not committed"),
        pytest.param(_tried("r-9"), False, id="tried on the target by somebody"),
        pytest.param(_tried("r-1"), True, id="read on the target by the workload itself"),
    ],
)
def test_a_duplicate_is_charged(told: Told, charged: bool) -> None:
    assert bool([*records.twice(told().told())]) is charged


def _copied_again(*events: str) -> Told:
    """The copier copies record 1 a second time, and the group, which has moved, processes that."""

    def told() -> Tale:
        tale = moved().reads("source", 1).commits("source", 1)
        for event in events:
            tale.happens(event, "t" if "election" in event else "", at=50.0)
        return tale.copies(1, at=60.0).reads("target", 1, at=70.0)

    return told


def _read_on(*, assigns: bool) -> Told:
    """The process that its stop hook had told to stop reads on, while kmig moves the group."""

    def told() -> Tale:
        tale = Tale(assigns=assigns).writes(1, 2).copies(1, 2).commits("source", 1)
        process = tale.runs("source")
        process.stopping, process.told_to_stop = True, 45.0
        tale.commits("target", 1, at=55.0, by=KMIG).reads("source", 2, at=50.0, by=process.id)
        return tale.commits("source", 2, at=60.0).reads("target", 2, at=70.0)

    return told


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param(_committed_and_read_again, "the group was placed before it on the target"),
        pytest.param(_copied_again(), "it was copied again"),
        pytest.param(
            _copied_again("an unclean election loses records on the source"),
            "it was copied again after an unclean election",
        ),
        pytest.param(
            _copied_again("Connect loses the copy's offsets", "a copy task fails"),
            "it was copied again after Connect lost its offsets",
        ),
        pytest.param(_copied_twice(committed=True), "it was copied again"),
        pytest.param(
            _taken_back_too_late,
            "its commit on the target had expired before it was taken back",
        ),
        pytest.param(
            _lowered, "kmig had lowered its commit on the target before it was taken back"
        ),
        pytest.param(_read_on(assigns=False), "the group was placed before it on the target"),
        pytest.param(
            _read_on(assigns=True),
            "its client assigns partitions itself, and read on after its stop hook",
        ),
        pytest.param(
            _goes_on_after_it_was_forgotten(stopped_by_hook=True),
            "its commit on the target expired after kmig had stopped its client",
        ),
        pytest.param(
            _goes_on_after_it_was_forgotten(stopped_by_hook=False),
            "its commit on the target had expired under it",
        ),
        pytest.param(
            _forgotten(stopped_by_hook=True),
            "its commit on the source expired after kmig had stopped its client",
        ),
    ],
)
def test_a_duplicate_is_charged_with_its_cause(told: Told, why: str) -> None:
    (broken,) = records.twice(told().told())
    assert broken.told.endswith(f"nobody says so: {why}")
