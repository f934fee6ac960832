"""Where the records of a stretch lie, in few numbers: runs of offsets with the same step.

A topic without transactions is one run. A transaction's marker, or a record of an aborted one, begins another.
"""

from collections.abc import Sequence

MOST = 256
"""Runs that are kept of a stretch: with more, its records are read to find one of them."""

Run = tuple[int, int, int]
"""First offset, step, and count; the step of a run of one record is 0."""

Runs = tuple[Run, ...]


def extended(runs: Runs, offsets: Sequence[int]) -> Runs:
    """Return the runs with these offsets behind them: the same ones, however the offsets are divided."""
    found = list(runs)
    i, end = 0, len(offsets)
    while i < end:
        first, step, count = found[-1] if found else (offsets[0], 0, 0)
        if count == 1:
            found[-1] = first, offsets[i] - first, 2
            i += 1
        elif count and offsets[i] == first + step * count:
            more = _same_step(offsets, i, step)
            found[-1] = first, step, count + more
            i += more
        else:
            found.append((offsets[i], 0, 1))
            i += 1
    return tuple(found)


def kept(runs: Runs) -> Runs:
    """Return the runs, or none where they are too many."""
    return runs if len(runs) <= MOST else ()


def before(runs: Runs, offset: int) -> int:
    """Return how many records lie before an offset."""
    total = 0
    for first, step, count in runs:
        if offset <= first:
            break
        total += min(count, -(-(offset - first) // step)) if step else count
    return total


def place(runs: Runs, index: int) -> int:
    """Return the offset of a record by its number, from 0."""
    for first, step, count in runs:
        if index < count:
            return first + step * index
        index -= count
    raise IndexError(index)


def flat(runs: Runs, begin: int) -> list[int]:
    """Return the runs as numbers for a line of JSON: the first offsets count from `begin`."""
    return [number for first, step, count in runs for number in (first - begin, step, count)]


def unflat(numbers: Sequence[int], begin: int) -> Runs:
    """Return the runs of a line."""
    triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return tuple((first + begin, step, count) for first, step, count in triples)


def _same_step(offsets: Sequence[int], at: int, step: int) -> int:
    """Return how many offsets from `at` on follow one another with that step."""
    if step != 1:
        end = at + 1
        while end < len(offsets) and offsets[end] - offsets[end - 1] == step:
            end += 1
        return end - at
    low, high = at, len(offsets)
    # offsets only grow: where one is as far from the first as its number, so are all before it
    while low + 1 < high:
        middle = (low + high) // 2
        if offsets[middle] - offsets[at] == middle - at:
            low = middle
        else:
            high = middle
    return low - at + 1
