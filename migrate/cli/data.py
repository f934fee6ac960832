"""`kmig verify data`: both logs of every copied topic read, record by record."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.cli.session import Session, agree, both, say
from migrate.documents.report import Report
from migrate.errors import CannotTell
from migrate.logs.logmap import BEGUN
from migrate.model.words import count, first_of, volume

_WINDOW = 2.0
_MUCH = 64_000_000
"""Bytes that are worth the second in which processes start."""

if TYPE_CHECKING:
    from migrate.logs.again import Verified
    from migrate.logs.mapping import Mapped
    from migrate.model.check import Check
    from migrate.model.record import TopicPartition
    from migrate.ports import Sites


@dataclass(frozen=True)
class Reading:
    """How data is to be verified: `again` reads what was equal; a `sample` is a percentage, chosen by a seed."""

    yes: bool = False
    again: bool = False
    sample: float = 0.0
    seed: str = ""


def data(here: Session, wave: int, asked: Reading) -> Report:
    """Return the report on the copied topics of a wave, or of all; their maps are extended to the logs' ends.

    A sample makes no map.
    """
    from migrate.checks.data import judge, judge_again
    from migrate.execute import guards
    from migrate.journal.copying import copy_connectors

    plan = guards.true_plan(here.folder)
    copies = copy_connectors(here.folder.executed())
    mine = {t for w in plan.waves if wave in (0, w.number) for t in w.copies}
    wanted = {name: tuple(t for t in c.topics if t in mine) for name, c in copies.items()}
    wanted = {name: topics for name, topics in wanted.items() if topics}
    if not wanted:
        raise CannotTell(
            "no topic is copied now, so there is nothing to compare",
            "run `kmig replicate WAVE` first; a topic that has left its copy was drained by its cutover",
        )
    with both(here, plan, moving=True) as opened:
        checks: tuple[Check, ...] = ()
        if asked.sample:
            checks = _sampled(here, opened.sites, wanted, asked)
        else:
            if asked.again:
                checks = judge_again(_again(here, opened.sites, wanted))
            checks += judge(_read(here, opened.sites, wanted, yes=asked.yes))
        moment = opened.sites.clock.now()
    waves = tuple(w.number for w in plan.waves if wave in (0, w.number))
    return Report(name="data", made_at=moment, waves=waves, checks=checks)


def _sampled(
    here: Session, sites: "Sites", wanted: dict[str, tuple[str, ...]], asked: Reading
) -> "tuple[Check, ...]":
    """Look for a sample of the source's records on the target."""
    from migrate.checks.data import judge_samples
    from migrate.logs.lag import told
    from migrate.logs.looking import pair
    from migrate.logs.mapping import Pace
    from migrate.logs.sampling import Sample, sampled

    topics = sorted({t for some in wanted.values() for t in some})
    sides, copied = pair(sites, topics), told(sites, wanted)
    seed = asked.seed or secrets.token_hex(4)
    pace = Pace(sites.clock, here.folder.config().reading_rate(0.0, 0.0))
    sample, kmig_knows = Sample(asked.sample / 100, seed), here.folder.config().copied_by == "kmig"
    found = []
    for place in sorted(sites.source.reader.ends(topics)):
        say(f"reading {place[0]}-{place[1]}")
        upto = copied.get(place, 0) if kmig_knows else None
        found.append(sampled(sides, place, sample, upto, pace))
    return judge_samples(found, seed)


def _again(here: Session, sites: "Sites", wanted: dict[str, tuple[str, ...]]) -> "list[Verified]":
    """Read what the maps have as equal once more, by several processes where it is much."""
    from migrate.logs.again import verified_again
    from migrate.logs.looking import pair
    from migrate.logs.mapping import Pace

    assert sites.maps
    topics = sorted({t for some in wanted.values() for t in some})
    sides, sizes = pair(sites, topics), sites.source.reader.sizes(topics)
    pace, places = Pace(sites.clock, here.folder.config().reading_rate(0.0, 0.0)), sorted(sizes)
    say(f"reading again what the maps of {count(len(places), 'partition')} say")
    if not _many(here, sum(sizes.values())):
        return verified_again(None, sides, sites.maps, places, pace)
    with here.world.builders(here.folder, sites) as builders:
        return verified_again(builders, sides, sites.maps, places, pace)


