"""kmig, killed with -9 at one change that it asks Connect for: `killed_at_connect.py POINT ARGUMENTS…`.

Each change has two points: before its request goes out, and when its answer has come.
"""

import os
import signal
import sys

import httpx

from migrate.adapters.connect.workers import Workers
from migrate.cli.main import main

left = int(sys.argv[1])
sent = Workers._send


def tick() -> None:
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def dying(
    self: Workers, address: str, method: str, path: str, body: object = None
) -> httpx.Response:
    if method == "GET":
        return sent(self, address, method, path, body)
    tick()
    answer = sent(self, address, method, path, body)
    tick()
    return answer


Workers._send = dying  # type: ignore[method-assign]
sys.exit(main(sys.argv[2:]))
