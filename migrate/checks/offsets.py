"""Offsets on the target: does every group stand where its proven translation put it, or further on?"""

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.documents.plan import Wave
from migrate.logs.translate import Translation
from migrate.model.check import Check, Verdict, judged
from migrate.model.record import TopicPartition
from migrate.model.words import count
from migrate.ports import Site


@dataclass(frozen=True)
class OffsetFacts:
    """Commits on the target, by group."""

    commits: Mapping[str, Mapping[TopicPartition, int]]


def gather(target: Site, groups: list[str]) -> OffsetFacts:
    """Ask the target."""
    found = target.reader.groups(groups) if groups else ()
    return OffsetFacts(
        {g.name: {(c.topic, c.partition): c.offset for c in g.commits} for g in found}
    )


def judge(
    wave: Wave, translations: Mapping[str, tuple[Translation, ...]], facts: OffsetFacts
) -> tuple[Check, ...]:
    """One check per group; a group that nothing was committed for is unknown, never passed."""
    return tuple(_group(name, translations.get(name), facts) for name in wave.groups)


def _group(name: str, found: tuple[Translation, ...] | None, facts: OffsetFacts) -> Check:
    title = f"offsets of {name}"
    if found is None:
        return Check(
            name=title, verdict=Verdict.UNKNOWN, evidence=("not committed on target: not cut over",)
        )
    if not found:
        why = "cut over without any commit: none was seen on source"
        return Check(name=title, verdict=Verdict.UNKNOWN, evidence=(why,))
    there = facts.commits.get(name, {})
    faults = []
    for t in found:
        place, now = f"{t.topic}-{t.partition}", there.get((t.topic, t.partition))
        if not (t.exact or t.placed) or t.target is None:
            faults.append(f"{place}: {t.proof}: {t.evidence}")
        elif now is None:
            faults.append(f"{place}: no commit on target; {t.target} was committed")
        elif now < t.target:
            faults.append(f"{place}: stands at {now} on target, before {t.target}")
    placed = sum(t.placed for t in found)
    policy = f"; {placed} placed by policy.uncommitted" if placed else ""
    proof = f"{count(len(found), 'partition')}: the commit stands at or after the translated one"
    return judged(title, faults, f"{proof}{policy}")
