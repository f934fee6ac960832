"""Names of resources, in order, so that those under a prefix are found without looking at all of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from migrate.model.acl import Acl


class SortedNames:
    """Some names of one resource type, sorted."""

    def __init__(self, names: Iterable[str]) -> None:
        self._sorted = sorted(set(names))

    def starting(self, prefix: str) -> Sequence[str]:
        """Those that begin with the prefix."""
        first = bisect_left(self._sorted, prefix)
        last = bisect_right(self._sorted, prefix, lo=first, key=lambda name: name[: len(prefix)])
        return self._sorted[first:last]

    def covered(self, acl: Acl) -> Sequence[str]:
        """Those that the pattern of an ACL of their type covers."""
        if acl.pattern_type == "PREFIXED":
            return self.starting(acl.resource_name)
        if acl.resource_name == "*":
            return self._sorted
        at = bisect_left(self._sorted, acl.resource_name)
        return self._sorted[at : at + 1] if self._sorted[at : at + 1] == [acl.resource_name] else []
