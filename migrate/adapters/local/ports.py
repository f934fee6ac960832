"""Free ports on loopback, below the range that the kernel hands out itself."""

import random
import socket

HOST = "127.0.0.1"
_RANGE = range(15000, 32000)


def free(count: int) -> list[int]:
    """`count` different ports that nothing listens on now."""
    found: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    return found
