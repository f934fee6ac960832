"""The groups of a wave, and those that nobody thought of: commits, members, and places on the target."""

from collections.abc import Iterator, Mapping, Sequence

from migrate.model.check import Check, judged
from migrate.model.cluster import Group
from migrate.model.record import Ends, TopicPartition
from migrate.model.words import count, first_of
from migrate.ports import Sites
from migrate.preflight.facts import Ahead


def checks(sites: Sites, ahead: Ahead) -> Iterator[Check]:
    """Yield what is to be said of groups; all of the source's are listed once."""
    here = {group.name: group for group in sites.source.reader.groups()}
    there = {g.name: g for g in sites.target.reader.groups([g.name for g in ahead.groups])}
    topics = {*ahead.copied, *(c.topic for g in here.values() for c in g.commits)}
    ends = sites.source.reader.ends(sites.source.reader.ids(topics))
    yield _strangers(ahead, here)
    if not ahead.groups:
        return
    mine = {g.name: here.get(g.name) for g in ahead.groups}
    groups = count(len(mine), "group")
    yield judged(
        "commits are there",
        _vanished(ahead, mine),
        f"every commit of {groups} that was seen before",
    )
    yield judged(
        "commits are on copied topics", _foreign(ahead, mine), f"no other commit of {groups}"
    )
    yield judged(
        "commits are in their logs",
        _beyond(mine, ends),
        f"no commit of {groups} is beyond its log's end",
    )
    yield judged(
        "partitions have a commit",
        _undecided(sites, ahead, mine, ends),
        f"{groups}: each has a place",
    )
    yield judged(
        "the target has no other commits", _tried(ahead, there), f"none of {groups} stands there"
    )
    yield judged(
        "clients can be seen",
        _unseen(ahead, mine),
        "by members of their groups, or by health hooks",
    )


def _strangers(ahead: Ahead, here: Mapping[str, Group]) -> Check:
    """Name groups on topics that are fenced, which no wave up to this one takes along."""
    owned, faults = set(ahead.owned), []
    for name, group in sorted(here.items()):
        if name in ahead.accounted:
            continue
        reads = {c.topic for c in group.commits}
        if reads & owned:
            who = f", {count(len(group.members), 'member')} now" if group.members else ""
            faults.append(
                f"group {name} reads {first_of(sorted(reads & owned), 3)}{who}, and moves with no wave up to this "
                "one: it would starve; name it in workloads.yaml, then `kmig inventory` and `kmig plan`"
            )
    proof = f"no other group on {count(len(owned), 'topic')} that are fenced"
    return judged("every reader moves", faults, proof)


def _vanished(ahead: Ahead, mine: Mapping[str, Group | None]) -> Iterator[str]:
    for one in ahead.groups:
        group = mine[one.name]
        now = {c.place for c in group.commits} if group else set()
        gone = [] if one.moved else [p for p in one.known if p.place not in now]
        if gone:
            more = f", and {count(len(gone) - 1, 'more commit')}" if len(gone) > 1 else ""
            yield (
                f"group {one.name} had committed {gone[0].offset} on {gone[0].topic}-{gone[0].partition}, and the "
                f"commit does not exist now{more}: `kmig inventory` and `kmig plan` go by what is there"
            )


def _foreign(ahead: Ahead, mine: Mapping[str, Group | None]) -> Iterator[str]:
    copied = set(ahead.copied)
    for name, group in mine.items():
        other = sorted({c.topic for c in group.commits} - copied) if group else []
        if other:
            yield (
                f"group {name} has a commit on {first_of(other, 3)}, which is not copied with its wave: name it "
                "under `reads` of its workload, or delete the commit; then `kmig inventory` and `kmig plan`"
            )


def _beyond(mine: Mapping[str, Group | None], ends: Mapping[TopicPartition, Ends]) -> Iterator[str]:
    for name, group in mine.items():
        for commit in group.commits if group else ():
            known = ends.get(commit.place)
            if known is not None and commit.offset > known.end:
                yield (
                    f"group {name} committed {commit.offset} on {commit.topic}-{commit.partition}, beyond the log's "
                    f"end at {known.end}: these records are lost on the source; reset the group there"
                )


def _undecided(
    sites: Sites,
    ahead: Ahead,
    mine: Mapping[str, Group | None],
    ends: Mapping[TopicPartition, Ends],
) -> Iterator[str]:
    """Name partitions without a commit that only a policy can place, where it refuses."""
    there: Mapping[TopicPartition, Ends] | None = None
    for one in ahead.groups:
        if one.uncommitted != "refuse" or one.moved:
            continue
        group = mine[one.name]
        own = {c.place for c in group.commits} if group else set()
        topics = {topic for topic, _ in own} & set(ahead.copied) or set(one.reads)
        left = [p for p in sorted(ends) if p[0] in topics and p not in own]
        if left and there is None:
            there = sites.target.reader.ends(sites.target.reader.ids(ahead.copied))
        assert there is not None or not left
        full = [p for p in left if not (_empty(ends, p) and _empty(there or {}, p))]
        if full:
            yield (
                f"group {one.name} has no commit on {full[0][0]}-{full[0][1]}"
                f"{_more(full)}, and `uncommitted` is refuse: say in workloads.yaml where it begins"
            )


def _tried(ahead: Ahead, there: Mapping[str, Group]) -> Iterator[str]:
    copied = set(ahead.copied)
    for one in ahead.groups:
        group = there.get(one.name)
        found = [c for c in group.commits if c.topic in copied] if group and not one.moved else []
        if found:
            yield (
                f"group {one.name} has committed {found[0].offset} on {found[0].topic}-{found[0].partition} of the "
                "target, and kmig has not: find out who consumed there; if no consumer did, delete the group there"
            )
        if group and group.members and not one.moved:
            yield f"group {one.name} has {count(len(group.members), 'member')} on the target already"


def _unseen(ahead: Ahead, mine: Mapping[str, Group | None]) -> Iterator[str]:
    for client in ahead.clients:
        if not client.seen:
            continue
        for name in client.groups:
            group = mine.get(name)
            if name in mine and not (group and group.members):
                yield (
                    f"group {name} of {client.workload} has no member now: its clients are stopped, or assign "
                    "partitions themselves and would never be seen; start them, or declare `switch.command.health`"
                )


def _empty(ends: Mapping[TopicPartition, Ends], place: TopicPartition) -> bool:
    known = ends.get(place)
    return known is None or known.start == known.end


def _more(places: Sequence[TopicPartition]) -> str:
    return f" and {count(len(places) - 1, 'other partition')}" if len(places) > 1 else ""
