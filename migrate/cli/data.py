"""`kmig verify data`: both logs of every copied topic read, record by record."""

from typing import TYPE_CHECKING

from migrate.cli.session import Session, agree, both, say
from migrate.documents.report import Report
from migrate.errors import CannotTell
from migrate.model.words import count, volume

if TYPE_CHECKING:
    from migrate.logs.mapping import Pair


def data(here: Session, wave: int, *, yes: bool) -> Report:
    """Return the report on the copied topics of a wave, or of all; their maps are extended to the logs' ends."""
    from migrate.checks.data import judge
    from migrate.execute import guards
    from migrate.journal.copying import copy_connectors
    from migrate.logs.lag import next_offsets
    from migrate.logs.mapping import Pace, Pass, mapped, pair

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
        _announce(here, sides, topics, config.reading_rate, yes=yes)
        places = sorted(sites.source.reader.ends(topics))
        pace = Pace(sites.clock, config.reading_rate)
        reading = Pass(copied, pace, lambda p: say(f"reading {p[0]}-{p[1]}"))
        found = tuple(mapped(sides, maps, places, reading))
        moment = sites.clock.now()
    waves = tuple(w.number for w in plan.waves if wave in (0, w.number))
    return Report(name="data", made_at=moment, waves=waves, checks=judge(found))


def _announce(here: Session, sides: "Pair", topics: list[str], rate: float, *, yes: bool) -> None:
    """Say how much is read, and for how long; ask above `policy.verify.max_bytes`."""
    source, target = (
        sum(site.reader.sizes(topics).values()) for site in (sides.source, sides.target)
    )
    hours = f", {max(source, target) / rate / 3600:,.1f} h at {volume(int(rate))}/s" if rate else ""
    said = f"{volume(source)} on the source and {volume(target)} on the target"
    say(f"{count(len(topics), 'topic')}: {said} at most{hours}")
    if max(source, target) > here.folder.config().policy.verify.max_bytes:
        agree(f"Read {said}?", yes=yes)
