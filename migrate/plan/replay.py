"""The source's ACLs as they go to the target: DENY first, then ALLOW, and WRITE on topics only at the switch.

Only WRITE is split. Every other operation keeps its pattern; `ALL` on topics becomes its parts without WRITE. A
withheld ACL is kept whole, to be granted when the wave is cut over.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrate.model.acl import Acl, order, renamed, without_write
from migrate.model.sorted_names import SortedNames


@dataclass(frozen=True)
class Replay:
    """The ALLOW ACLs that stage `prepare` grants, and those withheld until the switch."""

    allow: tuple[Acl, ...]
    withheld: tuple[Acl, ...]


def allows(acls: Iterable[Acl], names: Mapping[str, str]) -> Replay:
    """Return the ALLOW ACLs under their names on the target, with WRITE on topics withheld."""
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
    """Return the DENY ACLs under their names on the target."""
    return order(renamed((acl for acl in acls if acl.permission == "DENY"), names))


@dataclass(frozen=True)
class Split:
    """A withheld ACL: on which topics each wave grants it, and with which wave the whole ACL returns."""

    acl: Acl
    parts: dict[int, tuple[str, ...]]
    whole: int

    @property
    def grants(self) -> Iterator[tuple[int, Acl]]:
        """Yield what each wave's switch grants of the ACL."""
        for wave, topics in self.parts.items():
            yield from ((wave, _literal(self.acl, topic)) for topic in topics)
        yield self.whole, self.acl


def splits(
    withheld: Iterable[tuple[int, Acl]], topics: Mapping[str, int], first: int = 1
) -> tuple[tuple[int, Split], ...]:
    """Return how each withheld ACL is granted again from wave `first` on; `topics` holds each topic's wave.

    A pattern that reaches topics of later waves becomes literal grants for the topics moved so far, and the original
    returns with the last of them.
    """
    names = SortedNames(topics)
    split = []
    for own, acl in withheld:
        since = max(own, first)
        reached = {t: max(own, topics[t]) for t in names.covered(acl)}
        whole = max([since, *reached.values()])
        parts: dict[int, list[str]] = defaultdict(list)
        for topic, wave in reached.items():
            if since <= wave < whole:
                parts[wave].append(topic)
        split.append((own, Split(acl, {w: tuple(ts) for w, ts in sorted(parts.items())}, whole)))
    return tuple(split)


def _literal(acl: Acl, topic: str) -> Acl:
    narrowed = {"operation": "WRITE", "pattern_type": "LITERAL", "resource_name": topic}
    return acl.model_copy(update=narrowed)
