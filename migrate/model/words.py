"""Numbers with their nouns, in the form of every message."""

from collections.abc import Sequence

_HOUR, _DAY = 3600, 86_400


def count(number: int, noun: str, many: str = "") -> str:
    """Return a number with its noun: `1 broker`, `3 brokers`, `1,204 ACLs`."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def amount(value: float) -> str:
    """Return a quota's value in full: `10,485,760`, `0.5`."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"


def volume(size: int) -> str:
    """Return a number of bytes with its unit: `740 B`, `2.4 TiB`."""
    value, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"


def lasting(seconds: float) -> str:
    """Return a time with its unit: `90 s`, `5 h`, `2.5 days`."""
    if seconds >= 2 * _DAY:
        return f"{seconds / _DAY:.3g} days"
    return f"{seconds / _HOUR:.3g} h" if seconds >= 2 * _HOUR else f"{seconds:.3g} s"


def named(name: str) -> str:
    """Return a name as people read it: an empty one, which Kafka's groups may have, in quotes."""
    return name or '""'


def listed(names: Sequence[str], noun: str, at_most: int = 2) -> str:
    """Return the names, or their number when there are more than `at_most`."""
    return ", ".join(map(named, names)) if len(names) <= at_most else count(len(names), noun)


def first_of(names: Sequence[str], at_most: int) -> str:
    """The names, or the first of them and how many more there are: `a, b … and 4,212 more`."""
    more = len(names) - at_most
    shown = ", ".join(map(named, names[:at_most]))
    return f"{shown} … and {more:,} more" if more > 0 else shown
