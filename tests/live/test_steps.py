"""Every step's whole life on real clusters: absent, applied, there, undone, absent, applied again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.connection import Login
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.records import KafkaRecords
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.secret_store import PropertiesSecrets
from migrate.adapters.secrets import Secrets
from migrate.errors import Rejected
from migrate.model.acl import Acl
from migrate.model.difference import inert
from migrate.ports import Site, Sites, WritableSite
from migrate.rehearse.estate import KMIG, KMIG_MECHANISM
from migrate.rehearse.lab.disposable.ports import HOST
from migrate.rehearse.setup import Rehearsal
from migrate.steps import CreateAcls, CreateCredential, Step
from tests.live.conftest import Side
from tests.steps_table import SOURCE_USER, STEPS


def wire(side: Side, password: str) -> Wire:
    """kmig's own ordinary principal, on the listener that everybody uses."""
    ports = [int(address.rpartition(":")[2]) for address in side.cluster.bootstrap.split(",")]
    login = Login(KMIG_MECHANISM, KMIG, password)
    return Wire(side.cluster.spec.name, [(HOST, port) for port in ports], login)


@pytest.fixture
def sites(
    stage: Rehearsal, source: Side, target: Side, tmp_path: Path
) -> Iterator[tuple[Sites, Wire]]:
    secrets = Secrets({"KMIG_TEST_APP": "pw-of-life"}, tmp_path)
    source.writer.set_password(SOURCE_USER, "SCRAM-SHA-512", "pw-of-life")
    wires = [
        wire(s, stage.passwords.by_name[f"{KMIG}-{s.cluster.spec.name}"]) for s in (source, target)
    ]
    logins = [KafkaLogins(w, secrets, None, 10.0) for w in wires]
    records = [
        KafkaRecords(s.cluster.spec.name, s.cluster.bootstrap, {}, b"k") for s in (source, target)
    ]
    yield (
        Sites(
            Site("source", KafkaReader(wires[0]), logins[0], records[0]),
            WritableSite(
                "target",
                KafkaReader(wires[1]),
                logins[1],
                records[1],
                KafkaWriter(wires[1], secrets),
            ),
            SystemClock(),
            store=PropertiesSecrets(tmp_path),
        ),
        wires[1],
    )
    source.writer.delete_scram(SOURCE_USER, "SCRAM-SHA-512")
    for one in wires:
        one.close()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_whole_life(step: Step, sites: tuple[Sites, Wire]) -> None:
    world, target_wire = sites
    aimed = step.aim(world)
    assert not aimed.present(world)
    aimed.apply(world)
    assert aimed.present(world)
    writes = target_wire.writes
    assert writes > 0
    aimed.apply(world)
    assert target_wire.writes == writes, "twice is once, counted on the wire"
    aimed.undo(world)
    assert not aimed.present(world)
    aimed.apply(world)
    assert aimed.present(world)
    again = step.aim(world)
    again.undo(world)
    assert again.present(world), "what was there before is not undone"


def test_names_at_the_edge_are_replayed_as_they_are(sites: tuple[Sites, Wire]) -> None:
    world, _ = sites
    fields = {"principal": "User:edge", "permission": "ALLOW", "operation": "READ"}
    longest = Acl(resource_type="TOPIC", resource_name="x" * 249, **fields)
    stars = [
        Acl(resource_type=kind, pattern_type="PREFIXED", resource_name="*", **fields)
        for kind in ("TOPIC", "GROUP")
    ]
    step = CreateAcls(because="test", part="edge", acls=(longest, *stars)).aim(world)
    step.apply(world)
    assert step.present(world)
    assert [bool(inert(acl)) for acl in step.acls] == [False, True, False]
    step.undo(world)
    assert not step.present(world)


def test_iterations_out_of_range_are_refused_in_the_brokers_words(
    sites: tuple[Sites, Wire],
) -> None:
    world, _ = sites
    step = next(s for s in STEPS if isinstance(s, CreateCredential) and s.issued)
    with pytest.raises(Rejected, match=r"UNACCEPTABLE_CREDENTIAL|\(93\)"):
        step.model_copy(update={"iterations": 100}).aim(world).apply(world)
