"""kmig review."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from migrate.cli.arguments import workloads
from migrate.cli.session import Session, say, session
from migrate.cli.trace import require_complete, view_of
from migrate.errors import CannotTell
from migrate.folder import REVIEWS

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)(?:-(\d+))?\.json")


def review(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Workloads to look at instead of those that the rules choose.",
            autocompletion=workloads,
        ),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compare with this review, not with the last one."),
    ] = None,
) -> None:
    """Trace four workloads chosen by rule, and name what changed since the last review. Reads only files.

    It is kept under reviews/. Exit 3 when a section that it needs is not complete; a change is no failure.

    Example: kmig review
    Example: kmig review ledger-sink --since reviews/2026-06-30.json
    """
    here = session(context)
    from migrate.boundary.review import review as compared
    from migrate.render import review as shown

    now = here.world.clock().now()
    with here.folder.locked("review"):
        compare = str(since.absolute()) if since else _newest(here, now.date())
        last = here.folder.review(compare) if compare else None
        view = view_of(here)
        _warn_of_age(here, view.estate.inventory.taken_at, now)
        name = _free(here, now.date())
        made = here.folder.save(name, compared(view, tuple(names or ()), last, now))
    here.show(shown.text(made), made)
    say(f"compared with {here.folder.path / compare}" if compare else "no earlier review")
    say(f"wrote {here.folder.path / name}")
    require_complete(view)


def _dated(here: Session) -> dict[tuple[str, int], str]:
    """Return the reviews of the folder by day and number."""
    place = here.folder.path / REVIEWS
    try:
        found = here.folder.disk.names(place) if here.folder.has(REVIEWS) else ()
    except OSError as error:  # else the last review would be replaced by a first one
        raise CannotTell(
            f"cannot list the reviews in {place}: {error.strerror}",
            "let kmig's user read that directory, then rerun the command",
        ) from error
    matches = (match for name in found if (match := _NAME.fullmatch(name)))
    return {(match[1], int(match[2] or 1)): f"{REVIEWS}/{match[0]}" for match in matches}


def _newest(here: Session, today: date) -> str:
    """Return the newest review up to today; a clock that once ran ahead has left later ones, which are named."""
    dated = _dated(here)
    later = [name for (day, _), name in sorted(dated.items()) if day > f"{today}"]
    if later:
        say(f"warning: not compared with, its date is in the future: {', '.join(later)}")
    earlier = {key: name for key, name in dated.items() if name not in later}
    return earlier[max(earlier)] if earlier else ""


def _free(here: Session, today: date) -> str:
    """Return the name of the file to write: a second review on the same day gets a number."""
    taken = [number for day, number in _dated(here) if day == f"{today}"]
    number = max(taken, default=0) + 1
    return f"{REVIEWS}/{today}.json" if number == 1 else f"{REVIEWS}/{today}-{number}.json"


def _warn_of_age(here: Session, taken: datetime, now: datetime) -> None:
    days = here.folder.config().policy.inventory_days
    if now - taken > timedelta(days=days):
        say(
            f"warning: inventory.json is {(now - taken).days:,} days old ({taken:%Y-%m-%d %H:%M} UTC), "
            f"`policy.inventory_days` allows {days:g}: run `kmig inventory`"
        )
