"""Kafka's error codes as kmig's errors: translated once, at the border."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from kafka import errors as kafka_errors

from migrate.errors import Indeterminate, KmigError, NotAuthorized, StepFailed, Unsupported

_Item = TypeVar("_Item")

_NOT_AUTHORIZED = {29, 30, 31, 53, 65}
_UNSUPPORTED = {35, 54}
_TIMED_OUT = 7
SECURITY_DISABLED = 54


def code_name(code: int) -> str:
    """`CLUSTER_AUTHORIZATION_FAILED (31)`: Kafka's own name of an error code."""
    known = kafka_errors.for_code(code)
    return f"{getattr(known, 'message', known.__name__)} ({code})"


def failure(
    what: str, code: int, message: str | None = None, otherwise: type[KmigError] = StepFailed
) -> KmigError:
    """The error that a code other than 0 stands for; `what` says who asked what of whom."""
    detail = f": {message}" if message else ""
    text = f"{what}: {code_name(code)}{detail}"
    if code in _NOT_AUTHORIZED:
        return NotAuthorized(text, "docs/permissions.md lists what kmig's principal needs")
    if code in _UNSUPPORTED:
        return Unsupported(text)
    if code == _TIMED_OUT:
        return Indeterminate(
            text, "it may have happened; run the same command again, it looks first"
        )
    return otherwise(text)


def require(
    what: str, code: int, message: str | None = None, otherwise: type[KmigError] = StepFailed
) -> None:
    """Raise unless the code is 0; `otherwise` where the code says no more than that it failed."""
    if code:
        raise failure(what, code, message, otherwise)


_SHOWN = 10


def require_each(what: str, items: Sequence[object], results: Sequence[Any] | None) -> None:
    """Raise unless every item was answered, each with 0; in the broker's own words, item by item."""
    answered = len(results or ())
    if results is None or answered != len(items):
        raise StepFailed(
            f"{what}: {answered} answers to {len(items)} items: this is no answer to go by",
            "the other side does not answer as a Kafka broker does: kmig verify protocol",
        )
    failures = [
        failure(f"{what}: {item}", result.error_code, result.error_message)
        for item, result in zip(items, results, strict=True)
        if result.error_code
    ]
    if failures:
        lines = [one.message for one in failures[:_SHOWN]]
        if len(failures) > _SHOWN:
            lines.append(f"… {len(failures) - _SHOWN} more of {len(items)}")
        raise type(failures[0])(lines, failures[0].hint)


def batched(items: Iterable[_Item], size: int) -> Iterator[tuple[_Item, ...]]:
    """Tuples of at most `size` items, in order (itertools.batched, which Python 3.11 lacks)."""
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk
