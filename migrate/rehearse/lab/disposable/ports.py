"""Free ports on loopback, below the range that the kernel hands out itself."""

import random
import socket

HOST = "127.0.0.1"
_RANGE = range(15000, 32000)
_CLAIMS: dict[int, int] = {}
"""Ports given out by this process, each with the descriptor of a UDP socket that says so to every other process.

A server that is still starting, or between two starts, does not listen on its port; the UDP port of
the same number is nobody's, so holding it is a claim that the kernel takes back when the process ends.
"""


def free(count: int) -> list[int]:
    """Return `count` ports on which nothing listens now, and which no process was given that still runs."""
    ports: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        claim = _claim(port)
        if claim is None:
            continue
        _CLAIMS[port] = claim
        ports.append(port)
        if len(ports) == count:
            break
    return ports


def _claim(port: int) -> int | None:
    """Return the descriptor that claims the port, or None when somebody has the port or its claim."""
    claim = socket.socket(type=socket.SOCK_DGRAM)
    try:
        claim.bind((HOST, port))
        with socket.socket() as probe:
            probe.bind((HOST, port))
    except OSError:
        claim.close()
        return None
    return claim.detach()
