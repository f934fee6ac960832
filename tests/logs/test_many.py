"""Maps made by several processes: the same ones, slice by slice, whoever is lost on the way."""

import pickle
from collections.abc import Iterable, Iterator
from random import Random

import pytest

from migrate.logs import many
from migrate.logs.logmap import FAR
from migrate.logs.many import built, mapped_by_many
from migrate.logs.mapping import Pace, Pass
from migrate.ports.maps import Built, Slice
from tests.fakes.memory_maps import MemoryMaps
from tests.logs.model_logs import PLACE, History
from tests.logs.small import small
from tests.logs.test_maps import FAULTS, KINDS, played

MANY = 1_000


class Apart:
    """`Builders` that share nothing with who asks them; now and then one is lost, and another does its slice."""

    count = 2

    def __init__(self, here: History) -> None:
        self.here, self.chance = here, Random(here.seed)
        self.made = 0

    def built(self, slices: Iterable[Slice]) -> Iterator[Built]:
        for one in slices:
            sent = pickle.dumps(one)
            if self.chance.random() < 0.3:
                built(self.here.pair(), pickle.loads(sent))  # by one that is lost before it answers
            self.made += 1
            yield pickle.loads(pickle.dumps(built(self.here.pair(), pickle.loads(sent))))


@pytest.mark.parametrize("kind", ["nothing", "everything", "all payloads alike"])
def test_a_map_is_the_same_whoever_makes_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice ends after one decision here."""
    monkeypatch.setattr(many, "SECONDS", 0.0)
    slices = 0
    with small():
        for seed in range(MANY):
            here, _ = played(seed, FAULTS[kind], kinds=KINDS.get(kind, 0))
            alone, maps, builders = here.anew(), MemoryMaps(), Apart(here)
            reading = Pass({PLACE: here.at}, Pace(here.clock))
            (found,) = mapped_by_many(builders, maps, {PLACE: 1}, {PLACE: FAR}, reading)
            assert found.finished
            assert found.known.stretches == alone.known.stretches, seed
            slices += builders.made
    assert slices > 2 * MANY
