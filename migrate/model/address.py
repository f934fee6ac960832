"""An address that a host must reach, and the result of testing it from this machine."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta

from migrate.model.base import Model

_SOON = timedelta(days=30)


class Address(Model):
    """A host and a TCP port; `secure` where reaching it includes a TLS handshake."""

    host: str
    port: int
    secure: bool = False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def here(self) -> bool:
        """Whether the address means the machine itself, on every machine: no other host can reach it."""
        return self.host == "localhost" or only_here([self.host])


class Reachability(Model):
    """The result for one address: `error` is empty when it was reached, `expires` its certificate's end, in UTC."""

    resolved: tuple[str, ...] = ()
    error: str = ""
    expires: datetime | None = None


def soon(ends: datetime, now: datetime) -> str:
    """Return in words that a certificate ends before a migration may be over; empty where it does not."""
    return f"in less than {_SOON.days} days" if ends - now < _SOON else ""


def only_here(addresses: Iterable[str]) -> bool:
    """Whether these are IP addresses, and all of them loopback or unspecified."""
    local = []
    for address in addresses:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        local.append(parsed.is_loopback or parsed.is_unspecified)
    return bool(local) and all(local)
