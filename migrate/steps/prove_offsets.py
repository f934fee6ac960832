"""Gate: kmig itself reads at each commit on the target, and gets the record that the source would have given."""

from typing import Literal

from migrate.errors import StepFailed
from migrate.logs.reading import first_records
from migrate.logs.translate import Translation
from migrate.model.record import Position
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Gate
from migrate.steps.commit_offsets import commits_of


class ProveOffsets(Gate):
    """One group's translations, proven a second way: not by the alignment that made them, but by a fetch."""

    op: Literal["prove_offsets"] = "prove_offsets"
    group: str
    translations: tuple[Translation, ...]
    uptos: tuple[Position, ...]

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"prove_offsets {self.group}"

    def describe(self) -> str:
        """One line."""
        return f"read at each commit of {self.group} on both sides"

    def apply(self, sites: Sites) -> "ProveOffsets":
        """Read, and compare."""
        there = commits_of(sites.target, self.group)
        for t in self.translations:
            if there.get((t.topic, t.partition)) != t.target:
                raise StepFailed(
                    f"group {self.group} stands at {there.get((t.topic, t.partition))} on {t.topic}-{t.partition} "
                    f"on target, not at {t.target}",
                    "somebody committed there: stop it, kmig rollback, then cut over anew",
                )
        uptos = {p.place: p.offset for p in self.uptos}
        with_source = {(t.topic, t.partition): t for t in self.translations if t.source is not None}
        topics = {topic for topic, _ in with_source}
        ends, copy_ends = sites.source.reader.ends(topics), sites.target.reader.ends(topics)
        begins = {p: ends[p].readable(t.source or 0)[0] for p, t in with_source.items()}
        source = first_records(sites.source, {p: (at, uptos[p]) for p, at in begins.items()})
        target = first_records(
            sites.target, {p: copy_ends[p].readable(t.target or 0) for p, t in with_source.items()}
        )
        for place, t in with_source.items():
            one, other = source.get(place), target.get(place)
            if (one and one.mark) != (other and other.mark):
                here, there_too = (r.offset if r else "the end" for r in (one, other))
                raise StepFailed(
                    f"group {self.group}, {t.topic}-{t.partition}: source would go on with the record at {here}, "
                    f"target with another one, at {there_too}",
                    "kmig rollback takes the clients back; then look at both logs there",
                )
        return self.seeing(self._seen(len(source), len(with_source)))

    def _seen(self, same: int, compared: int) -> str:
        read, bare = len(self.translations), len(self.translations) - compared
        uncompared = f", {bare} without a commit on source, not compared" if bare else ""
        return (
            f"{count(read, 'commit')} read back: {same} with the same next record on both sides, "
            f"{compared - same} at the end of both logs{uncompared}"
        )
