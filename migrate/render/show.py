"""`kmig show` as text: rows of one kind, and counts of them at the end."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.documents.inventory import Section, State
from migrate.model.words import count, first_of, volume
from migrate.render.columns import prose, table
from migrate.render.holdings import (
    SECTIONS,
    AclRow,
    ConnectorRow,
    GroupRow,
    Row,
    TopicLag,
    TopicRow,
    UserRow,
    What,
)
from migrate.render.inventory import TITLES


@dataclass(frozen=True)
class Shown:
    """The filtered rows, the total, and the section that they are from."""

    what: What
    rows: Sequence[Row]
    total: int
    section: Section[object]

    @property
    def complete(self) -> bool:
        """Whether these are all there are."""
        return self.section.standing is State.COMPLETE

    @property
    def title(self) -> str:
        """Return the title of the section in the inventory."""
        return TITLES[SECTIONS[self.what]]


def text(shown: Shown, *, everything: bool) -> list[str]:
    """Return what the section lacks, the rows, and their counts; `everything` adds configs that brokers set."""
    lines = []
    if not shown.complete:
        section = shown.section
        lines += prose(f"{shown.title}: {section.standing.value}: {section.error}")
        lines += prose(f"hint: {section.hint}") if section.hint else []
    if shown.rows:
        lines += _TABLES[shown.what](shown.rows, everything)
    if shown.rows or shown.complete:
        lines += prose(_counted(shown))
    return lines


def document(shown: Shown) -> dict[str, object]:
    """Return the same facts for `-o json`."""
    section = shown.section
    return {
        "what": shown.what,
        "state": section.standing.value,
        "error": section.error,
        "hint": section.hint,
        "total": shown.total,
        "rows": [row.model_dump(mode="json") for row in shown.rows],
    }


def _counted(shown: Shown) -> str:
    """How many there are; of a section that is not complete at least so many."""
    number = len(shown.rows)
    least = "" if shown.complete else "at least "
    of = "" if number == shown.total else f" of {least}{shown.total:,}"
    noun = {"acls": "ACL"}.get(shown.what, shown.what.removesuffix("s"))
    head = f"{number:,}{of} {noun}s" if of else f"{least}{count(number, noun)}"
    details = _COUNTS[shown.what](shown.rows) if shown.rows else ""
    return f"{head}: {details}" if details else head


def _owner(row: Row) -> tuple[object, object]:
    return row.workloads, "–" if row.wave is None else row.wave


def _topics(rows: Sequence[TopicRow], everything: bool) -> list[str]:  # noqa: FBT001
    cells = [
        (
            row.name,
            row.partitions,
            row.replication_factor,
            "–" if row.bytes is None else volume(row.bytes),
            _kind(row),
            *_owner(row),
        )
        for row in rows
    ]
    configs = [_configs(row.effective_configs if everything else row.configs) for row in rows]
    heads = ("topic", "partitions", "replicas", "size", "kind", "workload", "wave")
    return table(cells, heads, configs)


def _kind(row: TopicRow) -> str:
    return ", ".join(
        word for word, so in (("internal", row.internal), ("compacted", row.compacted)) if so
    )


def _configs(configs: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(configs.items()))


def _acls(rows: Sequence[AclRow], _: bool) -> list[str]:  # noqa: FBT001
    cells = [
        (
            row.principal,
            f"{row.permission} {row.operation}",
            _resource(row),
            *_owner(row),
        )
        for row in rows
    ]
    return table(cells, ("principal", "grant", "resource", "workload", "wave"))


def _resource(row: AclRow) -> str:
    pattern = "" if row.pattern_type == "LITERAL" else f"{row.pattern_type.lower()} "
    host = "" if row.host == "*" else f" from {row.host}"
    return f"{row.resource_type.lower()} {pattern}{row.name}{host}"


def _groups(rows: Sequence[GroupRow], _: bool) -> list[str]:  # noqa: FBT001
    cells = [
        (
            row.name,
            row.type,
            row.state,
            _known(row.members),
            "–" if row.uncommitted else _known(row.lag),
            *_owner(row),
        )
        for row in rows
    ]
    heads = ("group", "type", "state", "members", "lag", "workload", "wave")
    return table(cells, heads, [_lag(row) for row in rows])


def _known(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def _lag(row: GroupRow) -> str:
    """Return the lag of each topic, largest first."""
    topics = sorted(row.topics, key=lambda one: (-(one.lag or 0), one.topic))
    left = first_of([_left(topic) for topic in topics], 10)
    return "; ".join(filter(None, (row.error and f"error: {row.error}", left and f"lag: {left}")))


def _left(one: TopicLag) -> str:
    unknown = f" ({count(one.unknown, 'partition')} unknown)" if one.unknown else ""
    return f"{one.topic} {_known(one.lag)}{unknown}"


def _connectors(rows: Sequence[ConnectorRow], _: bool) -> list[str]:  # noqa: FBT001
    cells = [
        (row.name, row.type, row.state, _states(row.tasks), row.connector_class, *_owner(row))
        for row in rows
    ]
    heads = ("connector", "type", "state", "tasks", "class", "workload", "wave")
    return table(cells, heads, [row.error and f"error: {row.error}" for row in rows])


def _states(tasks: Sequence[str]) -> str:
    return (
        ", ".join(f"{number:,} {state}" for state, number in sorted(Counter(tasks).items())) or "–"
    )


def _users(rows: Sequence[UserRow], _: bool) -> list[str]:  # noqa: FBT001
    cells = [(row.name, ", ".join(row.mechanisms), *_owner(row)) for row in rows]
    return table(cells, ("user", "mechanisms", "workload", "wave"))


def _count_topics(rows: Sequence[TopicRow]) -> str:
    sizes = [row.bytes for row in rows]
    unknown = sizes.count(None)
    size = volume(sum(size or 0 for size in sizes))
    return ", ".join(
        (
            f"{sum(row.internal for row in rows):,} internal",
            f"{sum(row.compacted for row in rows):,} compacted",
            count(sum(row.partitions for row in rows), "partition"),
            f"{size} and {count(unknown, 'topic')} of unknown size" if unknown else size,
        )
    )


def _count_acls(rows: Sequence[AclRow]) -> str:
    principals = count(len({row.principal for row in rows}), "principal")
    resources = {(row.resource_type, row.pattern_type, row.name) for row in rows}
    deny = sum(row.permission == "DENY" for row in rows)
    return f"{principals}, {count(len(resources), 'resource')}, {deny:,} DENY"


def _count_groups(rows: Sequence[GroupRow]) -> str:
    lags = [row.lag for row in rows if not row.uncommitted]
    unknown = lags.count(None)
    lag = f"lag {sum(lag or 0 for lag in lags):,}"
    more = f" and {count(unknown, 'group')} of unknown lag" if unknown else ""
    return f"{_states([row.state for row in rows])}, {lag}{more}"


def _count_connectors(rows: Sequence[ConnectorRow]) -> str:
    tasks = [state for row in rows for state in row.tasks]
    return f"{_states([row.state for row in rows])}; tasks: {_states(tasks)}"


def _count_users(rows: Sequence[UserRow]) -> str:
    return count(sum(len(row.mechanisms) for row in rows), "credential")


_TABLES: dict[What, Callable[[Any, bool], list[str]]] = {
    "topics": _topics,
    "acls": _acls,
    "groups": _groups,
    "connectors": _connectors,
    "users": _users,
}
_COUNTS: dict[What, Callable[[Any], str]] = {
    "topics": _count_topics,
    "acls": _count_acls,
    "groups": _count_groups,
    "connectors": _count_connectors,
    "users": _count_users,
}
