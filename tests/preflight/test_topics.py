"""What preflight says of transactions: those that nobody ends, and those that outlast the fence's patience."""

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.errors import Unsupported
from migrate.model.check import Check, Verdict
from migrate.model.cluster import Partition, Topic, Transaction
from migrate.model.record import ActiveProducer
from migrate.preflight import topics
from tests.execute.moving import World, world
from tests.preflight.test_groups import AHEAD

PATIENT = replace(AHEAD, patience=120.0)
LATE = ActiveProducer(topic="seen", partition=0, producer_id=7, start=50)


def asked(here: World) -> Check:
    _, one, *_ = topics.ask(here.sites(), PATIENT)
    return one.check


def test_no_transaction_is_no_fault(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.source.active = [LATE.model_copy(update={"start": -1})]
    assert asked(here).evidence == ("0 transactions open on 2 topics that are fenced",)


def test_one_that_its_coordinator_knows_ends(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.source.active = [LATE]
    assert asked(here).verdict is Verdict.PASS


def test_one_that_no_coordinator_knows_hangs(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    here.source.active, here.source.hanging = [LATE], {7}
    found = asked(here)
    assert found.verdict is Verdict.FAIL
    (said,) = found.evidence
    assert "seen-0: producer 7, open since offset 50, and no coordinator knows it: it hangs" in said
    assert "kafka-transactions.sh abort --topic seen --partition 0 --start-offset 50" in said


def test_one_that_ends_meanwhile_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, [])
    here.source.active, here.source.hanging = [LATE], {7}

    def ended() -> tuple[Transaction, ...]:
        here.source.active = []
        return ()

    monkeypatch.setattr(here.source, "transactions", ended)
    assert asked(here).verdict is Verdict.PASS


@pytest.mark.parametrize(("timeout", "verdict"), [(900, Verdict.UNKNOWN), (130, Verdict.PASS)])
def test_one_that_may_outlast_the_fence_is_named(
    timeout: int, verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, [])
    here.source.active = [LATE]
    now = here.sites().clock.now().timestamp()
    known = Transaction(
        id="till",
        state="Ongoing",
        producer_id=7,
        started_ms=int((now - 60) * 1000),
        timeout_ms=timeout * 1000,
    )
    monkeypatch.setattr(here.source, "transactions", lambda: (known,))
    found = asked(here)
    assert found.verdict is verdict
    if verdict is Verdict.UNKNOWN:
        assert (
            "transactional id till has had a transaction open for 60 s, and its time-out comes in 840 s: "
            "the fence waits 120 s" in found.evidence[0]
        )
        assert found.evidence[1] == "the pause is at risk"


def test_a_config_that_was_changed_since_the_plan_is_named(tmp_path: Path) -> None:
    here = world(tmp_path, [])
    planned = {"retention.ms": "604800000", "cleanup.policy": "delete"}
    changed = {"cleanup.policy": "compact"}
    one = (Partition(index=0),)
    here.source.create_topic(
        Topic(name="seen", replication_factor=1, partitions=one, configs=changed)
    )
    found, *_ = topics.ask(here.sites(), replace(PATIENT, configs={"paid": {}, "seen": planned}))
    assert found.check.evidence == (
        "cleanup.policy of topic seen is compact on the source now, and the plan knows delete: "
        "run `kmig inventory`, `kmig plan` and `kmig apply 1`",
    )
    same = {"seen": planned | changed, "gone": planned}
    found, *_ = topics.ask(here.sites(), replace(PATIENT, configs=same))
    assert found.check.verdict is Verdict.PASS


def test_a_platform_that_does_not_tell_where_logs_end_costs_time_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, [])

    def refused(_: object) -> None:
        raise Unsupported("the source does not offer ListOffsets as replica -2", "")

    monkeypatch.setattr(here.source, "tips", refused)
    _, _, told, _ = topics.ask(here.sites(), PATIENT)
    assert (told.check.verdict, told.risk) == (Verdict.UNKNOWN, "pause")
    assert "the freeze waits 30 s then, with writes paused" in str(told.check)


def test_who_writes_is_counted_and_named_as_far_as_a_transactional_id_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, [])
    now = int(here.sites().clock.now().timestamp() * 1000)
    ids = replace(
        PATIENT, clients=(*PATIENT.clients[:2], replace(PATIENT.clients[2], ids=("till-tx",)))
    )

    def said() -> tuple[Verdict, str]:
        *_, found = topics.ask(here.sites(), ids)
        return found.check.verdict, found.check.evidence[0]

    assert said() == (Verdict.PASS, "no producer with idempotence wrote within 10 s")
    old = LATE.model_copy(update={"start": -1, "wrote": now - 60_000, "producer_id": 8})
    mine = LATE.model_copy(update={"start": -1, "wrote": now - 1_000})
    here.source.active = [old, mine]
    known = (Transaction(id="till-tx", state="Empty", producer_id=7),)
    monkeypatch.setattr(here.source, "transactions", lambda: known)
    assert said() == (Verdict.PASS, "1 producer id wrote within 10 s, 1 attributed: till")
    here.source.active.append(mine.model_copy(update={"producer_id": 9}))
    verdict, words = said()
    assert verdict is Verdict.UNKNOWN
    assert words.startswith("2 producer ids wrote within 10 s, 1 attributed: till: look for other")
