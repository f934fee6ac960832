"""The last look of `kmig watch` in Prometheus' text format, for node_exporter's textfile collector."""

from collections.abc import Iterable, Iterator

from migrate.documents.watched import Watched
from migrate.model.check import Verdict

_TOPIC = {
    "behind": ("kmig_copy_behind_offsets", "Offsets of the source that are not copied yet."),
    "produced": ("kmig_copy_produced_offsets_per_second", "How fast the source grows."),
    "copied": ("kmig_copy_copied_offsets_per_second", "How fast the copy goes on."),
    "lag_seconds": ("kmig_copy_lag_seconds", "Age of the oldest record that is not copied."),
    "safe_seconds": (
        "kmig_copy_lag_safe_seconds",
        "Half of the time that the source keeps records: the lag must stay below it.",
    ),
}


def metrics(watched: Watched) -> str:
    """Return the whole file; the names of topics and groups are labels."""
    lines = list(_lines(watched))
    return "\n".join(lines) + "\n"


def _lines(watched: Watched) -> Iterator[str]:
    yield from _metric(
        "kmig_watch_made_at_seconds",
        "When kmig looked, in seconds since 1970.",
        [("", watched.made_at.timestamp())],
    )
    yield from _metric(
        "kmig_watch_checks",
        "Checks of the last look by verdict.",
        [
            (_labels(verdict=verdict.value), sum(c.verdict is verdict for c in watched.checks))
            for verdict in Verdict
        ],
    )
    yield from _metric(
        "kmig_watch_check_failed",
        "1 for a check that failed.",
        [(_labels(check=c.name), int(c.verdict is Verdict.FAIL)) for c in watched.checks],
    )
    for key, (name, about) in _TOPIC.items():
        values = ((topic.topic, getattr(topic, key)) for topic in watched.topics)
        yield from _metric(name, about, [(_labels(topic=t), v) for t, v in values if v is not None])
    yield from _metric(
        "kmig_map_records",
        "Records of a copied topic by what its map says of them.",
        [
            (_labels(topic=topic.topic, word=word.value), number)
            for topic in watched.topics
            for word, number in sorted(topic.records.items())
        ],
    )
    yield from _metric(
        "kmig_group_commits_vanish_seconds",
        "When the commits of a moved group that has not joined vanish, in seconds since 1970.",
        [(_labels(group=g.group), g.vanishes_at.timestamp()) for g in watched.groups],
    )


def _metric(name: str, about: str, values: Iterable[tuple[str, float]]) -> Iterator[str]:
    rows = [f"{name}{labels} {value:.15g}" for labels, value in values]
    if rows:
        yield f"# HELP {name} {about}"
        yield f"# TYPE {name} gauge"
        yield from rows


def _labels(**own: str) -> str:
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in own.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
