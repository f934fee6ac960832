"""Run a command that dies with its parent, even when the parent is killed with SIGKILL.

    python parent_death.py PARENT_PID COMMAND ...

The kernel sends SIGKILL when the parent's thread that started it ends (PR_SET_PDEATHSIG, kept across exec), so the
parent must start it from its main thread. If the parent is gone already, nothing is started.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def tied_to_parent(command: Sequence[str]) -> list[str]:
    """Return the command line that runs `command` and ends with this process."""
    return [sys.executable, "-I", __file__, str(os.getpid()), *command]


def main(argv: list[str]) -> None:
    """Ask the kernel for SIGKILL at the parent's end, and become the command."""
    parent, command = int(argv[0]), argv[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise SystemExit(f"cannot tie {command[0]} to its parent: errno {ctypes.get_errno()}")
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
