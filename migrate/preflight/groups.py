"""The groups of a wave, and those that nobody thought of: commits, members, and places on the target."""

from collections.abc import Iterator, Mapping, Sequence

from migrate.logs.foreseen import foreseen
from migrate.logs.translating import Asked as Wanted
from migrate.model.cluster import Group
from migrate.model.record import Ends, TopicPartition
from migrate.model.words import count, first_of
from migrate.ports import Sites
from migrate.preflight.asked import Asked, Fault, asked
from migrate.preflight.facts import Ahead

PASSING = ("commits are there", "partitions have a commit", "clients can be seen")
"""What may pass by itself: a coordinator that moves lists none of its groups, without an error, until it has them."""

_PLAN = "then run `kmig inventory`, `kmig plan`, `kmig apply {n}` and `kmig replicate {n}`"


def ask(sites: Sites, ahead: Ahead) -> Iterator[Asked]:
    """Yield what is to be said of groups; all of the source's are listed once."""
    here = {group.name: group for group in sites.source.reader.groups()}
    there = {g.name: g for g in sites.target.reader.groups([g.name for g in ahead.groups])}
    topics = {*ahead.copied, *(c.topic for g in here.values() for c in g.commits)}
    ends = sites.source.reader.ends(sites.source.reader.ids(topics))
    mine = {g.name: here.get(g.name) for g in ahead.groups}
    groups = count(len(mine), "group")
    yield asked(
        "every reader moves",
        _strangers(ahead, here),
        f"no other group on {count(len(ahead.owned), 'topic')} that are fenced",
    )
    if not ahead.groups:
        return
    yield asked("groups have offsets", _shared(mine), f"{groups}: none is a share group")
    yield asked("commits are there", _vanished(ahead, mine), f"every one of {groups} seen before")
    yield asked("commits are on copied topics", _foreign(ahead, mine), f"no other of {groups}")
    yield asked("commits are in their logs", _beyond(mine, ends), f"none of {groups} is beyond")
    yield _translated(sites, ahead, mine, ends)
    undecided = _undecided(sites, ahead, mine, ends)
    yield asked("partitions have a commit", undecided, f"{groups}: each has a place")
    yield asked("the target has no other commits", _tried(ahead, there), f"none of {groups}")
    shown = "by members of their groups, or by health hooks"
    yield asked("clients can be seen", _unseen(ahead, mine), shown)


def _translated(
    sites: Sites,
    ahead: Ahead,
    mine: Mapping[str, Group | None],
    ends: Mapping[TopicPartition, Ends],
) -> Asked:
    """Translate every commit as far as maps know the logs; what has no proven place now has none later."""
    copied = set(ahead.copied)
    every = [
        Wanted(
            commits=tuple(
                c
                for c in (group.commits if group else ())
                if c.topic in copied and c.place in ends and c.offset <= ends[c.place].end
            ),
            uptos={},
            group=one.name,
            waivers=ahead.waivers,
        )
        for one in ahead.groups
        for group in (mine[one.name],)
        if not one.moved
    ]
    found = foreseen(sites, every)
    faults = tuple(
        Fault(
            f"group {wanted.group} has no proven place on {t.topic}-{t.partition} of the target: {t.evidence}",
            "`kmig verify data` names the records; say with `waive` in workloads.yaml what the group may do",
        )
        for wanted, own in zip(every, found, strict=True)
        for t in own
        if not t.sound
    )
    number = sum(map(len, found))
    return Asked("offsets can be translated", faults, f"{count(number, 'commit')} through the maps")


def _strangers(ahead: Ahead, here: Mapping[str, Group]) -> Iterator[Fault]:
    """Name groups on topics that are fenced, which no wave up to this one takes along."""
    owned = set(ahead.owned)
    for name, group in sorted(here.items()):
        reads = sorted({c.topic for c in group.commits} & owned)
        if name in ahead.accounted or not reads:
            continue
        who = f", {count(len(group.members), 'member')} now" if group.members else ""
        yield Fault(
            f"group {name} reads {first_of(reads, 3)}{who}, and moves with no wave up to this one",
            f"it would starve: name it in workloads.yaml, {_planned(ahead)}; if its clients have moved, delete it "
            "on the source",
        )


