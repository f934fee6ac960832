"""The wire's bookkeeping, over connections that do what a test wants; what brokers do is for tests/live."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from migrate.adapters.kafka import wire as module
from migrate.adapters.kafka.connection import Address, Login
from migrate.adapters.kafka.wire import Wire
from migrate.errors import Unreachable
from migrate.model.cluster import Broker


class Scripted:
    """A connection that opens as the script says, and may be asked nothing once it is closed."""

    script: list[bool]

    def __init__(self, address: Address, login: Login | None, tls: object, timeout: float) -> None:
        self.closed = False
        if not self.script.pop(0):
            raise Unreachable(f"cannot reach {address}")

    @property
    def stale(self) -> bool:
        assert not self.closed, "a closed connection was kept"
        return True

    def close(self) -> None:
        self.closed = True


def test_a_stale_connection_is_forgotten_before_another_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Scripted.script = [True, False, True]
    monkeypatch.setattr(module, "Connection", Scripted)
    wire = Wire("source", [("s", 1)])
    wire._connect(("s", 1))
    with pytest.raises(Unreachable):
        wire._connect(("s", 1))
    wire._connect(("s", 1))
    wire.close()


class Ageing(Scripted):
    """A session that ends after two answers."""

    opened: ClassVar[list["Ageing"]] = []

    def __init__(self, address: Address, login: Login | None, tls: object, timeout: float) -> None:
        self.asked: list[Any] = []
        self.closed = False
        self.opened.append(self)

    @property
    def stale(self) -> bool:
        return len(self.asked) > 1

    def stream(self, requests: Sequence[Any]) -> Iterator[Any]:
        assert not self.closed
        for request in requests[:2]:
            self.asked.append(request)
            yield f"answer to {request.name}"


def test_a_session_that_ends_in_the_middle_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "Connection", Ageing)
    wire = Wire("source", [("s", 1)])
    wire._brokers = (Broker(id=1, host="s", port=1),)
    asked = [SimpleNamespace(name=f"r{n}") for n in range(5)]
    answers = wire.gather_each({1: asked})[1]
    assert answers == [f"answer to r{n}" for n in range(5)]
    assert [[r.name for r in one.asked] for one in Ageing.opened] == [
        ["r0", "r1"],
        ["r2", "r3"],
        ["r4"],
    ]
    assert [one.closed for one in Ageing.opened] == [True, True, False]
    assert wire.requests == {f"r{n}": 1 for n in range(5)}
    wire.close()


class Restarted(Ageing):
    """A broker that is down for its first connection, and back for every later one."""

    tried: ClassVar[list[Address]] = []

    def __init__(self, address: Address, login: Login | None, tls: object, timeout: float) -> None:
        super().__init__(address, login, tls, timeout)
        self.tried.append(address)
        if len(self.tried) == 1:
            raise Unreachable(f"cannot reach {address}")


def test_a_broker_that_was_silent_is_left_out_for_a_while_and_asked_again_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "Connection", Restarted)
    wire = Wire("source", [("s", 1)])
    wire._brokers = (Broker(id=1, host="s", port=1),)
    for _ in range(3):
        ((answer,),) = wire.gather_each({1: [SimpleNamespace(name="r")]}).values()
        assert isinstance(answer, Unreachable)
    assert len(Restarted.tried) == 1  # it is waited for once
    monkeypatch.setattr(module, "_LEFT_OUT", 0.0)
    ((answer,),) = wire.gather_each({1: [SimpleNamespace(name="r")]}).values()
    assert answer == "answer to r"
