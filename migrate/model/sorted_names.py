"""Sorted names of resources, so that the names under a prefix are found without a look at all of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from migrate.model.acl import Acl


class SortedNames:
    """Names of one resource type, sorted."""

    def __init__(self, names: Iterable[str]) -> None:
        self._sorted = sorted(set(names))

    def starting(self, prefix: str) -> Sequence[str]:
        """Return the names that begin with the prefix."""
        first = bisect_left(self._sorted, prefix)
        last = bisect_right(self._sorted, prefix, lo=first, key=lambda name: name[: len(prefix)])
        return self._sorted[first:last]

    def covered(self, acl: Acl) -> Sequence[str]:
        """Return the names that the pattern of an ACL covers; the ACL has the resource type of the names."""
        if acl.pattern_type == "PREFIXED":
            return self.starting(acl.resource_name)
        if acl.resource_name == "*":
            return self._sorted
        at = bisect_left(self._sorted, acl.resource_name)
        return self._sorted[at : at + 1] if self._sorted[at : at + 1] == [acl.resource_name] else []