def _many(here: Session, size: int) -> bool:
    """Whether several processes are to read so many bytes."""
    policy = here.folder.config().policy.verify
    return policy.processes is not None or policy.workers != "local" or size > _MUCH


def _read(
    here: Session, sites: "Sites", wanted: dict[str, tuple[str, ...]], *, yes: bool
) -> "tuple[Mapped, ...]":
    """Extend the maps of these topics to the ends of their logs; what was never read, by several processes."""
    from migrate.logs.lag import bytes_a_second, paces, told
    from migrate.logs.looking import pair
    from migrate.logs.many import mapped_by_many
    from migrate.logs.mapping import Pace, Pass, mapped

    assert sites.maps
    config, topics = here.folder.config(), sorted({t for some in wanted.values() for t in some})
    sides, copied = pair(sites, topics), told(sites, wanted)
    # of a foreign copy only reading tells the pace
    seen = paces(sites, wanted, _WINDOW) if config.copied_by == "kmig" else ()
    measured = bytes_a_second(sites, seen)
    pace = Pace(sites.clock, config.reading_rate(*measured))
    announce(here, sites, topics, pace.rate, yes=yes)
    uptos = {place: ends.stable for place, ends in sites.source.reader.ends(topics).items()}
    places = sorted(uptos)
    reading = Pass(copied, pace, lambda p: say(f"reading {p[0]}-{p[1]}"))
    new = unread(sites, topics)
    if len(new) > 1 and _many(here, sum(new.values())):
        with here.world.builders(here.folder, sites) as builders:
            if builders is not None:
                list(mapped_by_many(builders, sites.maps, new, uptos, reading))
    # what several have made is read up to what has come since, and judged
    return tuple(mapped(sides, sites.maps, places, reading))


def announce(here: Session, sites: "Sites", topics: list[str], rate: float, *, yes: bool) -> None:
    """Say how much is read the first time, and for how long; ask above `policy.verify.max_bytes`."""
    assert sites.maps
    new = unread(sites, topics)
    if not new:
        return
    there = sites.target.reader.sizes(topics)
    source, target = sum(new.values()), sum(size for place, size in there.items() if place in new)
    said = f"{volume(source)} on the source and {volume(target)} on the target"
    hours = f", {max(source, target) / rate / 3600:,.1f} h at {volume(int(rate))}/s" if rate else ""
    say(f"{count(len(new), 'partition')} to compare for the first time: {said}{hours}")
    if tiered := _tiered(sites, {topic for topic, _ in new}):
        say(f"and what they keep in tiered storage: {first_of(tiered, 5)}")
    if max(source, target) > here.folder.config().policy.verify.max_bytes:
        agree(f"Read {said}?", yes=yes)


def unread(sites: "Sites", topics: list[str]) -> dict["TopicPartition", int]:
    """Return the partitions that were never compared, with their bytes on the source."""
    assert sites.maps
    sizes = sites.source.reader.sizes(topics)
    places = sites.source.reader.ends(topics)
    return {p: sizes.get(p, 0) for p in places if len(sites.maps.lines(p)) < BEGUN}


def _tiered(sites: "Sites", topics: set[str]) -> list[str]:
    """Return the topics of which a side keeps older records in tiered storage; their size is not told by a broker."""
    key = "remote.storage.enable"
    found = (site.reader.effective(topics, [key]) for site in (sites.source, sites.target))
    return sorted(
        {topic for side in found for topic, own in side.items() if own.get(key) == "true"}
    )
