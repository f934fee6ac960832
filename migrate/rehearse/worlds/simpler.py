"""Simpler values of whatever a history is made of, by their types alone: the boldest first.

Simple is what a model's field is by default, then nothing, then half.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from migrate.rehearse.worlds.timeline import DAY, HOUR, MINUTE

_ROUND = (MINUTE, 10 * MINUTE, HOUR, DAY)


def values(value: object) -> Iterator[Any]:
    """Yield simpler values than a given one."""
    match value:
        case BaseModel():
            yield from fields(value)
        case tuple():
            yield from _shorter(value)
            yield from _all_alike(value)
            yield from _one_simpler(value)
        case dict():
            yield from _fewer(value)
        case int() if _number(value):
            yield from _lower(value)
        case float():
            yield from (one for one in _ROUND if one < value)
        case _:
            return  # a name, or a word of a few


def fields(model: BaseModel, leave: tuple[str, ...] = ()) -> Iterator[Any]:
    """Yield a model with one field simpler, the whole default first."""
    for name, known in type(model).model_fields.items():
        value, default = getattr(model, name), _default(known)
        if name in leave or value == default:
            continue
        if default is not PydanticUndefined:
            yield model.model_copy(update={name: default})
        simple = _lower(value, default) if _number(value) else values(value)
        yield from (model.model_copy(update={name: one}) for one in simple)


def _default(known: Any) -> Any:
    return known.get_default(call_default_factory=True)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _lower(value: int, default: object = None) -> Iterator[int]:
    """Yield numbers on the way down to the default, which was tried before, or else to 1."""
    known = isinstance(default, int)
    low = default if isinstance(default, int) else 1
    for one in dict.fromkeys((low, 1, low + (value - low) // 2, value - 1)):
        if low <= one < value and not (known and one == low):
            yield one


def _shorter(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield what is left without all, a half, a quarter and at last one of the items."""
    size = len(items)
    while size:
        for start in range(0, len(items), size):
            yield items[:start] + items[start + size :]
        size //= 2


def _all_alike(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the items with one field at its default in all of them: one play for what nobody needs."""
    if len(items) < 2 or not isinstance(items[0], BaseModel):
        return
    for name, known in type(items[0]).model_fields.items():
        default = _default(known)
        if default is PydanticUndefined or all(getattr(i, name) == default for i in items):
            continue
        yield tuple(i.model_copy(update={name: default}) for i in items)


def _one_simpler(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for index, item in enumerate(items):
        yield from ((*items[:index], one, *items[index + 1 :]) for one in values(item))


def _fewer(pairs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if len(pairs) > 1:
        yield {}
    for key in pairs:
        yield {k: v for k, v in pairs.items() if k != key}
    for key, value in pairs.items():
        yield from ({**pairs, key: one} for one in values(value))
