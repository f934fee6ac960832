"""Connections from here: what is there, what is not, and what does not speak TLS."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
import trustme

from migrate.adapters.address_tester import LocalAddressTester
from migrate.model.address import Address, Reachability

HOST = "127.0.0.1"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0)) as server:
        yield server


def port(server: socket.socket) -> int:
    return int(server.getsockname()[1])


def tried(address: Address, *contexts: ssl.SSLContext) -> Reachability:
    return LocalAddressTester(0.5, dict(zip([address], contexts, strict=False))).try_all(
        [address, address]
    )[address]


def test_what_listens_is_reached_and_what_does_not_says_why(listening: socket.socket) -> None:
    assert tried(Address(host=HOST, port=port(listening))) == Reachability(resolved=(HOST,))
    nobody = port(listening)
    listening.close()
    assert tried(Address(host=HOST, port=nobody)).error == "Connection refused"


@pytest.mark.parametrize("name", ["nowhere.invalid", "a" * 70 + ".invalid", "x..y"])
def test_a_name_that_does_not_resolve(name: str) -> None:
    assert "does not resolve here" in tried(Address(host=name, port=1)).error


def test_a_listener_that_never_speaks_tls(listening: socket.socket) -> None:
    found = tried(Address(host=HOST, port=port(listening), secure=True))
    assert (found.resolved, found.error) == ((HOST,), "no answer within 0.5 s")


def test_certificates(listening: socket.socket) -> None:
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(serving)

    def serve() -> None:
        for _ in range(2):
            with suppress(OSError):
                serving.wrap_socket(listening.accept()[0], server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    address = Address(host=HOST, port=port(listening), secure=True)
    assert "certificate is not trusted" in tried(address, ssl.create_default_context()).error
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    found = tried(address, trusting)
    thread.join()
    assert found.error == ""
    assert found.expires is not None
