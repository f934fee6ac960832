"""What the probe of session lifetimes says it did not ask; that sessions end is for tests/live."""

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from migrate.adapters.kafka.connection import Login
from migrate.errors import Unreachable
from migrate.model import automq
from migrate.model.cluster import Broker
from migrate.probes import logins
from migrate.probes.sandbox import ProbeUnknown


class Session:
    """A connection whose broker announces what a test wants, and ends the session."""

    session_lifetime: ClassVar[float]
    versions: ClassVar[dict[int, tuple[int, int]]] = {}
    features: ClassVar[dict[str, int]]

    def __init__(self, *_: object) -> None:
        pass

    def call(self, _: object) -> None:
        raise Unreachable("the broker closed the connection")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("features", [{}, {automq.FEATURE: 6}], ids=["kafka", "automq"])
@pytest.mark.parametrize("lifetime", [0.0, 0.1, 600.0])
def test_clients_that_pipeline_were_not_asked_on_automq(
    monkeypatch: pytest.MonkeyPatch, lifetime: float, features: dict[str, int]
) -> None:
    monkeypatch.setattr(logins, "Connection", Session)
    monkeypatch.setattr(logins, "_SLACK", 0.0)
    monkeypatch.setattr(Session, "session_lifetime", lifetime, raising=False)
    monkeypatch.setattr(Session, "features", features, raising=False)
    reader = SimpleNamespace(brokers=lambda: (Broker(id=1, host="t", port=9092),))
    login = Login("SCRAM-SHA-256", "kmig", "p")
    sandbox: Any = SimpleNamespace(
        reader=reader, settings=SimpleNamespace(login=login, site="target"), tls=None
    )
    try:
        evidence = logins.session_lifetime(sandbox)
    except ProbeUnknown as said:
        evidence = str(said)
    assert ("not asked: " in evidence) is bool(features)
    assert (automq.SESSIONS in evidence) is bool(features)
