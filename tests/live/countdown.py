"""A point at which the process is killed with -9: the number that stands first in its arguments."""

import os
import signal
import sys

left = int(sys.argv[1])


def tick() -> None:
    """One point passed."""
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
