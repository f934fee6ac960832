"""Where groups go on on the target: by their commits, and on partitions without one by what people decided.

Everything that many groups have in common is read once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.errors import Refused
from migrate.logs.lag import require_there
from migrate.logs.reading import first_records
from migrate.logs.translate import Translation
from migrate.logs.translating import Asked, translated_all
from migrate.model.cluster import Commit
from migrate.model.record import Ends, TopicPartition
from migrate.model.waiver import Uncommitted, Waiver
from migrate.model.words import count
from migrate.ports import Sites

_UNNOTED = "the end of the source was not read before the group was fenced (cutover begun by an earlier version?)"


@dataclass(frozen=True)
class Wanted:
    """A group that is to be placed: its commits, what it reads, and what is decided where it has none.

    `uptos` are the source offsets up to which each partition is copied, `ends` the source's before the fence.
    """

    group: str
    commits: Sequence[Commit]
    uptos: Mapping[TopicPartition, int]
    reads: tuple[str, ...]
    uncommitted: Uncommitted
    ends: Mapping[TopicPartition, int]
    waivers: tuple[Waiver, ...]

    @property
    def without(self) -> list[TopicPartition]:
        """Return the partitions without a commit: of topics that it has commits on, or of all that it may read.

        A workload may read more topics than its group: with another group, or with none.
        """
        topics = {c.topic for c in self.commits} or set(self.reads)
        own = {c.place for c in self.commits}
        return [place for place in self.uptos if place[0] in topics and place not in own]

    def asked(self, commits: Iterable[Commit]) -> Asked:
        """Return the question where these commits go on."""
        return Asked(tuple(commits), self.uptos, self.group, self.waivers)


@dataclass
class _Policy:
    """Partitions of one group without a commit: what is known already, and at which offset each of the others is."""

    known: list[Translation] = field(default_factory=list)
    at: dict[TopicPartition, int] = field(default_factory=dict)
    starts: dict[TopicPartition, int] = field(default_factory=dict)


def placed_all(sites: Sites, every: Sequence[Wanted]) -> list[tuple[Translation, ...]]:
    """Return where each group goes on, partition by partition."""
    for wanted in every:
        if foreign := [c for c in wanted.commits if c.place not in wanted.uptos]:
            first = foreign[0]
            raise Refused(
                f"group {wanted.group} has a commit on {first.topic}-{first.partition}, "
                "which is not copied with its wave",
                "take the clients back with `kmig rollback`, then run `kmig inventory` and `kmig plan`",
            )
    # a partition may have been added since the copy was found to keep up
    require_there(sites, {topic for wanted in every for topic, _ in wanted.uptos})
    policies = _policies(sites, every)
    own = [wanted.asked(wanted.commits) for wanted in every]
    by_policy = [
        wanted.asked(_as_commits(policy.at)) for wanted, policy in zip(every, policies, strict=True)
    ]
    starts = [
        wanted.asked(_as_commits(policy.starts))
        for wanted, policy in zip(every, policies, strict=True)
    ]
    found = translated_all(sites, [*own, *by_policy, *starts])
    many = len(every)
    return [
        (*found[i], *policy.known, *_decided(wanted, found[many + i], found[2 * many + i]))
        for i, (wanted, policy) in enumerate(zip(every, policies, strict=True))
    ]


def _as_commits(offsets: Mapping[TopicPartition, int]) -> list[Commit]:
    return [Commit(topic=t, partition=p, offset=at) for (t, p), at in offsets.items()]


def _policies(sites: Sites, every: Sequence[Wanted]) -> list[_Policy]:
    """Return for each group what is decided on partitions without a commit, as offsets of the source."""
    places = {place for wanted in every for place in wanted.without}
    if not places:
        return [_Policy() for _ in every]
    topics = {topic for topic, _ in places}
    source, target = sites.source.reader.ends(topics), sites.target.reader.ends(topics)
    empty = {p for p in places if _none(source[p]) and _none(target[p])}
    late = _uncopied(sites, every, source)
    found = []
    for wanted in every:
        policy = _Policy()
        for place in wanted.without:
            if place in empty:
                policy.known.append(_empty(place, target[place]))
            elif wanted.uncommitted == "refuse":
                policy.known.append(unplaced(place, "refuse"))
            elif wanted.uncommitted == "earliest":
                policy.at[place] = source[place].start
            elif place not in wanted.ends:
                policy.known.append(unplaced(place, f"latest: {_UNNOTED}"))
            elif (place, wanted.ends[place]) in late:
                said = f"latest: the copy had not passed the end {wanted.ends[place]}"
                policy.known.append(unplaced(place, said))
            else:
                policy.at[place] = wanted.ends[place]
                policy.starts[place] = source[place].start
        found.append(policy)
    return found


def _none(ends: Ends) -> bool:
    return ends.start == ends.end


def _uncopied(
    sites: Sites, every: Sequence[Wanted], source: Mapping[TopicPartition, Ends]
) -> set[tuple[TopicPartition, int]]:
    """Return the noted ends with a record between the copied position and them.

    Copied later, it would get an offset after the place that the end becomes, and be read although it is older. What
    has expired since the copy was quieted is copied no more.
    """
    latest = [w for w in every if w.uncommitted == "latest"]
    ends: dict[TopicPartition, set[int]] = {}
    for wanted in latest:
        for place in wanted.without:
            if place in wanted.ends:
                ends.setdefault(place, set()).add(wanted.ends[place])
    uptos = {place: upto for wanted in latest for place, upto in wanted.uptos.items()}
    begins = {p: source[p].readable(uptos[p])[0] for p in ends}
    left = first_records(sites.source, {p: (begins[p], max(some)) for p, some in ends.items()})
    return {(p, end) for p, record in left.items() for end in ends[p] if record.offset < end}


def _decided(
    wanted: Wanted, places: Iterable[Translation], starts: Iterable[Translation]
) -> Iterable[Translation]:
    """Yield what a policy decided; what has no proven place stays unproven."""
    lags = {(t.topic, t.partition): t.lag for t in starts}
    for one in places:
        if wanted.uncommitted == "earliest":
            said = f"earliest: the source begins at {one.source}"
        else:
            said = f"latest: the source ended at {one.source} after its consumers stopped"
            passed = max(0, lags.get((one.topic, one.partition), one.lag) - one.lag)
            said += f", {count(passed, 'record')} passed over"
        evidence = f"no commit on the source; uncommitted is {said}; {one.method}: {one.evidence}"
        kind = {"method": "policy", "proof": "policy"} if one.sound else {}
        yield one.model_copy(update={**kind, "evidence": evidence})


def _empty(place: TopicPartition, target: Ends) -> Translation:
    """Place the group where neither log holds a record: every policy means the same there."""
    return Translation(
        topic=place[0],
        partition=place[1],
        source=None,
        target=target.start,
        lag=0,
        method="empty",
        proof="exact",
        evidence="neither log holds a record",
    )


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
        evidence=f"no commit on the source; uncommitted is {because}",
    )
