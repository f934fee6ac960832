"""Where a group begins on partitions without a commit: what `policy.uncommitted` says, with its evidence."""

from collections.abc import Collection, Mapping

from migrate.logs.reading import first_records
from migrate.logs.translate import Translation
from migrate.model.record import Ends, TopicPartition
from migrate.ports import Site, Sites


def both_empty(
    sites: Sites, places: Collection[TopicPartition]
) -> dict[TopicPartition, Translation]:
    """Place the group on the partitions of which neither log holds a record: every policy means the same there."""
    source, target = _ends(sites, places)
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
        for place in places
        if source[place].start == source[place].end and target[place].start == target[place].end
    }


def from_start(
    sites: Sites, places: Collection[TopicPartition], uptos: Mapping[TopicPartition, int]
) -> tuple[Translation, ...]:
    """Place the group at the copy's first record (`earliest`), which may have expired on the source since."""
    source, target = _ends(sites, places)
    originals = first_records(sites.source, {p: (source[p].start, uptos[p]) for p in places})
    copied = first_records(sites.target, {p: (target[p].start, target[p].stable) for p in places})
    translations = []
    for place in places:
        original, copy = originals.get(place), copied.get(place)
        if (original and original.mark) == (copy and copy.mark):
            evidence = "both logs begin with the same record"
        else:
            evidence = (
                f"the log of the source now begins at {source[place].start}, with another record than the copy: "
                "records that have expired on the source are read too"
            )
        translations.append(
            Translation(
                topic=place[0],
                partition=place[1],
                source=None,
                target=target[place].start,
                lag=0,
                method="policy",
                proof="policy",
                evidence=f"no commit on the source; policy.uncommitted is earliest: {evidence}",
            )
        )
    return tuple(translations)


def from_end(end: Translation) -> Translation:
    """Place the group at the source's noted end (`latest`), translated like a commit; unproven stays unproven."""
    evidence = (
        "no commit on the source; policy.uncommitted is latest: the source ended at "
        f"{end.source} after its consumers stopped; {end.method}: {end.evidence}"
    )
    kind = {"method": "policy", "proof": "policy"} if end.sound else {}
    return end.model_copy(update={**kind, "evidence": evidence})


def unplaced(place: TopicPartition, because: str) -> Translation:
    """Place the group nowhere: the policy is `refuse`, or what it needs is unknown."""
    return Translation(
        topic=place[0],
        partition=place[1],
        source=None,
        target=None,
        lag=0,
        method="no commit",
        proof="unknown",
        evidence=f"no commit on the source; policy.uncommitted is {because}",
    )


def _ends(
    sites: Sites, places: Collection[TopicPartition]
) -> tuple[dict[TopicPartition, Ends], dict[TopicPartition, Ends]]:
    """Return the ends of these partitions' topics on the source and on the target."""
    topics = {topic for topic, _ in places}
    return sites.source.reader.ends(topics), sites.target.reader.ends(topics)


def uncopied(
    source: Site, ends: Mapping[TopicPartition, int], uptos: Mapping[TopicPartition, int]
) -> frozenset[TopicPartition]:
    """Return the partitions with a record between the copied position and an end that was noted.

    Copied later, it would get an offset after the place that the end becomes, and be read although it is older. What
    has expired since the copy was quieted is copied no more.
    """
    now = source.reader.ends({topic for topic, _ in ends})
    left = {p: (now[p].readable(uptos[p])[0], end) for p, end in ends.items()}
    return frozenset(first_records(source, left))
