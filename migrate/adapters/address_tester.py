"""Addresses tested from this machine: name resolution, a TCP connection, a TLS handshake; nothing is sent."""

import socket
import ssl
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import MappingProxyType

from migrate.adapters.connection_errors import certificate_ends, why
from migrate.model.address import Address, Reachability

_AT_ONCE = 16


class LocalAddressTester:
    """`migrate.ports.AddressTester` with a time-out in seconds; `contexts` holds TLS contexts of secure addresses."""

    def __init__(
        self, timeout: float, contexts: Mapping[Address, ssl.SSLContext] = MappingProxyType({})
    ) -> None:
        self._timeout = timeout
        self._contexts = contexts

    def try_all(self, addresses: Iterable[Address]) -> dict[Address, Reachability]:
        """See `AddressTester`; several are tested at once."""
        wanted = list(dict.fromkeys(addresses))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(wanted, pool.map(self._try, wanted), strict=True))

    def _try(self, address: Address) -> Reachability:
        try:
            rows = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except UnicodeError:
            return Reachability(error="the name does not resolve here: not a valid name")
        except OSError as error:
            return Reachability(error=why(error, self._timeout))
        resolved = tuple(dict.fromkeys(str(row[4][0]) for row in rows))
        try:
            expires = self._open(address)
        except OSError as error:
            return Reachability(resolved=resolved, error=why(error, self._timeout))
        return Reachability(resolved=resolved, expires=expires)

    def _open(self, address: Address) -> datetime | None:
        """Connect, and return the end of the verified certificate; None without TLS."""
        with socket.create_connection((address.host, address.port), self._timeout) as plain:
            if not address.secure:
                return None
            context = self._contexts.get(address) or ssl.create_default_context()
            with context.wrap_socket(plain, server_hostname=address.host) as secure:
                return certificate_ends(secure)
