"""What pages share: the environment of their templates, and tables that are cut."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from migrate.render.plain import plain

ROWS = 1_500
"""At most so many rows of a table are shown, with the number of the others; of workloads all (5,000 are 4 MB)."""

Row = tuple[object, ...]


@dataclass(frozen=True)
class TableRows:
    """The rows of a table that are shown, and how many were left out."""

    rows: Sequence[Row]
    more: int = 0


def cut(rows: Iterable[Row], most: int = ROWS) -> TableRows:
    """Return the first rows, and the number of the others."""
    every = list(rows)
    return TableRows(every[:most], max(0, len(every) - most))


@cache
def template(name: str) -> Template:
    """Return a template; each text that it shows is escaped and `plain`."""
    loaded = Environment(
        loader=PackageLoader("migrate.render"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=lambda value: plain(value) if type(value) is str else value,
    )
    return loaded.get_template(name)
