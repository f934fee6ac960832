"""Before the first step of a preparation: every topic is tried, as it is copied and as it is behind its switch."""

import pytest

from migrate.documents.inventory import ClusterInfo
from migrate.errors import Refused
from migrate.execute.accepted import require_accepted
from migrate.execute.wave_state import WaveState
from migrate.journal.standing import Journal
from migrate.model.cluster import Broker, Transaction
from migrate.plan.build import build
from migrate.ports import Sites
from tests.estate import acls, config, inventory, people, section, topic, workload
from tests.execute.test_steps import sites
from tests.fakes.memory import MemoryCluster

BROKERS = (Broker(id=1, host="s", port=9092),)
TOLD = {"log.retention.ms": "-1", "transaction.max.timeout.ms": "3600000"}
SWITCH = {"command": {"stop": ["stop"], "start": ["start"]}}


def about(**configs: str) -> tuple[WaveState, Sites, MemoryCluster]:
    one = Transaction(id="till-tx", state="Empty", producer_id=1, timeout_ms=3_600_000)
    found = inventory(
        (topic("paid", 1, **configs),),
        acls("ALLOW WRITE on topic paid to User:till"),
        cluster=section(ClusterInfo(cluster_id="src", brokers=BROKERS, defaults=TOLD)),
        transactions=section((one,)),
    )
    till = workload(
        "till", writes=[{"topic": "paid"}], transactional_ids=["till-tx"], switch=SWITCH
    )
    made = people(till)
    plan = build(config(), made, found)
    world, target = sites()
    target.defaults = {"transaction.max.timeout.ms": "3600000"}
    return WaveState(config(), made, plan, plan.waves[0], found, Journal()), world, target


def refusal(state: WaveState, world: Sites) -> str:
    with pytest.raises(Refused) as refused:
        require_accepted(state, world)
    return refused.value.message


def test_a_target_that_takes_everything_is_asked_and_nothing_is_written() -> None:
    state, world, target = about(retention_bytes="9")
    require_accepted(state, world)
    assert target.writes == []


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("max.message.bytes", id="of a copy"),
        pytest.param("segment.bytes", id="of its own, all the time"),
        pytest.param("retention.bytes", id="of its own, behind the switch"),
        pytest.param("retention.ms", id="of the source's brokers"),
    ],
)
def test_what_the_target_refuses_is_known_before_the_first_step(key: str) -> None:
    state, world, target = about(**{"retention.bytes": "9", "segment.bytes": "99"})
    target.refuses[key] = "it will not have that"
    assert refusal(state, world) == (
        "the target would not take topic paid as it is: it will not have that (1 topic: paid)"
    )
    assert target.writes == []


def test_what_only_brokers_have_blocks_or_warns() -> None:
    state, world, target = about()
    said: list[str] = []
    object.__setattr__(world, "tell", said.append)
    target.defaults = {"transaction.max.timeout.ms": "900000"}
    assert refusal(state, world).startswith(
        "the target's brokers do not allow what clients of wave 1 do: transaction.max.timeout.ms is 900000 "
    )
    ids = state.inventory.transactions.model_copy(update={"found": ()})
    inventory_without = state.inventory.model_copy(update={"transactions": ids})
    warned = WaveState(
        state.config, state.people, state.plan, state.wave, inventory_without, state.journal
    )
    require_accepted(warned, world)
    assert [one.partition(":")[0] for one in said] == ["warning"]
    assert target.writes == []
