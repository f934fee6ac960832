"""`kmig verify data`: both logs of every copied topic read, record by record."""

from typing import TYPE_CHECKING

from migrate.cli.session import Session, agree, both, say
from migrate.documents.report import Report
from migrate.errors import CannotTell
from migrate.logs.logmap import BEGUN
from migrate.model.words import count, first_of, volume

_WINDOW = 2.0

if TYPE_CHECKING:
    from migrate.ports import Sites


def data(here: Session, wave: int, *, yes: bool) -> Report:
    """Return the report on the copied topics of a wave, or of all; their maps are extended to the logs' ends."""
    from migrate.checks.data import judge
    from migrate.execute import guards
    from migrate.journal.copying import copy_connectors
    from migrate.logs.lag import bytes_a_second, next_offsets, paces
    from migrate.logs.looking import pair
    from migrate.logs.mapping import Pace, Pass, mapped

    plan = guards.true_plan(here.folder)
    journal, config = here.folder.executed(), here.folder.config()
    copies = copy_connectors(journal)
    mine = {t for w in plan.waves if wave in (0, w.number) for t in w.copies}
    wanted = {name: tuple(t for t in c.topics if t in mine) for name, c in copies.items()}
    wanted = {name: topics for name, topics in wanted.items() if topics}
    if not wanted:
        raise CannotTell(
            "no topic is copied now, so there is nothing to compare",
            "run `kmig replicate WAVE` first; a topic that has left its copy was drained by its cutover",
        )
    with both(here, plan, moving=True) as opened:
        sites, maps = opened.sites, opened.sites.maps
        assert maps
        topics = sorted({t for some in wanted.values() for t in some})
        sides = pair(sites, topics)
        copied = next_offsets(sites, wanted)
        measured = bytes_a_second(sites, paces(sites, wanted, _WINDOW))
        pace = Pace(sites.clock, config.reading_rate(*measured))
        announce(here, sites, topics, pace.rate, yes=yes)
        places = sorted(sites.source.reader.ends(topics))
        reading = Pass(copied, pace, lambda p: say(f"reading {p[0]}-{p[1]}"))
        found = tuple(mapped(sides, maps, places, reading))
        moment = sites.clock.now()
    waves = tuple(w.number for w in plan.waves if wave in (0, w.number))
    return Report(name="data", made_at=moment, waves=waves, checks=judge(found))


def announce(here: Session, sites: "Sites", topics: list[str], rate: float, *, yes: bool) -> None:
    """Say how much is read the first time, and for how long; ask above `policy.verify.max_bytes`."""
    assert sites.maps
    unread = {p for p in sites.source.reader.ends(topics) if len(sites.maps.lines(p)) < BEGUN}
    source, target = (
        sum(size for place, size in site.reader.sizes(topics).items() if place in unread)
        for site in (sites.source, sites.target)
    )
    if not unread:
        return
    said = f"{volume(source)} on the source and {volume(target)} on the target"
    hours = f", {max(source, target) / rate / 3600:,.1f} h at {volume(int(rate))}/s" if rate else ""
    say(f"{count(len(unread), 'partition')} to compare for the first time: {said}{hours}")
    if tiered := _tiered(sites, {topic for topic, _ in unread}):
        say(f"and what they keep in tiered storage: {first_of(tiered, 5)}")
    if max(source, target) > here.folder.config().policy.verify.max_bytes:
        agree(f"Read {said}?", yes=yes)


def _tiered(sites: "Sites", topics: set[str]) -> list[str]:
    """Return the topics of which a side keeps older records in tiered storage; their size is not told by a broker."""
    key = "remote.storage.enable"
    found = (site.reader.effective(topics, [key]) for site in (sites.source, sites.target))
    return sorted(
        {topic for side in found for topic, own in side.items() if own.get(key) == "true"}
    )
