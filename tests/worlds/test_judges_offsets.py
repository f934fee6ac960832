"""Each judge of offsets charges what broke its promise, and nothing in an honest world."""

from collections.abc import Callable

import pytest

from migrate.rehearse.worlds.groups import EXPIRED, FORGOTTEN
from migrate.rehearse.worlds.judges import commits
from migrate.rehearse.worlds.timeline import DAY
from tests.worlds.tale import KMIG, PLACE, Tale


def _both(*numbers: int, **more: object) -> Tale:
    return Tale(**more).writes(*numbers).copies(*numbers)  # type: ignore[arg-type]


def _placed(source: int | None, target: int, command: str = "cutover 1") -> Tale:
    tale = _both(1, 2, 3).typed(command)
    if source is not None:
        tale.commits("source", source)
    return tale.commits("target", target, by=KMIG, at=50.0)


def _taken_back(target: int, source: int) -> Tale:
    tale = _placed(1, 1).commits("target", target, at=60.0).typed("rollback 1", at=70.0)
    return tale.commits("source", source, by=KMIG, at=80.0)


def _moved_again() -> Tale:
    tale = _taken_back(2, 2).commits("target", None, by=KMIG, at=81.0)
    return tale.commits("target", 2, by=KMIG, at=90.0)


def _expired_on_source(target: int) -> Callable[[], Tale]:
    """Record 2 is the next one of the group; the source has lost it, and the target holds it."""

    def told() -> Tale:
        tale = _both(1, 2, 3).typed("cutover 1").commits("source", 1)
        tale.world.source.log(*PLACE).delete_before(2, 40.0)
        return tale.commits("target", target, by=KMIG, at=50.0)

    return told


def _not_yet_copied(target: int) -> Callable[[], Tale]:
    def told() -> Tale:
        tale = Tale().writes(1, 2).copies(1).writes(3, at=49.9).typed("cutover 1")
        return tale.commits("source", 2).commits("target", target, by=KMIG, at=50.0)

    return told


def _lost_in_an_election() -> Tale:
    tale = _both(1).writes(2).commits("source", 1)
    tale.world.source.log(*PLACE).truncate(1, 40.0)
    tale.writes(3, at=45.0).copies(3, at=46.0).typed("cutover 1")
    return tale.commits("target", 1, by=KMIG, at=50.0)


def _lost_in_an_election_behind(*, read_again: bool) -> Callable[[], Tale]:
    """Record 2, which the target holds, is lost on the source; the group stands at its end, or before record 1."""

    def told() -> Tale:
        tale = _both(1, 2).commits("source", 2)
        tale.world.source.log(*PLACE).truncate(1, 40.0)
        tale.commits("source", 1 - read_again, at=45.0).typed("cutover 1")
        return tale.commits("target", 2, by=KMIG, at=50.0)

    return told


def _of_a_topic_that_is_gone() -> Tale:
    tale = _both(1, 2, 3).typed("cutover 1").commits("source", 1)
    tale.commits("source", None, by=FORGOTTEN, at=40.0)
    return tale.commits("target", 3, by=KMIG, at=50.0)


def _expired(*, stopped_by_hook: bool) -> Callable[[], Tale]:
    def told() -> Tale:
        tale = _both(1, 2, 3).typed("cutover 1", at=9 * DAY).commits("source", 1)
        process = tale.runs("source")
        process.stopping, process.told_to_stop = True, DAY if stopped_by_hook else 9 * DAY + 5.0
        tale.commits("source", None, by=EXPIRED, at=9 * DAY)
        return tale.commits("target", 3, by=KMIG, at=9 * DAY + 10.0)

    return told


@pytest.mark.parametrize(
    ("told", "charged"),
    [
        pytest.param(lambda: _placed(1, 1), False, id="exact"),
        pytest.param(lambda: _placed(1, 0), True, id="one record earlier"),
        pytest.param(lambda: _placed(1, 2), True, id="one record later"),
        pytest.param(lambda: _placed(3, 3), False, id="both at the end"),
        pytest.param(lambda: _placed(3, 2), True, id="the end, and a record before it"),
        pytest.param(lambda: _placed(1, 3), True, id="a record, and the end"),
        pytest.param(lambda: _placed(None, 3), False, id="no commit: its policy"),
        pytest.param(lambda: _taken_back(2, 2), False, id="a rollback to where it stood"),
        pytest.param(lambda: _taken_back(2, 1), True, id="a rollback to a record before"),
        pytest.param(lambda: _taken_back(2, 3), True, id="a rollback to a record behind"),
        pytest.param(
            lambda: _placed(1, 0, "rollback 1"), False, id="what a rollback puts back on the target"
        ),
        pytest.param(_moved_again, False, id="forward again from where a rollback placed it"),
        pytest.param(_expired_on_source(1), False, id="what only the target still holds"),
        pytest.param(_expired_on_source(2), False, id="what the source still holds"),
        pytest.param(_expired_on_source(3), True, id="behind what the source still holds"),
        pytest.param(_not_yet_copied(1), False, id="before a record that is still to be copied"),
        pytest.param(_not_yet_copied(0), True, id="before a copied one that was read"),
        pytest.param(_lost_in_an_election, False, id="its record was lost in an election"),
        pytest.param(
            _lost_in_an_election_behind(read_again=False),
            False,
            id="its record was lost, and nothing came after it",
        ),
        pytest.param(
            _lost_in_an_election_behind(read_again=True),
            True,
            id="a record was lost, and the one before it was not",
        ),
        pytest.param(_of_a_topic_that_is_gone, False, id="a commit on a topic that is gone"),
        pytest.param(_expired(stopped_by_hook=False), False, id="expired by itself"),
        pytest.param(_expired(stopped_by_hook=True), True, id="expired after kmig stopped it"),
    ],
)
def test_an_offset_that_is_not_exact_is_charged(told: Callable[[], Tale], charged: bool) -> None:
    assert bool([*commits.exact(told().told())]) is charged


def test_a_commit_that_had_expired_by_then_is_told_as_the_cause() -> None:
    words = "its commit on the source expired after kmig had stopped its client"
    told = [b.told for b in commits.exact(_expired(stopped_by_hook=True)().told())]
    assert [one.endswith(words) for one in told] == [True]
    told = [b.told for b in commits.exact(_placed(1, 0).told())]
    assert [words in one for one in told] == [False]


def _lowers(own: int, to: int, command: str = "cutover 1") -> Tale:
    tale = _both(1, 2, 3).typed(command).commits("target", 0, by=KMIG)
    return tale.commits("target", own, at=40.0).commits("target", to, by=KMIG, at=50.0)


@pytest.mark.parametrize(
    ("tale", "charged"),
    [
        pytest.param(_lowers(2, 3), False, id="forwards"),
        pytest.param(_lowers(2, 2), False, id="the same"),
        pytest.param(_lowers(2, 0), True, id="back"),
        pytest.param(_lowers(4, 3), False, id="back over a marker only"),
        pytest.param(_lowers(2, 0, "rollback 1"), False, id="a rollback"),
        pytest.param(
            _both(1, 2).commits("target", 2, by=KMIG).commits("target", 1, by=KMIG, at=40.0),
            False,
            id="its own commit",
        ),
    ],
)
def test_a_group_that_is_taken_back_is_charged(tale: Tale, charged: bool) -> None:
    assert bool([*commits.lowered(tale.told())]) is charged
