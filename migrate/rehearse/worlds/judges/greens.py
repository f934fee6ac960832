"""No green that was not true: for each `pass` that was printed, the world evaluates the sentence itself.

An oracle looks at the world, and knows nothing of how kmig came to its verdict.
"""

from collections.abc import Iterator

from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played


def untrue(played: Played) -> Iterator[Broken]:
    """Yield the greens whose sentence was not true when it was printed; each was looked at at that time."""
    for green in played.greens:
        if green.fault:
            yield Broken(
                "a green was not earned", green.check, f"{green.check}: pass; {green.fault}"
            )
