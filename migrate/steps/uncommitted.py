"""Where a group begins on partitions on which it has no commit: what `policy.uncommitted` says, with its evidence."""

from collections.abc import Collection, Mapping

from migrate.logs.reading import first_records
from migrate.logs.translate import Translation
from migrate.model.record import Ends, TopicPartition
from migrate.ports import Sites


def nothing_held(
    sites: Sites, bare: Collection[TopicPartition]
) -> dict[TopicPartition, Translation]:
    """Those of which neither log holds a record: there every policy means the same place."""
    source, target = _ends(sites, bare)
    return {
        place: Translation(
            topic=place[0],
            partition=place[1],
            source=None,
            target=target[place].start,
            lag=0,
            method="empty",
            proof="exact",
            evidence="neither log holds a record",
        )
        for place in bare
        if source[place].start == source[place].end and target[place].start == target[place].end
    }


def from_start(
    sites: Sites, bare: Collection[TopicPartition], uptos: Mapping[TopicPartition, int]
) -> tuple[Translation, ...]:
    """`earliest`: the copy's first record. It may be one that has expired on the source since it was copied."""
    source, target = _ends(sites, bare)
    first = first_records(sites.source, {p: (source[p].start, uptos[p]) for p in bare})
    copied = first_records(sites.target, {p: (target[p].start, target[p].stable) for p in bare})
    made = []
    for place in bare:
        one, other = first.get(place), copied.get(place)
        if (one and one.mark) == (other and other.mark):
            said = "both logs begin with the same record"
        else:
            said = (
                f"the copy begins with another record than the source, whose log begins at {source[place].start} "
                "by now: what has expired there is read too"
            )
        made.append(
            Translation(
                topic=place[0],
                partition=place[1],
                source=None,
                target=target[place].start,
                lag=0,
                method="policy",
                proof="policy",
                evidence=f"no commit on source; policy.uncommitted is earliest: {said}",
            )
        )
    return tuple(made)


def from_end(found: Translation) -> Translation:
    """`latest`: the noted end of the source, translated like a commit; what could not be proven stays so."""
    said = (
        "no commit on source; policy.uncommitted is latest: the source ended at "
        f"{found.source} when its consumers had stopped; {found.method}: {found.evidence}"
    )
    kind = {"method": "policy", "proof": "policy"} if found.exact else {}
    return found.model_copy(update={**kind, "evidence": said})


def unplaced(place: TopicPartition, because: str) -> Translation:
    """Nowhere: no policy says where, or what it needs is not known."""
    return Translation(
        topic=place[0],
        partition=place[1],
        source=None,
        target=None,
        lag=0,
        method="no commit",
        proof="unknown",
        evidence=f"no commit on source; policy.uncommitted is {because}",
    )


def _ends(
    sites: Sites, bare: Collection[TopicPartition]
) -> tuple[dict[TopicPartition, Ends], dict[TopicPartition, Ends]]:
    """Of both sides."""
    topics = {topic for topic, _ in bare}
    return sites.source.reader.ends(topics), sites.target.reader.ends(topics)
