"""`kmig verify protocol`: probes of the target, on names of kmig's own, which are removed afterwards."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from migrate.cli.session import Session, agree, say
from migrate.documents.config import SiteConfig
from migrate.documents.plan import Plan
from migrate.documents.report import Report
from migrate.errors import Refused
from migrate.folder import INVENTORY, PLAN
from migrate.model.check import Check, Verdict
from migrate.model.permissions import PROBE_PREFIX
from migrate.model.probe import Outcome, Probe
from migrate.model.words import count

if TYPE_CHECKING:
    from migrate.adapters.kafka.wire import Wire
    from migrate.checks.protocol import Needs
    from migrate.probes.run import ProbeRun
    from migrate.wiring.sites import OpenSites

_QUESTION = (
    f"make topics, groups, transactions, a user, an ACL and a quota named {PROBE_PREFIX}… on the target, and remove "
    "them? What the target fails is asked of the source too, on topics, groups and transactions of such names."
)
_SOURCE_KINDS = ("group", "topic")
_EACH = 10


def protocol(here: Session, *, yes: bool) -> Report:
    """Run every probe through every client, remove what they made, and judge by what the estate needs."""
    from migrate.checks import protocol as checks

    folder, config = here.folder, here.folder.config()
    if config.target.profile == "automq-byoc":
        raise Refused(
            "`verify protocol` is not possible on AutoMQ BYOC: probes make topics and users, "
            "and kmig changes nothing there",
            "probe a target of your own with the same version",
        )
    plan = folder.plan() if folder.has(PLAN) else None
    inventory = folder.inventory() if folder.has(INVENTORY) else None
    needs: Needs = {"kmig": (checks.KMIG,)}
    if inventory is not None:
        needs = checks.needs(folder.workloads(), inventory, plan)
    agree(_QUESTION, yes=yes)
    outcomes, left, moment = _on_target(here, plan, needs)
    outcomes, left_on_source = _with_source(here, outcomes)
    left = (*left, *left_on_source)
    kept = Check(name="probes removed", verdict=Verdict.UNKNOWN, evidence=left)
    return Report(
        name="protocol",
        made_at=moment,
        waves=(),
        checks=(
            *checks.unseen(inventory),
            *checks.judge(outcomes),
            *([kept] if left else []),
        ),
        probes=outcomes,
    )


@contextmanager
def both(here: Session, plan: Plan | None) -> Iterator["OpenSites"]:
    """Open both sites on the wire: what probes made is removed through the target's own connection."""
    from migrate.execute import guards
    from migrate.wiring import sites

    opening = partial(sites.both, here.folder, os.environ)
    with guards.both_sites(opening, here.folder.config(), plan) as opened:
        yield opened


def _on_target(
    here: Session, plan: Plan | None, needs: "Needs"
) -> tuple[tuple[Outcome, ...], tuple[str, ...], datetime]:
    """Return the target's outcomes, what could not be removed there, and the moment."""
    from migrate.checks import protocol as checks

    with both(here, plan) as opened:
        began = time.monotonic()
        offered = [s.reader.describe().apis for s in (opened.sites.source, opened.sites.target)]
        took = round(time.monotonic() - began, 2)
        first = checks.api_versions(dict(offered[0]), dict(offered[1]), needs, took)
        probing = _probing(here, "target", here.folder.config().target)
        outcomes, left = _run(probing, checks.wanted(needs), opened.target_wire)
        return checks.placed([first, *outcomes], needs), left, opened.sites.clock.now()


def _with_source(
    here: Session, outcomes: tuple[Outcome, ...]
) -> tuple[tuple[Outcome, ...], tuple[str, ...]]:
    """Return the outcomes, each failure with the source's answer, and what could not be removed from the source."""
    from migrate.checks import protocol as checks
    from migrate.wiring.inventory_source import client_of, secrets_of, wire_of

    site = here.folder.config().source
    probes = checks.comparable(outcomes)
    if not probes or site.write_command_config is None:
        return checks.beside(outcomes, (), "kmig.yaml has no `source.write_command_config`"), ()
    # the principal for named writes by consent: the one of `command_config` only ever reads
    by_consent = site.model_copy(update={"command_config": site.write_command_config})
    wire = wire_of(
        "source", site, client_of(here.folder, by_consent, secrets_of(here.folder, os.environ))
    )
    try:
        answers, left = _run(
            _probing(here, "source", by_consent), probes, wire, kinds=_SOURCE_KINDS
        )
    finally:
        wire.close()
    return checks.beside(outcomes, answers), tuple(f"on the source: {line}" for line in left)


def _probing(here: Session, name: str, site: SiteConfig) -> "ProbeRun":
    from migrate.probes.run import ProbeRun
    from migrate.wiring.inventory_source import client_of, secrets_of

    client = client_of(here.folder, site, secrets_of(here.folder, os.environ))
    return ProbeRun(site.bootstrap_servers, dict(client.librdkafka), name, say)


def _run(
    probing: "ProbeRun", wanted: tuple[Probe, ...], wire: "Wire", kinds: tuple[str, ...] = ()
) -> tuple[list[Outcome], tuple[str, ...]]:
    """Return every probe's outcome, and what could not be removed; removing is tried however it ends."""
    total = sum(len(probe.clients) for probe in wanted)
    say(f"probing the {probing.settings.site}: {count(total, 'probe')}")
    try:
        outcomes = list(_counted(probing.outcomes(wanted), total))
    finally:
        left = probing.sweep(wire, kinds)
    return outcomes, left


def _counted(outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
    """Say now and then how many have ended: what each came to stands in the report, and nowhere twice."""
    for number, outcome in enumerate(outcomes, 1):
        if number % _EACH == 0:
            say(f"{number} of {total} probes ended")
        yield outcome
