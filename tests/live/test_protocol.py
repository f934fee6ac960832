"""`kmig verify protocol` on real clusters: every probe, nothing left behind, no secret anywhere."""

import json

from migrate.adapters.clock import SystemClock
from migrate.checks.protocol import comparable
from migrate.folder import Folder
from migrate.model.permissions import PROBE_PREFIX
from migrate.model.probe import Outcome
from migrate.probes.catalogue import CATALOG
from migrate.probes.run import ProbeRun
from migrate.rehearse.setup import Rehearsal
from migrate.steps.settle import settle
from migrate.wiring.inventory_source import client_of, secrets_of, wire_of
from tests.live.conftest import Migration, Side

ASKED = {
    (one.name, client) for one in CATALOG if one.name != "broker-restart" for client in one.clients
}
"""Compaction is asked where a workload needs it, as one of first-wave does."""


def test_a_real_target_passes_every_probe_and_keeps_nothing(
    planned: Migration, target: Side, stage: Rehearsal
) -> None:
    before = target.state()
    ran = planned.must("verify", "protocol", code=4)
    assert "nothing was changed" in ran.err
    ran = planned.must("-o", "json", "verify", "protocol", "--yes")
    found = json.loads(ran.out)
    probes = found["probes"]
    assert {(one["probe"], one["client"]) for one in probes} == ASKED
    wrong = [one for one in probes if one["result"] != "pass"]
    assert not wrong
    assert target.state() == before
    assert not [g for g in target.reader.groups() if g.name.startswith(PROBE_PREFIX)]
    needed = {one["probe"]: one["needed_by"] for one in probes}
    assert "kmig" in needed["validate-only"]
    assert needed["transactions"]
    assert not needed["consumer-protocol"]
    written = "".join(path.read_text() for path in planned.folder.glob("reports/*"))
    for password in stage.passwords.by_name.values():
        assert password not in ran.out + ran.err + written


def test_the_source_s_second_principal_may_ask_what_a_target_fails(
    planned: Migration, source: Side
) -> None:
    """With exactly the documented ACLs; and nothing of it stays there."""
    before = source.state()
    folder = Folder(planned.folder)
    site = folder.config().source
    by_consent = site.model_copy(update={"command_config": site.write_command_config})
    client = client_of(folder, by_consent, secrets_of(folder, planned.environ))
    failed = [
        Outcome(probe=one.name, client=c, result="fail", seconds=1.0, evidence="")
        for one in CATALOG
        for c in one.clients
    ]
    run = ProbeRun(site.bootstrap_servers, dict(client.librdkafka), "source")
    outcomes = list(run.outcomes(comparable(failed)))
    wrong = [one for one in outcomes if one.result != "pass" and one.probe != "consumer-protocol"]
    assert not wrong
    assert len(outcomes) > 30
    wire = wire_of("source", site, client)
    assert run.sweep(wire, ("group", "topic")) == ()
    wire.close()
    # a broker's metadata is a moment behind the controller's
    settle(SystemClock(), "the probes' topics to be gone", lambda: source.state() == before)
    assert not [g for g in source.reader.groups() if g.name.startswith(PROBE_PREFIX)]
