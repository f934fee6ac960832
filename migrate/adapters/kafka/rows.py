"""One row for each group, id or partition of a response: of several rows, the one that knows it counts.

Kafka 3.9 asks every shard of a coordinator about every group of a ConsumerGroupDescribe: a broker answers once per
shard, and all shards but one answer GROUP_ID_NOT_FOUND (seen on 3.9.1; 4.3.1 answers once). While a coordinator
moves, two brokers may list the same group.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from kafka import errors as kafka_errors

_Key = TypeVar("_Key", bound=Hashable)

_GOOD, _REFUSED, _PASSING, _NOTHING = range(4)
_NOT_FOUND = frozenset({69, 105})
"""GROUP_ID_NOT_FOUND, TRANSACTIONAL_ID_NOT_FOUND: what a broker answers that does not keep the group or id."""


def code_of(row: Any) -> int:
    """Return the row's own error code; 0 where rows of its kind have none."""
    return int(getattr(row, "error_code", 0))


def one_each(
    rows: Iterable[Any],
    key: Callable[[Any], _Key],
    code: Callable[[Any], int] = code_of,
    blank: Callable[[Any], bool] = lambda _: False,
) -> dict[_Key, Any]:
    """Return for each key the row that counts, the first of equals.

    A row with an error counts only where no row is good: first a lasting error, then one that can pass when the
    request is repeated, last "not found". A row without an error that is `blank` counts as "not found".
    """
    best: dict[_Key, tuple[int, Any]] = {}
    for row in rows:
        error = code(row)
        name, rank = key(row), _NOTHING if not error and blank(row) else _rank(error)
        if name not in best or rank < best[name][0]:
            best[name] = rank, row
    return {name: row for name, (_, row) in best.items()}


def _rank(code: int) -> int:
    if not code:
        return _GOOD
    if code in _NOT_FOUND:
        return _NOTHING
    return _PASSING if kafka_errors.for_code(code).retriable else _REFUSED
