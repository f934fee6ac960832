"""Many seeds: their chunks, what is kept of them, what is a failure, and how a run ends."""

import os
import re
import signal
from pathlib import Path

import pytest

from migrate.rehearse.worlds.generate import GENERATION
from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.judges.verdict import Broken
from tests.worlds import __main__ as command
from tests.worlds import many, seeds
from tests.worlds.known import Known

LOST = Broken("a record is lost", "readers orders", "group readers never gets 3 records of orders")
KNOWN = Known("lost", "1", LOST.kind, "orders", "silent loss", "It loses.")


@pytest.mark.parametrize(
    ("first", "count", "parts"),
    [
        (0, 60, [(0, 25), (25, 25), (50, 10)]),
        (20, 10, [(20, 5), (25, 5)]),
        (25, 25, [(25, 25)]),
        (7, 0, []),
    ],
)
def test_chunks_end_at_round_numbers(first: int, count: int, parts: list[tuple[int, int]]) -> None:
    assert list(many.chunks(first, count)) == parts


def results(first: int, count: int, *failing: seeds.Outcome) -> many.Results:
    return many.Results(
        first=first,
        count=count,
        finished=count,
        commands=count * 9,
        seconds=1.0,
        failing=failing,
        reached={"step": {"set_quota done": count}},
    )


def keep(folder: Path, one: many.Results) -> None:
    many._keep(folder / many._name(one.first, one.count), one)


def test_kept_chunks_are_not_played_again(tmp_path: Path) -> None:
    kept = [results(0, 25, seeds.Outcome(seed=3, broken=(LOST,))), results(25, 5)]
    for one in kept:
        keep(tmp_path, one)
    assert list(many.all_of(0, 30, tmp_path)) == kept


def test_what_is_played_is_kept_and_interrupted_chunks_are_played_anew(tmp_path: Path) -> None:
    (tmp_path / many._name(0, 1)).with_suffix(".half").write_text("{")
    first = list(many.all_of(0, 1, tmp_path))
    assert [(one.first, one.count, bool(one.commands)) for one in first] == [(0, 1, True)]
    assert first[0].coverage().of("step")["create_topic done"] == 1
    assert list(many.all_of(0, 1, tmp_path)) == first


def dies(first: int, count: int) -> many.Results:
    if first == 50:
        os.kill(os.getpid(), signal.SIGKILL)
    return results(first, count)


def test_a_process_that_dies_is_a_failure_of_its_seeds_alone(tmp_path: Path) -> None:
    found = list(many.all_of(0, 150, tmp_path, dies))
    assert sorted((one.first, bool(one.failing)) for one in found) == [
        (first, first == 50) for first in range(0, 150, 25)
    ]
    (failing,) = (outcome for one in found for outcome in one.failing)
    assert failing.broken[0].told == "a process died in one of the seeds 50 to 74"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    return tmp_path / command.commit()


@pytest.mark.parametrize(
    ("known", "line", "code"),
    [
        ((), "worlds: 25 seeds, 2 broken, 0 expected, 1500 a minute", 1),
        ((KNOWN,), "worlds: 25 seeds, 1 broken, 1 expected, 1500 a minute", 1),
        (
            (KNOWN, KNOWN._replace(kind=seeds.HANGS, told="")),
            "worlds: 25 seeds, 0 broken, 2 expected, 1500 a minute",
            0,
        ),
    ],
)
def test_a_run_ends_with_its_numbers_and_fails_where_something_is_broken(
    known: tuple[Known, ...],
    line: str,
    code: int,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "KNOWN", known)
    monkeypatch.setattr(command, "watched", lambda history, look: ())
    hang = Broken(seeds.HANGS, "", "it takes more than 60 s of a processor")
    failing = (seeds.Outcome(seed=3, broken=(LOST,)), seeds.Outcome(seed=9, broken=(hang,)))
    keep(store, results(0, 25, *failing))
    assert command.main(["seeds", "25"]) == code
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == line
    word = "expected" if known else "broken"
    assert f"{word}: seed 3 of generation {GENERATION}: a record is lost" in out


def test_a_hang_and_an_exception_of_the_world_break_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(*_: object) -> None:
        while True:
            try:
                sum(range(1000))
            except Exception:
                continue

    monkeypatch.setattr(seeds, "play", forever)
    monkeypatch.setattr(seeds, "MOST_SECONDS", 1)
    assert [b.kind for b in seeds.watched(History())] == [seeds.HANGS]

    def fails(*_: object) -> None:
        raise KeyError("a topic")

    monkeypatch.setattr(seeds, "play", fails)
    (broken,) = seeds.watched(History())
    assert broken.kind == seeds.FAILS
    assert re.fullmatch(r"test_many\.py:fails: KeyError: 'a topic'", broken.told)


def test_results_belong_to_the_code_that_was_played() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}(-[0-9a-f]{8})?", command.commit())


def test_more_chunks_than_one_pool_plays_are_all_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "A_POOL", 2)
    found = list(many.all_of(0, 5 * many.CHUNK, tmp_path, results))
    assert sorted(one.first for one in found) == [0, 25, 50, 75, 100]
