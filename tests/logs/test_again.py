"""A map verified again: what is as it was is counted, and what is not takes the map back from there on."""

import pytest

from migrate.logs import again
from migrate.logs.again import Verified, verified_again
from migrate.logs.logmap import read
from migrate.logs.mapping import Pace
from migrate.logs.stretches import Word
from tests.logs.model_logs import PLACE, History
from tests.logs.small import small
from tests.logs.test_many import Apart
from tests.logs.test_maps import FAULTS, played

MANY = 300


def verified(here: History, *, many: bool = False) -> Verified:
    builders = Apart(here) if many else None
    found = verified_again(builders, here.pair(), here.maps, [PLACE], Pace(here.clock))
    return found[0] if found else Verified(PLACE)


def equal(here: History) -> int:
    known = read(here.maps.lines(PLACE))
    stretches = known.stretches if known else []
    return sum(one.records[0] for one in stretches if one.word == Word.EQUAL)


def test_what_is_as_it_was_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by processes that share nothing, of which some are lost."""
    monkeypatch.setattr(again, "_AT_ONCE", 2)
    with small():
        for seed in range(MANY):
            here, _ = played(seed, FAULTS["everything" if seed % 2 else "nothing"])
            known = equal(here)
            alone = verified(here)
            assert not alone.differs, seed
            assert alone.records + alone.one_sided + alone.lost == known, seed
            assert verified(here, many=True) == alone, seed
            if seed % 2 == 0:
                assert alone.records == known, seed


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_record_that_is_another_one_takes_the_map_back(side: str) -> None:
    found_out = 0
    with small():
        for seed in range(MANY):
            here, _ = played(seed, ())
            log = here.source if side == "source" else here.target
            known = read(here.maps.lines(PLACE))
            spans = (
                [s.source if side == "source" else s.target for s in known.stretches]
                if known
                else []
            )
            seen = [
                n
                for n, e in enumerate(log.entries)
                if e.content is not None and any(b <= e.offset < u for b, u in spans)
            ]
            if not seen:
                continue
            number = here.chance.choice(seen)
            log.entries[number] = log.entries[number]._replace(content=99_999)
            found = verified(here)
            at = log.entries[number].offset
            assert f"of the {side} hold other records" in found.differs, seed
            left = read(here.maps.lines(PLACE))
            assert left is not None
            assert left.reaches(0 if side == "source" else 1) <= at
            # the next pass reads there, and names both records
            words = {one.word for one in here.look().stretches}
            assert {Word.MISSING, Word.EXTRA} & words or Word.PENDING in words, seed
            found_out += 1
    assert found_out > MANY / 2


def test_what_has_expired_on_the_source_is_held_against_its_digest() -> None:
    with small():
        here, _ = played(1, ())
        here.produce()
        while here.at < here.source.end:
            here.copy()
        here.look()
        known = equal(here)
        here.source.expire(here.source.end)
        found = verified(here)
        assert (found.records, found.one_sided, found.lost) == (0, known, 0)
        here.target.expire(here.target.end)
        assert verified(here) == Verified(PLACE, lost=known)
