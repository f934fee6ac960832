"""The network, as it is from where kmig runs."""

from collections.abc import Iterable
from typing import Protocol

from migrate.model.address import Address, Reachability


class AddressTester(Protocol):
    """Opens connections and sends nothing over them."""

    def try_all(self, addresses: Iterable[Address]) -> dict[Address, Reachability]:
        """Each address: its name resolved, a connection opened, TLS agreed on where it is secure."""
        ...
