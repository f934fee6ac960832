"""What a map says is true: held against a model that knows every record, over thousands of histories."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from unittest.mock import patch

import pytest

from migrate.logs import through
from migrate.logs.align import Alignment, align
from migrate.logs.mapping import Mapped
from migrate.logs.stretches import GOES_ON, Stretch, Word
from migrate.logs.through import Ordered, Through
from migrate.model.record import VisibleRecord
from tests.logs.model_logs import History
from tests.logs.small import small

MANY = 2_000
"""Histories of each kind that matters most. They take a second or two."""
FEW = 500

Event = Callable[[History], object]
CALM: tuple[Event, ...] = (History.produce, History.copy, History.look)
FAULTS: dict[str, tuple[Event, ...]] = {
    "nothing": (),
    "a replay": (History.replay,),
    "a replay longer than the window": (History.replay_longer_than_the_window,),
    "a gap and a later copy": (History.gap,),
    "all payloads alike": (History.replay, History.skip),
    "few payloads": (History.replay, History.skip, History.gap),
    "records skipped": (History.skip,),
    "another hand": (History.another_hand,),
    "retention on the target": (History.expire_on_target,),
    "elections": (History.source_loses_its_end, History.target_loses_its_end),
    "a kill": (History.look_and_die,),
    "everything": (
        *(History.replay, History.gap, History.skip, History.another_hand, History.look_and_die),
        *(History.source_loses_its_end, History.target_loses_its_end, History.expire_on_target),
    ),
}
MOST = {
    "a replay longer than the window",
    "a gap and a later copy",
    "all payloads alike",
    "elections",
    "a kill",
    "everything",
}
KINDS = {"all payloads alike": 1, "few payloads": 3}


def played(
    seed: int, faults: Iterable[Event], kinds: int = 0, keys: int = 0
) -> tuple[History, Mapped]:
    """A history that ends at any moment, with the copier alive, and what the map says then."""
    here = History(seed, kinds, keys)
    events = [*CALM * 3, History.produce, History.copy, *faults]
    for _ in range(here.chance.randint(3, 25)):
        here.chance.choice(events)(here)
    return here, here.look()


def wrong(here: History, found: Mapped) -> list[Stretch]:
    """The stretches that say `equal` of sequences that are not."""
    return [
        one
        for one in found.stretches
        if one.word == Word.EQUAL and here.source.was(*one.source) != here.target.was(*one.target)
    ]


@pytest.mark.parametrize("kind", FAULTS)
def test_equal_means_equal(kind: str) -> None:
    words: Counter[Word] = Counter()
    many = MANY if kind in MOST else FEW
    with small():
        for seed in range(many):
            here, found = played(seed, FAULTS[kind], kinds=KINDS.get(kind, 0))
            assert wrong(here, found) == [], (kind, seed)
            words.update(one.word for one in found.stretches)
            if not here.faults:
                alone = {one.word for one in found.stretches} - {Word.EQUAL, Word.PENDING}
                assert not alone, (kind, seed)
    assert words[Word.EQUAL] > many, words


def test_a_map_made_anew_is_the_same() -> None:
    kinds: tuple[Event, ...] = (History.replay, History.skip, History.look_and_die)
    with small():
        for seed in range(MANY):
            here, found = played(seed, kinds)
            assert here.anew().known.stretches == found.known.stretches, seed


def test_every_record_is_accounted_for() -> None:
    """Nothing of either log is passed over without a word, where records are only skipped and repeated."""
    with small():
        for seed in range(MANY):
            here, found = played(seed, (History.replay, History.skip, History.another_hand))
            both, missing, extra = (
                sum(one.records[side] for one in found.stretches if one.word in words)
                for side, words in ((0, GOES_ON), (0, {Word.MISSING}), (1, {Word.EXTRA}))
            )
            if any(one.word == Word.UNPROVEN for one in found.stretches):
                continue
            pending = [one for one in found.left if one.word == Word.PENDING]
            upto = pending[0].source[0] if pending else here.source.end
            assert both + missing == len(here.source.was(0, upto)), seed
            assert both + extra == len(here.target.was(0, here.target.end)), seed


def test_a_key_that_was_deleted_unseen_is_stale_and_no_other() -> None:
    events: tuple[Event, ...] = (History.compact, History.forget_deletions, History.look_and_die)
    stale = 0
    with small():
        for seed in range(MANY):
            here, _ = played(seed, events, keys=(3, 8, 40)[seed % 3])
            while any(e.offset >= here.at for e in here.source.entries):
                here.copy()
            here.at = here.source.end
            found = here.anew()
            odd = {one.word for one in found.stretches} - {*GOES_ON, Word.STALE}
            assert not odd, seed
            said = {key for one in found.left for key, _ in one.opened}
            alive = [
                {e.key for e in {e.key: e for e in log.ever if e.content}.values() if not e.tomb}
                for log in (here.source, here.target)
            ]
            assert said == {key.to_bytes(16, "big") for key in alive[1] - alive[0]}, seed
            stale += len(said)
    assert stale > MANY / 100


@pytest.mark.parametrize("kind", ["nothing", "everything", "few payloads", "all payloads alike"])
def test_a_place_through_the_map_is_that_of_both_logs_read_to_their_ends(kind: str) -> None:
    exact = placed = 0
    with small():
        for seed in range(MANY):
            here, found = played(seed, FAULTS[kind], kinds=KINDS.get(kind, 0))
            for _ in range(2):
                commit = here.chance.randint(here.source.start, here.source.end)
                told = Through(Ordered(found.stretches), here.fetch, held=here.target.start).place(
                    commit
                )
                if told.offset is None:
                    continue
                placed += 1
                exact += told.exact
                pending = [one.source[0] for one in found.left if one.word == Word.PENDING]
                upto = pending[0] if pending else here.source.end
                unread = here.source.records(commit, upto)
                best = align(unread, here.target.records(0, here.target.end))
                assert best.missing is None, (kind, seed, commit)
                after = here.target.records(told.offset, here.target.end)
                if unread:
                    assert told.offset == best.position(commit), (kind, seed, commit)
                    assert told.reread == len(after) - len(unread), (kind, seed, commit)
                else:
                    assert not after or told.reread, (kind, seed, commit)
    assert placed > MANY / 2, placed
    assert exact > MANY / 4, exact


def test_a_match_from_the_front_is_found_out() -> None:
    """Planted: with source `A A B` and target `A A A B` it would read a record again that need not be."""

    def forward(tail: Sequence[VisibleRecord], other: Sequence[VisibleRecord]) -> Alignment:
        places: list[int | None] = []
        at = 0
        for one in tail:
            found = next((i for i in range(at, len(other)) if other[i].mark == one.mark), None)
            places.append(found)
            at = at if found is None else found + 1
        return Alignment(tail, other, tuple(places))

    with patch.object(through, "align", forward), pytest.raises(AssertionError):
        test_a_place_through_the_map_is_that_of_both_logs_read_to_their_ends("all payloads alike")
