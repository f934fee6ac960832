"""Gate: kmig itself reads at each commit on the target, and compares with the record that the source would give."""

from typing import Literal

from migrate.errors import StepFailed
from migrate.logs.reading import first_records
from migrate.logs.translate import Translation
from migrate.model.record import Position, TopicPartition
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.commit_offsets import commits_of

_TAKE_BACK = "take the clients back with `kmig rollback`, then compare both logs at these offsets"


class ProveOffsets(Gate):
    """Prove one group's translations a second way: not by the alignment that made them, but by a fetch."""

    op: Literal["prove_offsets"] = "prove_offsets"
    group: str
    translations: tuple[Translation, ...]
    uptos: tuple[Position, ...]

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"prove_offsets {self.group}"

    def describe(self) -> str:
        """See `Change`."""
        return f"read at each commit of {self.group} on both sides"

    def apply(self, sites: Sites) -> "ProveOffsets":
        """Read the next record at each commit on both sides, and compare."""
        commits = commits_of(sites.target, self.group)
        moved = {p for p, at in commits.items() if at > self._targets.get(p, at)}
        for t in self.translations:
            if (t.topic, t.partition) in moved:
                continue  # its clients ran there before: an earlier run, or a rollback that did not end
            if commits.get((t.topic, t.partition)) != t.target:
                raise StepFailed(
                    f"group {self.group} is at {commits.get((t.topic, t.partition))} on {t.topic}-{t.partition} "
                    f"of the target, kmig committed {t.target}",
                    "stop the consumer that committed there, run `kmig rollback`, then cut over again",
                )
        by_place = {(t.topic, t.partition): t for t in self.translations if _comparable(t)}
        with_source = {place: t for place, t in by_place.items() if place not in moved}
        topics = {topic for topic, _ in with_source}
        ends, copy_ends = sites.source.reader.ends(topics), sites.target.reader.ends(topics)
        for (topic, partition), t in with_source.items():
            if why := copy_ends[topic, partition].outside(t.target or 0):
                raise StepFailed(
                    f"group {self.group} on {topic}-{partition} of the target: {why}", _TAKE_BACK
                )
        begins = {p: ends[p].readable(t.source or 0)[0] for p, t in with_source.items()}
        # a source that lost its tail since it was copied ends before `uptos`: nothing more arrives from it
        uptos = {p.place: min(p.offset, ends[p.place].end) for p in self.uptos if p.place in ends}
        source = first_records(sites.source, {p: (at, uptos[p]) for p, at in begins.items()})
        target = first_records(
            sites.target, {p: copy_ends[p].readable(t.target or 0) for p, t in with_source.items()}
        )
        for place, t in with_source.items():
            original, copy = source.get(place), target.get(place)
            if (original and original.mark) != (copy and copy.mark):
                on_source, on_target = (r.offset if r else "the end" for r in (original, copy))
                raise StepFailed(
                    f"the next record of group {self.group} on {t.topic}-{t.partition} differs: "
                    f"the source has it at {on_source}, the target has another record at {on_target}",
                    _TAKE_BACK,
                )
        said = f"{count(len(moved), 'partition')} moved on since" if moved else ""
        return self.seeing(self._evidence(len(source), len(with_source)), *filter(None, [said]))

    @property
    def _targets(self) -> dict[TopicPartition, int]:
        return {(t.topic, t.partition): t.target for t in self.translations if t.target is not None}

    def _evidence(self, same: int, compared: int) -> str:
        uncompared = len(self.translations) - compared
        rest = (
            f", {uncompared} without the same record on the source, not compared"
            if uncompared
            else ""
        )
        return (
            f"{count(len(self.translations), 'commit')} read back: "
            f"{same} with the same next record on both sides, "
            f"{compared - same} at the end of both logs{rest}"
        )


def _comparable(t: Translation) -> bool:
    """Whether the source still has the record with which the group goes on: not what it has cleaned or deleted."""
    return t.source is not None and (t.exact or t.placed)
