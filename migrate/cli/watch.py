"""kmig watch."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.data import announce
from migrate.cli.session import Session, both, say, session
from migrate.errors import CannotTell, KmigError, Refused
from migrate.folder import WATCHED
from migrate.model.check import Verdict
from migrate.model.words import count, lasting, volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.checks.copies import Copies
    from migrate.checks.moved import FrozenTopics, MovedGroup
    from migrate.documents.plan import Plan
    from migrate.documents.watched import Watched
    from migrate.journal.standing import Journal
    from migrate.model.waiver import Readers
    from migrate.ports import Hooks, Sites

_DAY = 86_400
_WINDOW = 2.0
_HOOK_SECONDS = 60.0


def watch(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and end: for cron. Exit 1 when a check fails.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Read more than `policy.verify.max_bytes` without asking."
        ),
    ] = False,
) -> None:
    """Watch running copies and moved groups, for the weeks between the first copy and the last wave.

    Each look extends the maps of the copied topics, for at most `watch.seconds`. It takes no lock of the migration
    and writes nothing to the journal, so it runs beside every other command. `kmig status` shows its last word.

    Exit 1 when a check fails, 3 when one cannot tell. Without --once it goes on until it is interrupted.

    Example: kmig watch --once --yes
    """
    here = session(context)
    if once:
        _verdict(_shown(here, yes=yes, whole=True))
        return
    while True:
        try:
            _shown(here, yes=yes, whole=False)
            yes = True  # what was agreed to once is not asked for again
        except Refused:
            raise
        except KmigError as error:
            say(f"error: {error.message}")
        here.world.clock().sleep(here.folder.config().watch.every_seconds)


def _shown(here: Session, *, yes: bool, whole: bool) -> "Watched":
    """Look once; print the whole where something changed, or else one line."""
    from migrate.render import tables

    found, changed = _look(here, yes=yes)
    if changed or whole:
        here.show(tables.watched(found), found)
    say(f"{found.made_at:%Y-%m-%d %H:%M:%S} UTC: {found.said}")
    return found


def _verdict(found: "Watched") -> None:
    if found.verdict is Verdict.FAIL:
        raise KmigError(f"the watch found faults: {found.said}", "see the failing checks above")
    if found.verdict is Verdict.UNKNOWN:
        raise CannotTell(f"the watch could not tell: {found.said}")


def _look(here: Session, *, yes: bool) -> "tuple[Watched, bool]":
    """Look once, and write down what was found; return whether it differs from the last look."""
    from migrate.checks import copies, moved
    from migrate.documents.watched import Watched
    from migrate.journal.copying import copy_connectors
    from migrate.model.check import Check
    from migrate.render.metrics import metrics

    plan, journal, config = here.folder.plan(), here.folder.executed(), here.folder.config()
    readers = _readers(here, plan, journal)
    carried = {name: copy.topics for name, copy in copy_connectors(journal).items()}
    last = here.folder.watched()
    with both(here, plan, moving=True) as opened:
        sites = opened.sites
        found, reading = copies.look(sites, carried, _WINDOW), "nothing is copied now"
        if carried:
            found, reading = _read(here, sites, found, readers, yes=yes)
        there = moved.gather(sites, _moved(journal), _frozen(plan, journal))
        moment = sites.clock.now()
        checks = (*copies.judge(found, readers, moment.date()), *moved.judge(there, moment))
        nothing = Check(
            name="watch", verdict=Verdict.PASS, evidence=("nothing is copied or moved",)
        )
        made = Watched(
            made_at=moment,
            reading=reading,
            checks=checks or (nothing,),
            topics=copies.topics(found),
            groups=moved.unjoined(there),
        )
        sealed = here.folder.save(WATCHED, made)
        if config.watch.metrics:
            here.folder.publish(config.watch.metrics, metrics(sealed))
        changed = last is None or last.faults != sealed.faults
        if changed and config.watch.hook:
            _run(sites.moving.hooks, config.watch.hook, sealed, here.folder.path / WATCHED)
    return sealed, changed


def _read(
    here: Session, sites: "Sites", found: "Copies", readers: "Readers", *, yes: bool
) -> "tuple[Copies, str]":
    """Extend the maps for a bounded time; say how far, and how often that is needed."""
    from migrate.checks import copies
    from migrate.logs.lag import bytes_a_second
    from migrate.logs.mapping import Pace, Pass

    config = here.folder.config()
    copied, produced = bytes_a_second(sites, found.paces)
    pace = Pace(sites.clock, config.reading_rate(copied, produced))
    topics = [t for some in found.topics.values() for t in some]
    announce(here, sites, topics, pace.rate, yes=yes)
    begun = sites.clock.monotonic()
    reading = Pass(
        copies.copied(sites, found.copiers),
        pace,
        lambda p: say(f"reading {p[0]}-{p[1]}"),
        until=begun + config.watch.seconds,
    )
    found = copies.read(sites, found, readers, reading)
    took = max(sites.clock.monotonic() - begun, 0.001)
    size = max(pace.spent.values(), default=0)
    done = sum(one.finished for one in found.maps)
    said = f"{volume(size)} read in {lasting(took)}, {done} of {count(len(found.maps), 'partition')} to the end"
    if needed := produced * _DAY:
        runs = math.ceil(needed / max(size / took * config.watch.seconds, 1.0))
        said += f"; {count(runs, 'run')} a day of {lasting(config.watch.seconds)} keep pace"
    return found, said


def _readers(here: Session, plan: "Plan", journal: "Journal") -> "Readers":
    """Return every group of the plan, on the side that it reads now."""
    from migrate.journal.positions import left_source
    from migrate.model.waiver import Readers

    across = left_source(journal, plan)
    every = {group for wave in plan.waves for group in wave.groups}
    return Readers(
        here=tuple(sorted(every - across.keys())),
        across=tuple(sorted(across)),
        waivers=here.folder.workloads().waive,
        moved=across,
    )


def _moved(journal: "Journal") -> "Iterator[MovedGroup]":
    from migrate.checks.moved import MovedGroup
    from migrate.steps import CommitOffsets

    for state, step in journal.standing(CommitOffsets):
        if state.event == "done":
            yield MovedGroup(step.group, state.at, step.translations)


def _frozen(plan: "Plan", journal: "Journal") -> "Iterator[FrozenTopics]":
    from migrate.checks.moved import FrozenTopics
    from migrate.journal.positions import frozen
    from migrate.journal.progress import Status, status_of

    for wave in plan.waves:
        ends = frozen(journal, wave.number)
        if ends and status_of(journal, wave, "close") is not Status.DONE:
            yield FrozenTopics(wave.number, wave.owns_topics, ends)


def _run(hooks: "Hooks", command: tuple[str, ...], found: "Watched", path: Path) -> None:
    """Run the hook of kmig.yaml; that it failed is told, and changes no verdict."""
    facts = {
        "KMIG_VERDICT": found.verdict.value,
        "KMIG_SAID": found.said,
        "KMIG_WATCHED": str(path),
    }
    try:
        hooks.run(command, facts, _HOOK_SECONDS)
    except KmigError as error:
        say(f"warning: {error.message}")
