"""verify data: whether every record of the copied topics is on both sides, by the maps of their partitions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from migrate.logs.again import Verified
from migrate.logs.logmap import found
from migrate.logs.mapping import Mapped
from migrate.logs.sampling import Sampled
from migrate.logs.stretches import Stretch, Word
from migrate.model.check import Check, Verdict
from migrate.model.words import count

_SHOWN = 20
_FAULTS = {
    Word.MISSING: "missing on the target",
    Word.EXTRA: "on the target that the source does not have there",
    Word.STALE: "of keys that the source has deleted",
    Word.GONE: "that the target has deleted since they were copied",
}
_OPEN = {Word.UNPROVEN: "could not be compared"}


def judge(maps: Iterable[Mapped]) -> tuple[Check, ...]:
    """Return a check for each topic; what was not read, or could not be compared, is unknown and never passed."""
    by_topic: dict[str, list[Mapped]] = defaultdict(list)
    for one in maps:
        by_topic[one.place[0]].append(one)
    return tuple(_topic(topic, own) for topic, own in sorted(by_topic.items()))


def judge_again(found: Iterable[Verified]) -> tuple[Check, ...]:
    """Return a check for each topic whose maps were verified again; what differs is named by the data's own check."""
    by_topic: dict[str, list[Verified]] = defaultdict(list)
    for one in found:
        by_topic[one.place[0]].append(one)
    return tuple(_again(topic, own) for topic, own in sorted(by_topic.items()))


def _again(topic: str, own: list[Verified]) -> Check:
    partitions = count(len(own), "partition")
    records = count(sum(one.records for one in own), "record")
    said = [f"{records} read again on both sides in {partitions}, equal as before"]
    for many, what in (
        (sum(one.one_sided for one in own), "on the only side that has to hold them still"),
        (sum(one.lost for one in own), "neither side holds any more"),
    ):
        said += [f"{count(many, 'record')} {what}"] if many else []
    faults = [f"{topic}-{one.place[1]}: {one.differs}" for one in own if one.differs]
    verdict = Verdict.FAIL if faults else Verdict.PASS
    return Check(name=f"again {topic}", verdict=verdict, evidence=(*_shortened(faults), *said))


def judge_samples(found: Iterable[Sampled], seed: str) -> tuple[Check, ...]:
    """Return a check for each topic: `sampled` is its word, because what was not read is not known."""
    by_topic: dict[str, list[Sampled]] = defaultdict(list)
    for one in found:
        by_topic[one.place[0]].append(one)
    return tuple(_sample(topic, own, seed) for topic, own in sorted(by_topic.items()))


def _sample(topic: str, own: list[Sampled], seed: str) -> Check:
    faults = [line for one in own for line in one.faults]
    unproven = [line for one in own for line in one.unproven]
    records = count(sum(one.records for one in own), "record")
    blocks = count(sum(one.blocks for one in own), "block")
    proof = f"sampled: {records} found again, of {blocks} chosen by seed {seed}"
    verdict = Verdict.FAIL if faults else Verdict.UNKNOWN if unproven else Verdict.PASS
    evidence = (proof, *_shortened([*faults, *(f"unproven: {line}" for line in unproven)]))
    return Check(name=f"sampled {topic}", verdict=verdict, evidence=evidence)


def _topic(topic: str, maps: list[Mapped]) -> Check:
    name = f"data of {topic}"
    faults = [line for one in maps for line in _lines(one, _FAULTS)]
    unknown = [f"{_named(one)}: not read: {one.unread}" for one in maps if one.unread]
    unknown += [line for one in maps for line in _lines(one, _OPEN)]
    unknown += [
        f"{_named(one)}: not read to its end" for one in maps if not (one.finished or one.unread)
    ]
    again = [f"{_named(one)}: read again: {why}" for one in maps for why in one.known.dropped[-1:]]
    proof = _proof(maps)
    evidence = (proof, *_shortened([*faults, *unknown]), *again)
    if faults:
        return Check(name=name, verdict=Verdict.FAIL, evidence=evidence)
    verdict = Verdict.UNKNOWN if unknown else Verdict.PASS
    return Check(name=name, verdict=verdict, evidence=evidence)


def _proof(maps: list[Mapped]) -> str:
    """Return what is proven, in words."""
    totals: Mapping[Word, tuple[int, int]] = found(s for one in maps for s in one.stretches)
    both = sum(totals.get(word, (0, 0))[0] for word in (Word.EQUAL, Word.SUPERSEDED))
    said = f"{count(both, 'record')} equal in {count(len(maps), 'partition')}"
    source, target = totals.get(Word.SUPERSEDED, (0, 0))
    if target > source:
        said += f", {count(target - source, 'superseded record')} more on the target"
    waiting = sum(
        s.source[1] - s.source[0] for one in maps for s in one.left if s.word == Word.PENDING
    )
    return said + (f"; {count(waiting, 'offset')} not copied yet" if waiting else "")


def _lines(one: Mapped, wanted: Mapping[Word, str]) -> list[str]:
    return [
        f"{_named(one)}: {_records(stretch)} {wanted[stretch.word]}: {_where(stretch)}"
        for stretch in (*one.stretches, *one.gone)
        if stretch.word in wanted
    ]


def _records(stretch: Stretch) -> str:
    known = max(stretch.records)
    if known:
        return count(known, "record")
    offsets = max(stretch.source[1] - stretch.source[0], stretch.target[1] - stretch.target[0])
    return f"up to {count(offsets, 'record')}"


def _where(stretch: Stretch) -> str:
    sides = (("source", stretch.source), ("target", stretch.target))
    return ", ".join(
        f"{side} {'offset' if upto - begin == 1 else 'offsets'} {_range(begin, upto)}"
        for side, (begin, upto) in sides
        if begin < upto
    )


def _range(begin: int, upto: int) -> str:
    return f"{begin}" if upto - begin == 1 else f"{begin} to {upto - 1}"


def _named(one: Mapped) -> str:
    return f"{one.place[0]}-{one.place[1]}"


def _shortened(lines: list[str]) -> list[str]:
    more = [f"… {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]
