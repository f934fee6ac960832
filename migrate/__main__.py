"""`python -m migrate` is `kmig`: signals first, because everything else takes a moment to import."""

import gc
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from migrate.errors import Exit, Interrupted


def run() -> None:
    """The entry point of the `kmig` script."""
    _on_signal(_at_once)
    # modules and an estate are some hundred thousand small objects that all stay: to look through them frees nothing,
    # and a command that needs no cluster ends before the first look, which was a twelfth of its time
    gc.set_threshold(200_000, 20, 500)
    from migrate.cli.main import main
    from migrate.cli.terminal import guarded

    sys.stdout, sys.stderr = guarded(sys.stdout), guarded(sys.stderr)
    try:
        _on_signal(_interrupted)
        signal.signal(signal.SIGALRM, _interrupted)
        sys.unraisablehook = _unraisable
        code = main(sys.argv[1:])
    except Interrupted:
        code = Exit.INTERRUPTED
    _leave(code)


def _leave(code: int) -> None:
    """End at once: everything is written and closed, and taking a large estate apart would last."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is None:  # closed before the start: an answer went nowhere
                code = code or Exit.UNKNOWN
            else:
                stream.flush()
    except OSError:
        code = code or Exit.UNKNOWN  # not all of it could be said
    os._exit(code)


def _on_signal(act: Callable[[int, FrameType | None], None]) -> None:
    signal.signal(signal.SIGINT, act)
    signal.signal(signal.SIGTERM, act)


def _at_once(_number: int, _frame: FrameType | None) -> None:
    """While the program itself is imported nothing is begun, and an exception may be wrapped by what it meets."""
    os._exit(Exit.INTERRUPTED)


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
