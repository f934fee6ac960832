"""The function behind each probe of the catalogue: through a client library, or with kmig's own requests."""

from collections.abc import Callable

from migrate.probes.clients import ProbeClient
from migrate.probes.sandbox import Sandbox

ThroughClient = Callable[[Sandbox, ProbeClient], str]
WithRequests = Callable[[Sandbox], str]

THROUGH_CLIENT: dict[str, ThroughClient] = {}
"""Probes through a client library: name → function."""

WITH_REQUESTS: dict[str, WithRequests] = {}
"""Probes with requests of kmig's own: name → function."""


def through_client(*names: str) -> Callable[[ThroughClient], ThroughClient]:
    """Return a decorator that registers a function for these probes, asked through a client library."""

    def registered(asks: ThroughClient) -> ThroughClient:
        THROUGH_CLIENT.update(dict.fromkeys(names, asks))
        return asks

    return registered


def with_requests(name: str) -> Callable[[WithRequests], WithRequests]:
    """Return a decorator that registers a function for a probe, asked with kmig's own requests."""

    def registered(asks: WithRequests) -> WithRequests:
        WITH_REQUESTS[name] = asks
        return asks

    return registered
