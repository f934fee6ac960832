"""Free ports on loopback, below the range that the kernel hands out itself."""

import random
import socket

HOST = "127.0.0.1"
_RANGE = range(15000, 32000)
_GIVEN: set[int] = set()
"""Ports given out by this process: a server that is still starting does not listen on its own yet."""


def free(count: int) -> list[int]:
    """`count` different ports that nothing listens on now, and that were not given out before."""
    found: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        if port in _GIVEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    _GIVEN.update(found)
    return found
