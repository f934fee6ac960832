"""kmig plan."""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.arguments import workloads
from migrate.cli.session import Session, own_principal, say, session
from migrate.errors import Broken, Refused, UsageError
from migrate.folder import PLAN, Folder
from migrate.model.words import first_of
from migrate.render.columns import prose

if TYPE_CHECKING:
    from migrate.documents.config import Config
    from migrate.documents.plan import Plan
    from migrate.estate import Estate
    from migrate.plan.build import Executed


@contextmanager
def _uncollected() -> Iterator[None]:
    """Do without cyclic garbage collection: what a plan makes are trees, as large as the estate."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@_uncollected()  # around the function, so that its trees are gone when collecting begins again
def plan(
    context: typer.Context,
    why: Annotated[
        str | None,
        typer.Option(
            metavar="WORKLOAD",
            help="Print why a workload is in its wave; plan nothing.",
            autocompletion=workloads,
        ),
    ] = None,
    diff: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD.json",
            help="Compare a plan, edited or not, with what would be planned now; write nothing.",
        ),
    ] = None,
) -> None:
    """Order the workloads into waves, least sensitive first; write plan.json, runbook.md and report.html.

    It reads kmig.yaml, workloads.yaml and inventory.json. Exit 1 with everything that keeps a plan from being made:
    missing facts, keys to fill in, things without an owner, privileges that would grow.

    Example: kmig plan --why order-enricher
    Example: kmig plan --diff plan.json
    """
    here = session(context)
    if why is not None:
        _why(here, why)
        return
    from migrate.cli.explain import explain
    from migrate.estate import Estate
    from migrate.plan.build import planned
    from migrate.plan.differences import differences
    from migrate.render import tables

    config = here.folder.config()
    _require_two_sides(config)
    with here.folder.locked("plan"):
        own = own_principal(here, config.target)
        old = _other(here.folder, diff) if diff else None
        done = _done(here.folder)
        estate = Estate(config, here.folder.inventory(), here.folder.workloads(), own)
        drafted = planned(estate, done)
        if old is not None:
            lines = list(differences(old, drafted))
            here.show(prose(*lines) or ["no difference"], {"differences": lines})
            return
        sealed = here.folder.save(PLAN, drafted)
        written = explain(here.folder, sealed, estate, done.journal)
    here.show(tables.plan(sealed), sealed)
    say(f"wrote {here.folder.path / PLAN}, {first_of(written, 3)}")
    _say_unrotated(estate)
    _say_blocked(estate, sealed, moved=len(done.waves))
    _say_age(here, sealed.as_of, sealed.as_of + timedelta(days=config.policy.inventory_days))


def _require_two_sides(config: "Config") -> None:
    if set(config.source.addresses) & set(config.target.addresses):
        raise Refused(
            "source and target have an address in common",
            "correct `bootstrap_servers` in kmig.yaml",
        )


def _why(here: Session, workload: str) -> None:
    from migrate.render import tables

    placed = tables.why(here.folder.plan(), workload)
    if placed is None:
        raise UsageError(f"--why names an unknown workload: `{workload}` is not in plan.json")
    here.show(prose(*placed), {"workload": workload, "because": placed[1:]})


def _say_unrotated(estate: "Estate") -> None:
    """Warn of credentials that stay as they are: a wave is whole only when they were rotated."""
    kept = [n for n, w in estate.workloads.items() if w.credential and not w.rotation]
    if kept and estate.config.replication:
        say(f"warning: no `rotation`, so the credential stays as it is: {first_of(kept, 5)}")


def _say_blocked(estate: "Estate", plan: "Plan", moved: int) -> None:
    """Print which of the remaining waves would not act now, and why."""
    from migrate.assess.blocking import blocked, command_that_explains

    for number, found in blocked(estate, plan).items():
        if number > moved:
            rules = Counter(one.rule for one in found)
            said = ", ".join(f"{rule} {many}" for rule, many in sorted(rules.items()))
            say(f"wave {number} is blocked: {said}; see `{command_that_explains(found)}`")


def _say_age(here: Session, taken: datetime, until: datetime) -> None:
    """Print the time of the plan's inventory, and until when kmig acts on it; a warning if that is past."""
    made = f"made from the inventory of {taken:%Y-%m-%d %H:%M} UTC"
    if here.world.clock().now() > until:
        say(
            f"warning: {made}, too old since {until:%Y-%m-%d %H:%M} UTC: kmig does not act on this plan; "
            "run `kmig inventory`, then `kmig plan`"
        )
    else:
        say(f"{made}; kmig acts on this plan until {until:%Y-%m-%d %H:%M} UTC")


def _other(folder: Folder, at: Path) -> "Plan":
    """Return a plan to compare with: its path as it is typed, or else within the directory. It may be edited."""
    place = at if folder.disk.exists(at) or at.is_absolute() else folder.path / at
    try:
        plan, edited = folder.plan_to_compare(place)
    except (Broken, UsageError) as error:
        raise UsageError(error.message, "--diff takes a plan.json that kmig wrote") from error
    if edited:
        say(f"warning: {place} was edited after kmig wrote it; its edits are among the differences")
    return plan


def _done(folder: Folder) -> "Executed":
    """Return what was executed; waves that moved must be readable in the plan that they were executed from."""
    from migrate.journal.standing import waves
    from migrate.plan.build import Executed
    from migrate.plan.kept import moved

    journal = folder.executed()
    if not waves(journal, "cutover"):
        return Executed(journal)
    try:
        old = folder.plan()
        kept = moved(journal, old)
        return Executed(journal, kept, old.volumes[: len(kept)])
    except (Broken, UsageError) as error:
        raise Broken(
            f"waves were cut over, and their plan.json cannot be read: {error.message}",
            "restore plan.json from a backup",
        ) from error
