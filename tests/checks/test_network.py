"""What each address' check says: reached, not reached, needed by others, announced for nobody else."""

from datetime import UTC, datetime, timedelta

from migrate.checks.network import Side, endpoints, judge
from migrate.documents.inventory import Inventory, Section, State
from migrate.model.address import Address, Reachability
from migrate.model.check import Verdict, worst
from migrate.model.cluster import Broker
from migrate.model.dependency import NetworkPath, Registry
from tests.estate import config, inventory

NOW = datetime(2026, 1, 1, tzinfo=UTC)
THERE = Reachability(resolved=("10.0.0.1",))
SOURCE = Side(
    "source", (("s", 9092),), secure=False, announced=(Broker(id=1, host="b1", port=9092),)
)
TARGET = Side("target", (("t", 9092),), secure=True)


def known() -> Inventory:
    def path(origin: str, to: str, purpose: str) -> NetworkPath:
        return NetworkPath(origin=origin, to=to, purpose=purpose, seen=True)

    paths = (
        path("10.0.0.7", "a listener of source", "group g"),
        path("w1:8083", "db:5432", "connector main/a"),
        path("w2:8083", "db:5432", "connector main/b"),
        path("w2:8083", "no-port", "connector main/b"),
    )
    registry = Registry(address="http://registry:8081", credential="none", used_by=("main/a",))
    return inventory().model_copy(
        update={
            "network": Section(standing=State.COMPLETE, found=paths),
            "registries": Section(standing=State.COMPLETE, found=(registry,)),
        }
    )


def test_every_known_address_once() -> None:
    connects = ({"name": "main", "source": "http://c:8083", "target": "https://d"},)
    replication = {"connect": "http://c:8083", "workers": ["http://e:8083"], "principal": "User:x"}
    here = config(connect=connects, replication=replication)
    found = {str(w.address): w for w in endpoints(here, (SOURCE, TARGET), known())}
    assert {name: (way.must, way.needed) for name, way in found.items()} == {
        "b1:9092": (True, ("10.0.0.7",)),
        "s:9092": (True, ()),
        "t:9092": (True, ()),
        "c:8083": (True, ()),
        "d:443": (True, ()),
        "e:8083": (True, ()),
        "db:5432": (False, ("w1:8083", "w2:8083")),
        "registry:8081": (False, ("main/a",)),
    }
    assert {n for n, way in found.items() if way.address.secure} == {"t:9092", "d:443"}


def test_what_kmig_itself_needs_fails_and_what_workers_need_is_unknown() -> None:
    wanted = endpoints(config(), (SOURCE,), known())
    lost = Reachability(error="Connection refused")
    found = dict.fromkeys((way.address for way in wanted), THERE)
    assert worst(c.verdict for c in judge((SOURCE,), wanted, found, NOW)) is Verdict.PASS
    database = Address(host="db", port=5432)
    checks = judge((SOURCE,), wanted, {**found, database: lost}, NOW)
    (unsure,) = [c for c in checks if c.verdict is not Verdict.PASS]
    assert unsure.verdict is Verdict.UNKNOWN
    assert unsure.evidence == ("from here: Connection refused", "not tried from w1:8083, w2:8083")
    broker = Address(host="b1", port=9092)
    (failed,) = [
        c
        for c in judge((SOURCE,), wanted, {**found, broker: lost}, NOW)
        if c.verdict is Verdict.FAIL
    ]
    assert failed.name == "broker 1 of source at b1:9092"


def test_a_side_that_does_not_say_what_it_announces_is_unknown() -> None:
    mute = Side("target", (("t", 9092),), secure=False, error="cannot reach target")
    wanted = endpoints(config(), (mute,), None)
    found = {Address(host="t", port=9092): THERE}
    checks = judge((mute,), wanted, found, NOW)
    assert {c.name: c.verdict for c in checks} == {
        "bootstrap address of target t:9092": Verdict.PASS,
        "what brokers of target announce": Verdict.UNKNOWN,
    }


def test_a_broker_that_announces_loopback_to_others_fails() -> None:
    local = Broker(id=1, host="localhost", port=9092)
    wrong = Side("target", (("t", 9092),), secure=False, announced=(local,))
    wanted = endpoints(config(), (wrong,), None)
    found = dict.fromkeys((way.address for way in wanted), THERE)
    (failed,) = [c for c in judge((wrong,), wanted, found, NOW) if c.verdict is Verdict.FAIL]
    assert "advertised.listeners" in failed.evidence[0]
    here = {Address(host="t", port=9092): Reachability(resolved=("127.0.0.1",))}
    checks = judge((wrong,), wanted, {**found, **here}, NOW)
    assert worst(c.verdict for c in checks) is Verdict.PASS


def test_the_end_of_a_certificate_is_told() -> None:
    wanted = endpoints(config(), (TARGET,), None)
    for days, told in ((100, "expires on 2026-04-11"), (10, "in less than 30 days")):
        ends = Reachability(resolved=("10.0.0.1",), expires=NOW + timedelta(days=days))
        (check,) = judge((TARGET,), wanted, {wanted[0].address: ends}, NOW)
        assert check.verdict is Verdict.PASS
        assert told in check.evidence[0]
