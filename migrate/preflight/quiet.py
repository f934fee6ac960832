"""How long commits must not change until a group is quiet: measured while its consumers still commit."""

from collections.abc import Callable, Iterable

from migrate.model.cluster import Group
from migrate.model.words import first_of
from migrate.ports import Site, Sites

LEAST_SECONDS = 12.0
"""For a group without members: more than twice Java's default of auto.commit.interval.ms, 5 s."""
_OBSERVED_SECONDS, _POLL_SECONDS, _COMMITS = 60.0, 0.5, 3


def windows(
    sites: Sites, site: Site, groups: Iterable[str], least: float = 0.0
) -> dict[str, float]:
    """Return for each of these groups without members how many seconds its commits must not change.

    That is longer than twice the longest time between two commits that was seen. Who commits is seen three times, or
    for a minute.
    """
    names = sorted(groups)
    if not names:
        return {}
    began = sites.clock.monotonic()
    seen = dict.fromkeys(names, 0)
    longest = dict.fromkeys(names, 0.0)
    last, since = site.reader.committed(names), dict.fromkeys(names, began)
    now = began
    while min(seen.values()) < _COMMITS and now - began < _OBSERVED_SECONDS:
        sites.tell(f"watching how often groups without members commit: {first_of(names, 3)}")
        sites.clock.sleep(_POLL_SECONDS)
        found, now = site.reader.committed(names), sites.clock.monotonic()
        for name in (n for n in names if found.get(n) != last.get(n)):
            seen[name] += 1
            longest[name] = max(longest[name], now - since[name])
            since[name] = now
        last = found
    for name in (n for n in names if seen[n]):
        longest[name] = max(longest[name], now - since[name])
    return {n: max(LEAST_SECONDS, least, 2 * (one + _POLL_SECONDS)) for n, one in longest.items()}


class Stillness:
    """Since when the commits of each group have not changed."""

    def __init__(self) -> None:
        self.moved = False
        self._known: dict[str, object] = {}
        self._since: dict[str, float] = {}

    def left(
        self, groups: Iterable[Group], window: Callable[[str], float], now: float
    ) -> dict[str, float]:
        """Take in a look at the groups; return how many seconds of its window each has still to wait."""
        for one in groups:
            positions = [(*c.place, c.offset) for c in one.commits]
            if self._known.get(one.name) != positions:
                self.moved |= one.name in self._known
                self._known[one.name], self._since[one.name] = positions, now
        return {name: window(name) - (now - at) for name, at in self._since.items()}
