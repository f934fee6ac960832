"""`python -m migrate` is `kmig`: signals first, because everything else takes a moment to import."""

import signal
import sys
from types import FrameType

from migrate.errors import Exit, Interrupted


def run() -> None:
    """The entry point of the `kmig` script."""
    signal.signal(signal.SIGINT, _interrupted)
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        from migrate.cli.main import main

        code = main(sys.argv[1:])
    except Interrupted:
        code = Exit.INTERRUPTED
    sys.exit(code)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted


if __name__ == "__main__":
    run()
