"""verify offsets: whether every group on the target is at its proven translation, or further on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.documents.plan import Wave
from migrate.logs.translate import Translation
from migrate.model.check import Check, Verdict, judged
from migrate.model.record import Ends, TopicPartition
from migrate.model.words import count
from migrate.ports import Site


@dataclass(frozen=True)
class OffsetFacts:
    """Commits on the target, by group, and the logs that they are on."""

    commits: Mapping[str, Mapping[TopicPartition, int]]
    logs: Mapping[TopicPartition, Ends] = field(default_factory=dict)


def gather(target: Site, groups: list[str]) -> OffsetFacts:
    """Read the commits of these groups on the target, then the ends of their logs."""
    read = target.reader.groups(groups) if groups else ()
    commits = {g.name: {(c.topic, c.partition): c.offset for c in g.commits} for g in read}
    topics = {topic for places in commits.values() for topic, _ in places}
    return OffsetFacts(commits, target.reader.ends(topics) if topics else {})


def judge(
    wave: Wave, translations: Mapping[str, tuple[Translation, ...]], facts: OffsetFacts
) -> tuple[Check, ...]:
    """Return one check per group; a group for which nothing was committed is unknown, never passed."""
    return tuple(_group(name, translations.get(name), facts) for name in wave.groups)


def _group(name: str, committed: tuple[Translation, ...] | None, facts: OffsetFacts) -> Check:
    title = f"offsets of {name}"
    if committed is None:
        why = "not cut over, so nothing was committed on the target"
        return Check(name=title, verdict=Verdict.UNKNOWN, evidence=(why,))
    if not committed:
        why = "cut over without a commit: the group had none on the source"
        return Check(name=title, verdict=Verdict.UNKNOWN, evidence=(why,))
    commits = facts.commits.get(name, {})
    faults = []
    for t in committed:
        place, now = f"{t.topic}-{t.partition}", commits.get((t.topic, t.partition))
        if not (t.sound or t.placed) or t.target is None:
            faults.append(f"{place}: {t.proof}: {t.evidence}")
        elif now is None:
            faults.append(f"{place}: no commit on the target; kmig committed {t.target}")
        elif now < t.target:
            faults.append(f"{place}: commit {now} on the target is below {t.target}")
        elif (log := facts.logs.get((t.topic, t.partition))) and (why := log.outside(now)):
            faults.append(f"{place}: {why}")
    placed = sum(t.placed for t in committed)
    policy = f"; {placed} placed by policy.uncommitted" if placed else ""
    proof = f"{count(len(committed), 'partition')}: at or after the translated commit"
    return judged(title, faults, f"{proof}{policy}")
