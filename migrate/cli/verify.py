"""kmig verify."""

from pathlib import Path
from typing import Annotated

import typer

from migrate.cli import access
from migrate.cli.session import Session, both, say, session
from migrate.documents.plan import Plan, Wave
from migrate.documents.report import Report
from migrate.errors import CannotTell, KmigError, UsageError
from migrate.folder import INVENTORY, REPORTS
from migrate.journal.progress import Status, status_of
from migrate.journal.standing import Journal
from migrate.model.check import Check, Verdict
from migrate.render import tables

KNOWN = ("acls", "access", "protocol", "offsets", "data", "network", "preflight")


def known(incomplete: str) -> list[str]:
    """Return what a shell offers for WHAT."""
    return [name for name in KNOWN if name.startswith(incomplete)]


def verify(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"What to verify: {', '.join(KNOWN)}. Default: acls, and offsets after a cutover.",
            autocompletion=known,
        ),
    ] = None,
    wave: Annotated[
        int,
        typer.Option(metavar="WAVE", help="Verify offsets, data or preflight of this wave only."),
    ] = 0,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            "-y",
            help="Allow `protocol` to write its probes, `access` to create a user without grants, and `data` to "
            "read more than `policy.verify.max_bytes`.",
        ),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Let `data` read once more what was equal before.")
    ] = False,
    sample: Annotated[
        float,
        typer.Option(
            metavar="PERCENT",
            min=0.0,
            max=100.0,
            help="Let `data` read only so many of the records: its word is `sampled`, not `equal`.",
        ),
    ] = 0.0,
    seed: Annotated[
        str, typer.Option(metavar="TEXT", help="What chooses the sample. Default: a new one.")
    ] = "",
    probed: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="The output of kmig probe's script, from another host."),
    ] = None,
) -> None:
    """Compare source, plan and target: ACLs on every broker, rights of each workload, offsets, the network.

    `data` reads every record of the copied topics on both sides, and goes on where it ended the last time.

    `preflight` asks what a cutover would find once its clients are stopped, and changes nothing.

    `protocol` writes: it probes the target with topics, groups and a user of its own, and removes them.

    Exit 1 when a check fails, 3 when it cannot tell. The report is kept under reports/.

    Example: kmig verify acls

    Example: kmig verify protocol --yes

    Example: kmig verify preflight --wave 1
    """
    here = session(context)
    asked = set(what or [])
    _require_known(what or [])
    if (again or sample or seed) and "data" not in asked:
        raise UsageError("--again, --sample and --seed are about data: `kmig verify data`")
    if sample and again:
        raise UsageError(
            "--again reads what was equal, and --sample only a part of the records: choose one"
        )
    if seed and not sample:
        raise UsageError("--seed chooses a sample, and there is none", "add --sample PERCENT")
    apart = {"network", "protocol", "data", "preflight"}
    given = access.Asking(tuple(probed or ()), may_write=yes)
    reports = [_sites(here, asked - apart, wave, given)] if not asked or asked - apart else []
    if "protocol" in asked:
        from migrate.cli.protocol import protocol

        reports.append(protocol(here, yes=yes))
    if "data" in asked:
        from migrate.cli.data import Reading, data

        reports.append(data(here, wave, Reading(yes, again, sample, seed)))
    if "preflight" in asked:
        from migrate.cli.preflight import preflight

        if not wave:
            raise UsageError("preflight is about a wave", "kmig verify preflight --wave 1")
        reports.append(preflight(here, wave))
    if "network" in asked:
        reports.append(_network(here))
    _keep(here, reports)


def _sites(here: Session, asked: set[str], wave: int, given: access.Asking) -> Report:
    """Return the report on ACLs, access and offsets: source, plan and target compared."""
    from migrate.checks import acls, offsets
    from migrate.execute import guards
    from migrate.journal.positions import committed
    from migrate.journal.progress import prepared
    from migrate.journal.standing import created, fences, granted

    plan = guards.true_plan(here.folder)
    journal = here.folder.executed()
    waves = prepared(journal, plan)
    begun = _begun(plan, journal, wave, asked=bool(asked))
    asked = asked or {"acls", *(["offsets"] if begun else [])}
    begun = begun if "offsets" in asked else []
    checks: list[Check] = []
    with both(here, plan) as opened:
        guards.newest_head(journal, opened.heads)
        sites = opened.sites
        if "acls" in asked:
            facts = acls.gather(sites.source, sites.target, fences(journal))
            made = created(journal, "target")
            checks += acls.judge(plan, waves, facts, granted(journal), made)
        if "access" in asked:
            checks += access.checks(here, plan, waves, opened, given)
        for one in begun:
            there = offsets.gather(sites.target, list(one.groups))
            checks += offsets.judge(one, committed(journal, one), there)
        moment = sites.clock.now()
    return Report(
        name="-".join(name for name in KNOWN if name in asked),
        made_at=moment,
        waves=tuple(w.number for w in waves),
        checks=tuple(checks),
        translations={
            group: found for one in begun for group, found in committed(journal, one).items()
        },
    )


def _network(here: Session) -> Report:
    """Every address that is known, tried from here. It needs no plan, and no side to answer."""
    from migrate.checks.network import endpoints, judge

    inventory = here.folder.inventory() if here.folder.has(INVENTORY) else None
    sides, reach = here.world.network(here.folder)
    wanted = endpoints(here.folder.config(), sides, inventory)
    found = reach.try_all(endpoint.address for endpoint in wanted)
    now = here.world.clock().now()
    if inventory is None:
        say("warning: no inventory.json: addresses that connectors and clients need are not tried")
    checks = judge(sides, wanted, found, now)
    return Report(name="network", made_at=now, waves=(), checks=checks)


def _require_known(what: list[str]) -> None:
    unknown = [name for name in what if name not in KNOWN]
    if unknown:
        raise UsageError(
            f"unknown subject to verify: `{unknown[0]}`", f"choose from {', '.join(KNOWN)}"
        )


def _begun(plan: Plan, journal: Journal, wave: int, *, asked: bool) -> list[Wave]:
    """Return the waves whose offsets are verified: the ones asked for, or else every wave whose cutover was begun."""
    wanted = [w for w in plan.waves if wave in (0, w.number)]
    if asked:
        return wanted
    return [w for w in wanted if status_of(journal, w, "cutover") is not Status.NOTHING]


def _keep(here: Session, reports: list[Report]) -> None:
    """Save and show it; the verdict becomes the exit code."""
    report = reports[0].model_copy(
        update={
            "name": "-".join(one.name for one in reports),
            "checks": tuple(check for one in reports for check in one.checks),
            "probes": tuple(outcome for one in reports for outcome in one.probes),
        }
    )
    name = f"{REPORTS}/{report.made_at:%Y%m%dT%H%M%S.%f}-{report.name}.json"
    sealed = here.folder.save(name, report)
    here.show(tables.report(sealed), sealed)
    say(f"wrote {here.folder.path / name}")
    if sealed.verdict is Verdict.FAIL:
        raise KmigError("verification failed: see the failing checks above")
    if sealed.verdict is Verdict.UNKNOWN:
        raise CannotTell("verification proved nothing: see the unknown checks above")