def _shared(mine: Mapping[str, Group | None]) -> Iterator[Fault]:
    for name, group in mine.items():
        if group and group.type == "share":
            yield Fault(
                f"group {name} is a share group, which has no offsets that could be moved (KIP-932)",
                "leave it behind in workloads.yaml; its records are delivered again on the target",
            )


def _vanished(ahead: Ahead, mine: Mapping[str, Group | None]) -> Iterator[Fault]:
    for one in ahead.groups:
        group = mine[one.name]
        if group and group.error:
            yield Fault(
                f"the commits of group {one.name} cannot be read: {group.error}",
                "wait until the group's coordinator answers, then rerun the command",
            )
            continue
        now = {c.place for c in group.commits} if group else set()
        gone = [] if one.moved else [p for p in one.known if p.place not in now]
        if gone:
            more = f", and {count(len(gone) - 1, 'more commit')}" if len(gone) > 1 else ""
            yield Fault(
                f"group {one.name} had committed {gone[0].offset} on {gone[0].topic}-{gone[0].partition}, and the "
                f"commit does not exist now{more}",
                "a coordinator that restarts may not list it yet; else run `kmig inventory` and `kmig plan`, "
                "which go by what is there",
            )


def _foreign(ahead: Ahead, mine: Mapping[str, Group | None]) -> Iterator[Fault]:
    copied = set(ahead.copied)
    for name, group in mine.items():
        other = sorted({c.topic for c in group.commits} - copied) if group else []
        if other:
            yield Fault(
                f"group {name} has a commit on {first_of(other, 3)}, which is not copied with its wave",
                f"name it under `reads` of its workload, or delete the commit; {_planned(ahead)}",
            )


def _beyond(
    mine: Mapping[str, Group | None], ends: Mapping[TopicPartition, Ends]
) -> Iterator[Fault]:
    for name, group in mine.items():
        for commit in group.commits if group else ():
            known = ends.get(commit.place)
            if known is not None and commit.offset > known.end:
                yield Fault(
                    f"group {name} committed {commit.offset} on {commit.topic}-{commit.partition} of the source, "
                    f"and the log ends at {known.end}",
                    "these records are lost on the source: reset the group there, then rerun the command",
                )


def _undecided(
    sites: Sites,
    ahead: Ahead,
    mine: Mapping[str, Group | None],
    ends: Mapping[TopicPartition, Ends],
) -> Iterator[Fault]:
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
        full = [p for p in left if not (_empty(ends, p) and _empty(there or {}, p))]
        if full:
            yield Fault(
                f"group {one.name} has no commit on {full[0][0]}-{full[0][1]}{_more(full)}, and its `uncommitted` "
                "is refuse",
                "say under `uncommitted` in workloads.yaml where it begins, then run `kmig plan`",
            )


def _tried(ahead: Ahead, there: Mapping[str, Group]) -> Iterator[Fault]:
    copied = set(ahead.copied)
    for one in ahead.groups:
        group = there.get(one.name)
        if group is None or one.moved:
            continue
        if group.members:
            yield Fault(
                f"group {one.name} has {count(len(group.members), 'member')} on the target already",
                "stop its consumers there, then rerun the command",
            )
        elif found := [c for c in group.commits if c.topic in copied]:
            yield Fault(
                f"group {one.name} has committed {found[0].offset} on {found[0].topic}-{found[0].partition} of the "
                "target, and kmig has not",
                "find out who consumed there; if no consumer did, delete the group on the target, then rerun "
                "the command",
            )


def _unseen(ahead: Ahead, mine: Mapping[str, Group | None]) -> Iterator[Fault]:
    for client in ahead.clients:
        for name in client.groups if client.seen else ():
            group = mine.get(name)
            if not (group and group.members):
                yield Fault(
                    f"group {name} of workload {client.workload} has no member now: its clients are stopped, or "
                    "assign partitions themselves and would never be seen",
                    "start them, or declare `switch.command.health`, then run `kmig plan`",
                )


def _planned(ahead: Ahead) -> str:
    return _PLAN.format(n=ahead.wave)


def _empty(ends: Mapping[TopicPartition, Ends], place: TopicPartition) -> bool:
    known = ends.get(place)
    return known is None or known.start == known.end


def _more(places: Sequence[TopicPartition]) -> str:
    return f" and {count(len(places) - 1, 'other partition')}" if len(places) > 1 else ""
