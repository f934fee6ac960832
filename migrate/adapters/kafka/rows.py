"""Rows of answers, one for each thing: where several speak of one, the row that knows it counts.

Kafka 3.9 asks every shard of a coordinator about every group of a ConsumerGroupDescribe: a broker answers once per
shard, and all shards but one say GROUP_ID_NOT_FOUND (seen on 3.9.1; 4.3.1 answers once). While a coordinator moves,
two brokers may list what it keeps.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from kafka import errors as kafka_errors

_Key = TypeVar("_Key", bound=Hashable)

_GOOD, _REFUSED, _PASSING, _NOTHING = range(4)
_NOT_FOUND = frozenset({69, 105})
"""GROUP_ID_NOT_FOUND, TRANSACTIONAL_ID_NOT_FOUND: what who does not keep a thing says of it."""


def code_of(row: Any) -> int:
    """The row's own error code; 0 where rows of its kind have none."""
    return int(getattr(row, "error_code", 0))


def one_each(
    rows: Iterable[Any],
    key: Callable[[Any], _Key],
    code: Callable[[Any], int] = code_of,
    blank: Callable[[Any], bool] = lambda _: False,
) -> dict[_Key, Any]:
    """The row that counts of each thing, the first of equals.

    A row with an error counts only where no row is good: then what is refused for good, then what may be otherwise
    when it is asked again, and last that there is no such thing. Rows without an error that are `blank` say that too.
    """
    found: dict[_Key, tuple[int, Any]] = {}
    for row in rows:
        said = code(row)
        name, rank = key(row), _NOTHING if not said and blank(row) else _rank(said)
        if name not in found or rank < found[name][0]:
            found[name] = rank, row
    return {name: row for name, (_, row) in found.items()}


def _rank(code: int) -> int:
    if not code:
        return _GOOD
    if code in _NOT_FOUND:
        return _NOTHING
    return _PASSING if kafka_errors.for_code(code).retriable else _REFUSED
