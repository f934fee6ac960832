"""`kmig verify protocol`: probes of the target, on names of kmig's own, which are removed afterwards."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from migrate.cli.session import Session, agree, both, say
from migrate.documents.report import Report
from migrate.errors import Refused
from migrate.folder import INVENTORY, PLAN
from migrate.model.check import Check, Verdict
from migrate.model.permissions import PROBE_PREFIX
from migrate.model.probe import Outcome, Probe

if TYPE_CHECKING:
    from migrate.adapters.kafka.wire import Wire
    from migrate.checks.protocol import Needs
    from migrate.probes.run import Probing


def protocol(here: Session, *, yes: bool) -> Report:
    """Ask, run every probe through every client, remove what they made, judge by what the estate needs."""
    from migrate.checks import protocol as checks
    from migrate.probes.run import Probing
    from migrate.wiring.inventory_source import client_of, secrets_of

    folder, config = here.folder, here.folder.config()
    if config.target.profile == "automq-byoc":
        raise Refused(
            "on AutoMQ BYOC kmig changes nothing, and probes make topics and users",
            "ask on a target of yours with the same version",
        )
    plan = folder.plan() if (folder.path / PLAN).exists() else None
    inventory = folder.inventory() if (folder.path / INVENTORY).exists() else None
    needs: Needs = {"kmig": (checks.KMIG,)}
    if inventory is not None:
        needs = checks.needs(folder.workloads(), inventory, plan)
    wanted = checks.wanted(needs)
    agree(
        f"make topics, groups, transactions, a user, an ACL and a quota named {PROBE_PREFIX}… on target, "
        "and remove them?",
        yes=yes,
    )
    with both(here, plan) as opened:
        began = time.monotonic()
        offered = [s.reader.describe().apis for s in (opened.sites.source, opened.sites.target)]
        took = round(time.monotonic() - began, 2)
        first = checks.api_versions(dict(offered[0]), dict(offered[1]), needs, took)
        client = client_of(folder, config.target, secrets_of(folder, here.environ))
        probing = Probing(config.target.bootstrap_servers, dict(client.librdkafka))
        asked, left = _asked(probing, wanted, opened.target_wire)
        now = opened.sites.clock.now()
    outcomes = checks.placed([first, *asked], needs)
    kept = Check(name="probes removed", verdict=Verdict.UNKNOWN, evidence=left)
    return Report(
        name="protocol",
        made_at=now,
        waves=(),
        checks=(
            *checks.unseen(inventory),
            *checks.judge(outcomes),
            *([kept] if left else []),
        ),
        probes=outcomes,
    )


def _asked(
    probing: "Probing", wanted: tuple[Probe, ...], wire: "Wire"
) -> tuple[list[Outcome], tuple[str, ...]]:
    """What every probe came to, and what could not be removed; removing is tried however it ends."""
    total = sum(len(one.clients) for one in wanted)
    try:
        asked = list(_told(probing.outcomes(wanted), total))
    finally:
        left = probing.sweep(wire)
    return asked, left


def _told(outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
    for number, one in enumerate(outcomes, 1):
        say(
            f"{number:3}/{total} {one.result:11} {one.probe} through {one.client}, {one.seconds:.1f} s"
        )
        yield one
