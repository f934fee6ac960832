"""A reader that asks the cluster each question once, for a series of reads between which nothing is changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from migrate.ports import ClusterReader, Sites


class CachingReader:
    """A `migrate.ports.ClusterReader` that asks each question once; unhashable arguments are not cached."""

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


def caching(sites: Sites) -> Sites:
    """Return the same sites with caching readers; they must not be used after anything was changed."""
    source, target = (
        cast(ClusterReader, CachingReader(side.reader)) for side in (sites.source, sites.target)
    )
    return replace(
        sites,
        source=replace(sites.source, reader=source),
        target=replace(sites.target, reader=target),
    )
