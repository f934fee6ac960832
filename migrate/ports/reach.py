"""The network, as it is from where kmig runs."""

from collections.abc import Iterable
from typing import Protocol

from migrate.model.reach import Address, Reached


class Reach(Protocol):
    """Opens connections and sends nothing over them."""

    def try_all(self, addresses: Iterable[Address]) -> dict[Address, Reached]:
        """Each address: its name resolved, a connection opened, TLS agreed on where it is secure."""
        ...
