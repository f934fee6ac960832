"""A reader that answers a question once: for looks between which nothing is changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from migrate.ports import ClusterReader, Sites


class Remembered:
    """`migrate.ports.ClusterReader`, asked each question once; arguments that do not hash are asked anew."""

    def __init__(self, reader: ClusterReader) -> None:
        self._reader = reader
        self._known: dict[tuple[object, ...], Any] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        ask = getattr(self._reader, name)

        def once(*about: Any) -> Any:
            try:
                known = (name, *about) in self._known
            except TypeError:
                return ask(*about)
            if not known:
                self._known[(name, *about)] = ask(*about)
            return self._known[(name, *about)]

        return once


def remembering(sites: Sites) -> Sites:
    """The same sites for a series of looks, which must not see their own past after anything was changed."""
    source, target = (
        cast(ClusterReader, Remembered(side.reader)) for side in (sites.source, sites.target)
    )
    return replace(
        sites,
        source=replace(sites.source, reader=source),
        target=replace(sites.target, reader=target),
    )
