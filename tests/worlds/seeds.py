"""One seed or one history, played and judged within a limit; what came of it, as data."""

import gc
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from migrate.model.base import Model
from migrate.rehearse.worlds.generate import generate
from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.judges import judged
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played, play
from tests.worlds.typed import run

MOST_SECONDS = 60
"""What a seed may take of a processor before it counts as a hang."""

SELDOM = (500_000, 20, 50)
"""When Python looks for cycles in a process that only plays seeds: its defaults take a quarter of the time."""


def collect_seldom() -> None:
    """Let this process only play seeds: what is left after one (modules) is not looked at for cycles again."""
    gc.set_threshold(*SELDOM)


HANGS, FAILS = "a seed hangs", "the world itself fails"


class Hung(BaseException):
    """A play takes too long; no handler of errors may take it for one of them."""


@contextmanager
def limited() -> Iterator[None]:
    """Raise `Hung` in what takes longer of the processor than `MOST_SECONDS`."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Outcome(Model):
    """What came of a seed: each broken promise, and how long it took."""

    seed: int
    broken: tuple[Broken, ...] = ()
    finished: bool = False
    commands: int = 0
    seconds: float = 0.0


def watched(history: History, look: Callable[[Played], None] | None = None) -> tuple[Broken, ...]:
    """Play a history and return what broke; a hang and an exception of the world break it too."""
    try:
        with limited():
            played = play(history, run)
            if look is not None:
                look(played)
            return judged(played)
    except Hung:
        return (Broken(HANGS, "", f"it takes more than {MOST_SECONDS} s of a processor"),)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rpartition('/')[2]}:{where.name}"
        return (Broken(FAILS, place, f"{place}: {type(error).__name__}: {error}"[:300]),)


def outcome(seed: int, look: Callable[[Played], None] | None = None) -> Outcome:
    """Play a seed."""
    seen: list[Played] = []

    def both(played: Played) -> None:
        seen.append(played)
        if look is not None:
            look(played)

    began = time.perf_counter()
    broken = watched(generate(seed), both)
    ended = Outcome(
        seed=seed,
        broken=broken,
        finished=bool(seen) and seen[0].finished,
        commands=len(seen[0].commands) if seen else 0,
        seconds=round(time.perf_counter() - began, 3),
    )
    seen.clear()
    # the world of a seed is one large cycle
    gc.collect()
    if gc.get_threshold() == SELDOM:
        gc.freeze()
    return ended
