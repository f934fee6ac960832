"""`kmig verify protocol` on a real target: every probe, nothing left behind, no secret anywhere."""

import json

from migrate.model.permissions import PROBE_PREFIX
from migrate.probes.catalogue import CATALOG
from migrate.rehearse.setup import Rehearsal
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
