"""Kafka's error codes as kmig's errors, translated here and nowhere else."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from kafka import errors as kafka_errors

from migrate.errors import (
    Indeterminate,
    KmigError,
    NotAuthorized,
    Passing,
    Rejected,
    StepFailed,
    Unsupported,
)
from migrate.model.words import count

_Item = TypeVar("_Item")

_NOT_AUTHORIZED = {29, 30, 31, 53, 65}
_UNSUPPORTED = {35, 54}
_TIMED_OUT = 7
_PASSING = {5, 6, 8, 9, 13, 14, 15, 16, 56, 74, 75, 78}
"""Leaders and coordinators that move, are elected, or load what they lead."""
SECURITY_DISABLED = 54

MAY_HAVE_HAPPENED = (
    "rerun the command: it looks before it acts, because the change may have happened"
)
"""Hint of every `Indeterminate`."""


def code_name(code: int) -> str:
    """Return Kafka's own name of an error code with its number: `CLUSTER_AUTHORIZATION_FAILED (31)`."""
    known = kafka_errors.for_code(code)
    return f"{getattr(known, 'message', known.__name__)} ({code})"


def failure(
    what: str, code: int, message: str | None = None, otherwise: type[StepFailed] = StepFailed
) -> KmigError:
    """Return the error for a code other than 0; `what` completes "cannot": `list ACLs on the source`."""
    answer = f"{code_name(code)}: {message}" if message else code_name(code)
    if code in _NOT_AUTHORIZED:
        return NotAuthorized(
            f"cannot {what}: kmig's principal is not authorized: {answer}",
            "grant the permission that docs/permissions.md lists for it",
        )
    if code in _UNSUPPORTED:
        return Unsupported(f"cannot {what}: the broker does not support it: {answer}")
    if code == _TIMED_OUT:
        return Indeterminate(f"cannot {what}: the broker timed out: {answer}", MAY_HAVE_HAPPENED)
    text = f"cannot {what}: the broker answered {answer}"
    if otherwise is Rejected:
        return Rejected(text)  # of a write it counts that nothing was changed, whatever may pass
    if code in _PASSING:
        return Passing(text, "rerun the command: it passes within seconds, once brokers are up")
    return StepFailed(text)


def require(
    what: str, code: int, message: str | None = None, otherwise: type[StepFailed] = StepFailed
) -> None:
    """Raise `failure` unless the code is 0; `otherwise` is the class for a code without a class of its own."""
    if code:
        raise failure(what, code, message, otherwise)


_SHOWN = 10


def require_each(what: str, items: Sequence[object], results: Sequence[Any] | None) -> None:
    """Raise unless the broker returned one result for each item, and no result is an error."""
    answered = len(results or ())
    if results is None or answered != len(items):
        raise StepFailed(
            f"cannot {what}: expected {count(len(items), 'result')}, got {answered}: "
            "the response cannot be trusted",
            "test how the target answers: kmig verify protocol",
        )
    failures = [
        failure(f"{what} `{item}`", result.error_code, result.error_message)
        for item, result in zip(items, results, strict=True)
        if result.error_code
    ]
    if failures:
        lines = [error.message for error in failures[:_SHOWN]]
        if len(failures) > _SHOWN:
            lines.append(f"… {len(failures) - _SHOWN} more of {len(items)}")
        raise type(failures[0])(lines, failures[0].hint)


def batched(items: Iterable[_Item], size: int) -> Iterator[tuple[_Item, ...]]:
    """Yield tuples of at most `size` items, in order (itertools.batched, which Python 3.11 lacks)."""
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk
