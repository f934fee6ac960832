"""The judge of records on tiny hand-written histories: one row per kind of fault."""

from collections.abc import Iterable

from migrate.rehearse.lab.client import Identity, identity
from migrate.rehearse.records import History, Judgement, Record, judge

PLACE = ("t", 0)


def log(side: str, numbers: Iterable[int]) -> tuple[Record, ...]:
    return tuple(Record(side, PLACE, i, Identity("p", n)) for i, n in enumerate(numbers))


def judged(
    acknowledged: Iterable[int],
    source: Iterable[int],
    target: Iterable[int],
    processed: Iterable[int],
    began: int = 0,
    wrote: str = "target",
) -> Judgement:
    return judge(
        History(
            acknowledged=log(wrote, acknowledged),
            source=log("source", source),
            target=log("target", target),
            processed={"g": log("target", processed)},
            began={"g": {PLACE: began}},
            moved=frozenset({"t"}),
        )
    )


def faults(found: Judgement) -> tuple[int, int, int, int]:
    return found.lost, found.skipped, found.duplicated, found.reordered


def test_all_is_well() -> None:
    found = judged([1, 2, 3], [1, 2], [1, 2, 3], [1, 2, 3])
    assert faults(found) == (0, 0, 0, 0)
    assert found.clean
    assert found.records == 3


def test_nothing_is_no_proof() -> None:
    assert not judged([], [], [], []).clean


def test_acknowledged_and_not_on_target_is_lost() -> None:
    found = judged([1, 2, 3], [1, 2, 3], [1, 3], [1, 3])
    assert found.lost == 1
    assert "p/2" in found.lost_examples[0]


def test_a_stray_record_that_stays_behind_is_lost_though_nobody_acknowledged_it() -> None:
    assert judged([1], [1, 2], [1], [1, 2]).lost == 1


def test_never_processed_is_skipped_and_before_the_first_commit_is_not() -> None:
    assert judged([1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 3]).skipped == 1
    assert judged([1, 2, 3], [1, 2, 3], [1, 2, 3], [2, 3], began=1).skipped == 0


def test_a_record_only_on_target_must_be_processed_too() -> None:
    assert judged([1, 2], [1], [1, 2], [1]).skipped == 1


def test_twice_is_duplicated_and_not_reordered() -> None:
    assert faults(judged([1, 2], [1, 2], [1, 2], [1, 2, 1])) == (0, 0, 1, 0)


def test_a_lower_number_after_a_higher_one_is_reordered() -> None:
    assert faults(judged([1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 3, 2])) == (0, 0, 0, 1)


def test_identities_of_every_client() -> None:
    assert identity("till/12") == Identity("till", 12)
    assert identity("2.7") == Identity("java", 2_000_000_007)
    assert identity("9") == Identity("java", 9)


def test_copied_twice_is_seen_though_nobody_read_it_twice() -> None:
    found = judged([1, 2], [1, 2], [1, 2, 2], [1, 2])
    assert found.copied_twice.number == 1
    assert not found.clean


def test_a_record_that_was_written_twice_may_be_copied_twice() -> None:
    assert judged([1, 2], [1, 2, 2], [1, 2, 2], [1, 2]).copied_twice.number == 0


def test_producers_that_moved_and_never_wrote_there_are_named() -> None:
    found = judged([1], [1], [1], [1], wrote="source")
    assert found.silent == ("t",)
    assert not found.clean
