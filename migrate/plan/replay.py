"""ACLs of the source as they go to the target: DENY first, then ALLOW, and WRITE on topics only at the switch.

Only WRITE is split. Every other operation keeps its pattern; `ALL` on topics becomes its parts without WRITE. What is
withheld is kept whole, to be granted when the wave is cut over.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrate.model.acl import Acl, order, renamed, without_write
from migrate.model.sorted_names import SortedNames


@dataclass(frozen=True)
class Replay:
    """What is granted in `prepare`, and what waits for the switch."""

    allow: tuple[Acl, ...]
    withheld: tuple[Acl, ...]


def allows(acls: Iterable[Acl], names: Mapping[str, str]) -> Replay:
    """ALLOW ACLs under their names on the target, without WRITE on topics."""
    granted: list[Acl] = []
    withheld: list[Acl] = []
    for acl in renamed(acls, names):
        if acl.permission != "ALLOW":
            continue
        if acl.resource_type == "TOPIC" and acl.operation in ("WRITE", "ALL"):
            withheld.append(acl)
        granted += without_write(acl)
    return Replay(order(granted), order(withheld))


def denies(acls: Iterable[Acl], names: Mapping[str, str]) -> tuple[Acl, ...]:
    """DENY ACLs under their names on the target."""
    return order(renamed((acl for acl in acls if acl.permission == "DENY"), names))


@dataclass(frozen=True)
class Split:
    """A withheld ACL, in the wave that withheld it: on which topics each wave grants it, and when it is whole."""

    acl: Acl
    parts: dict[int, tuple[str, ...]]
    whole: int

    @property
    def grants(self) -> Iterator[tuple[int, Acl]]:
        """What each wave's switch grants of it."""
        for wave, topics in self.parts.items():
            yield from ((wave, _literal(self.acl, topic)) for topic in topics)
        yield self.whole, self.acl


def splits(
    withheld: Iterable[tuple[int, Acl]], topics: Mapping[str, int], first: int = 1
) -> tuple[tuple[int, Split], ...]:
    """How each ACL that a wave withheld is granted again from wave `first` on; `topics` says whose wave each is.

    A pattern that reaches topics of later waves becomes literal grants for the topics moved so far, and the original
    returns with the last of them.
    """
    names = SortedNames(topics)
    found = []
    for own, acl in withheld:
        since = max(own, first)
        reached = {t: max(own, topics[t]) for t in names.covered(acl)}
        whole = max([since, *reached.values()])
        parts: dict[int, list[str]] = defaultdict(list)
        for topic, wave in reached.items():
            if since <= wave < whole:
                parts[wave].append(topic)
        found.append((own, Split(acl, {w: tuple(ts) for w, ts in sorted(parts.items())}, whole)))
    return tuple(found)


def _literal(acl: Acl, topic: str) -> Acl:
    narrowed = {"operation": "WRITE", "pattern_type": "LITERAL", "resource_name": topic}
    return acl.model_copy(update=narrowed)
