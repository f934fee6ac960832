"""Which function asks each probe of the catalogue: through a client library, or with requests of kmig's own."""

from collections.abc import Callable

from migrate.probes.clients import ProbeClient
from migrate.probes.sandbox import Sandbox

Through = Callable[[Sandbox, ProbeClient], str]
Asked = Callable[[Sandbox], str]

THROUGH: dict[str, Through] = {}
"""Probes through a client library, by name."""

ASKED: dict[str, Asked] = {}
"""Probes with requests of kmig's own, by name."""


def through_client(*names: str) -> Callable[[Through], Through]:
    """Register a function as what asks these probes through a client library."""

    def registered(asks: Through) -> Through:
        THROUGH.update(dict.fromkeys(names, asks))
        return asks

    return registered


def with_requests(name: str) -> Callable[[Asked], Asked]:
    """Register a function as what asks a probe with bare requests."""

    def registered(asks: Asked) -> Asked:
        ASKED[name] = asks
        return asks

    return registered
