"""Free ports on loopback, below the range that the kernel hands out itself."""

import random
import socket

HOST = "127.0.0.1"
_RANGE = range(15000, 32000)
_GIVEN: set[int] = set()
"""Ports given out by this process: a server that is still starting does not listen on its own yet."""


def free(count: int) -> list[int]:
    """Return `count` ports on which nothing listens now, and which were not given out before."""
    ports: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        if port in _GIVEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            break
    _GIVEN.update(ports)
    return ports
