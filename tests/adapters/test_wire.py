"""The wire's bookkeeping, over connections that do what a test wants; what brokers do is for tests/live."""

import pytest

from migrate.adapters.kafka import wire as module
from migrate.adapters.kafka.connection import Address, Login
from migrate.adapters.kafka.wire import Wire
from migrate.errors import Unreachable


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
