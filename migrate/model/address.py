"""An address that something must reach, and what trying it from here found."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime

from migrate.model.base import Model


class Address(Model):
    """A host and a TCP port; `secure` where a TLS handshake belongs to reaching it."""

    host: str
    port: int
    secure: bool = False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def here(self) -> bool:
        """Whether every machine takes it for itself: nobody elsewhere reaches anything there."""
        return self.host == "localhost" or only_here([self.host])


class Reachability(Model):
    """What was found there. `error` is empty when it was reached; `expires` is the certificate's end, in UTC."""

    resolved: tuple[str, ...] = ()
    error: str = ""
    expires: datetime | None = None


def only_here(addresses: Iterable[str]) -> bool:
    """Whether these are addresses, and all of them loopback or unspecified."""
    found = []
    for one in addresses:
        try:
            parsed = ipaddress.ip_address(one)
        except ValueError:
            return False
        found.append(parsed.is_loopback or parsed.is_unspecified)
    return bool(found) and all(found)
