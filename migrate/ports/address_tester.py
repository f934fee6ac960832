"""Whether addresses can be reached from where kmig runs, as an interface."""

from collections.abc import Iterable
from typing import Protocol

from migrate.model.address import Address, Reachability


class AddressTester(Protocol):
    """Opens connections to addresses and sends nothing over them."""

    def try_all(self, addresses: Iterable[Address]) -> dict[Address, Reachability]:
        """Resolve and connect to each address, with a TLS handshake where it is secure; return what was found."""
        ...
