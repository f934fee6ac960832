"""How many examples a property is tried on: all in `make soak`, fewer in `make test`, enough for planted faults."""

import os

VARIABLE = "KMIG_TEST_THOROUGH"


def examples(every: int, some: int) -> int:
    """As many as `pytest --thorough` tries, or as many as are enough each time."""
    return every if os.environ.get(VARIABLE) else some
