"""A sample is placed by its records alone: whole blocks are found again, and nothing else is called so."""

from migrate.logs.mapping import Pace
from migrate.logs.sampling import Sample, sampled
from tests.logs.model_logs import PLACE, History
from tests.logs.small import small
from tests.logs.test_maps import FAULTS, KINDS, played

MANY = 500
ALL = Sample(1.0, "seed")


def blocks(here: History, upto: int) -> list[list[int | None]]:
    """The visible contents of each block that a sample of everything reads."""
    starts = list(ALL.blocks(PLACE, here.source.start, upto))
    found = (
        [e.content for e in here.source.seen(b, min((b // 16 + 1) * 16, upto))] for b in starts
    )
    return [one for one in found if one]


def contiguous(here: History, block: list[int | None]) -> bool:
    there = [e.content for e in here.target.entries if e.content is not None]
    return any(there[i : i + len(block)] == block for i in range(len(there) - len(block) + 1))


def test_a_copy_without_a_fault_is_found_again_block_by_block() -> None:
    read = 0
    with small():
        for seed in range(MANY):
            here, _ = played(seed, ())
            found = sampled(here.pair(), PLACE, ALL, here.at, Pace(here.clock))
            assert found.faults == (), seed
            assert found.unproven == (), seed
            assert found.blocks == len(blocks(here, min(here.at, here.source.end)))
            read += found.records
    assert read > 20 * MANY


def test_what_is_called_found_lies_there_in_one_piece() -> None:
    faults = 0
    with small():
        for kind, events in FAULTS.items():
            for seed in range(MANY // 10):
                here, _ = played(seed, events, kinds=KINDS.get(kind, 0))
                upto = here.at if seed % 2 else None
                found = sampled(here.pair(), PLACE, ALL, upto, Pace(here.clock))
                end = here.source.end if upto is None else min(upto, here.source.end)
                whole = [b for b in blocks(here, end) if contiguous(here, b)]
                bad = len(found.faults) + len(found.unproven)
                assert found.blocks - bad <= len(whole), (kind, seed)
                faults += len(found.faults)
    assert faults > 50


def test_a_missing_record_is_a_fault_of_its_block() -> None:
    with small():
        for seed in range(MANY):
            here, _ = played(seed, ())
            there = [n for n, e in enumerate(here.target.entries) if e.content is not None]
            if len(there) < 100:
                continue
            lost = there[here.chance.randrange(20, len(there) - 20)]
            content = here.target.entries.pop(lost).content
            found = sampled(here.pair(), PLACE, ALL, here.at, Pace(here.clock))
            bad = [b for b in blocks(here, min(here.at, here.source.end)) if content in b]
            assert len(found.faults) + len(found.unproven) == len(bad), (seed, found)


def test_the_seed_chooses_and_the_share_counts() -> None:
    some = list(Sample(0.1, "a").blocks(PLACE, 0, 4096 * 1000))
    assert some == list(Sample(0.1, "a").blocks(PLACE, 0, 4096 * 1000))
    assert some != list(Sample(0.1, "b").blocks(PLACE, 0, 4096 * 1000))
    assert 60 < len(some) < 140
    assert list(Sample(0.0, "a").blocks(PLACE, 0, 4096 * 1000)) == [0]
    assert list(Sample(0.5, "a").blocks(PLACE, 10, 300)) == [10]
    assert list(Sample(0.5, "a").blocks(PLACE, 10, 10)) == []


def test_alike_records_and_compacted_topics_prove_nothing() -> None:
    with small():
        here, _ = played(3, (), kinds=1)
        for _ in range(5):
            here.produce()
            here.copy()
        found = sampled(here.pair(), PLACE, ALL, here.at, Pace(here.clock))
        assert found.records == 0
        assert "alike" in found.unproven[0]
        here, _ = played(3, (), keys=3)
        found = sampled(here.pair(), PLACE, ALL, here.at, Pace(here.clock))
        assert "compacted" in found.unproven[0]
