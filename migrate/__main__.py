"""`python -m migrate` is `kmig`: signals first, because everything else takes a moment to import."""

import signal
import sys
from types import FrameType

from migrate.errors import Exit, Interrupted


def run() -> None:
    """The entry point of the `kmig` script."""
    signal.signal(signal.SIGINT, _interrupted)
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGALRM, _interrupted)
    sys.unraisablehook = _unraisable
    try:
        from migrate.cli.main import main

        code = main(sys.argv[1:])
    except Interrupted:
        code = Exit.INTERRUPTED
    sys.exit(code)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """A signal that came where no exception can leave (a finalizer, a callback from C) comes again in a moment."""
    if lost.exc_type is Interrupted:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
    else:
        sys.__unraisablehook__(lost)


if __name__ == "__main__":
    run()
