"""Maps with small sizes: checkpoints every 16 records, windows of 120, six equal records that prove a place."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from migrate.logs import compacted, forward, logmap, sampling, side, stretches, together

SIZES = (
    *((module, "EVERY", 16) for module in (stretches, forward, compacted, logmap, sampling)),
    *((module, "LONGEST", 64) for module in (stretches, compacted, logmap)),
    *((module, "WINDOW", 120) for module in (side, forward, compacted, sampling)),
    *((module, "RUN", 6) for module in (together, forward, sampling)),
)


@contextmanager
def small() -> Iterator[None]:
    with ExitStack() as patches:
        for module, name, size in SIZES:
            patches.enter_context(patch.object(module, name, size))
        yield
