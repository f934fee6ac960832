"""Back to the source: what a group read on the target is translated, and commits that expired meanwhile return."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from migrate.errors import CannotTell, StepFailed
from migrate.logs.lag import next_offsets
from migrate.logs.translate import Translation
from migrate.logs.translating import Asked, translated
from migrate.model.cluster import Commit
from migrate.model.record import Position, TopicPartition
from migrate.model.waiver import Waiver
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.settle import wait

_SECONDS = 60.0


@dataclass(frozen=True)
class Taken:
    """A group that is taken back: where it was placed, up to where its topics were copied, what copies them now.

    `moved` says that its consumers have gone on on the target.
    """

    group: str
    translations: tuple[Translation, ...]
    uptos: Mapping[TopicPartition, int]
    connectors: tuple[str, ...]
    waivers: tuple[Waiver, ...]
    moved: bool


def take_back(sites: Sites, step: Taken, now: Mapping[TopicPartition, int]) -> None:
    """Commit on the source where the group goes on there, and read it back; `now` is where it is on the target.

    Only a partition whose commit is still the one that was saved, or has expired, is written. A commit that expired
    on the target takes with it how far the group came: that is said.
    """
    saved = {(t.topic, t.partition): (t.commit, t.metadata) for t in step.translations}
    gone = {p: commit for p, (commit, _) in saved.items() if commit is not None and p not in now}
    _say_gone(sites, step, gone)
    here = {c.place: c.offset for g in sites.source.reader.groups([step.group]) for c in g.commits}
    # where it still stands as it was placed it has read nothing: what it had on the source is its place there
    rest = {(t.topic, t.partition): t.target for t in step.translations if t.commit is not None}
    moved = {p: at for p, at in now.items() if rest.get(p) != at} if step.moved else {}
    wanted = {p: (at, "") for p, at in _translated(sites, step, moved).items()} if moved else {}
    # a group without members forgets its commits after a time: without them it would begin by its reset
    for place, (commit, metadata) in saved.items():
        if commit is not None and place not in here and place not in wanted:
            wanted[place] = commit, metadata
    for place, (at, _) in wanted.items():
        known, before = here.get(place), saved.get(place, (None, ""))[0]
        if known is not None and known not in (before, at):
            raise StepFailed(
                f"group {step.group} stood at {before} on {place[0]}-{place[1]} of the source when it moved, "
                f"and is at {known} now; it would go on at {at}",
                "find out who consumed there, set the group's offset on the source by hand to one of these, "
                "then rerun the command",
            )
    due = {p: value for p, value in wanted.items() if here.get(p) != value[0]}
    if not due:
        return
    sites.moving.fencing.commit_offsets(step.group, due)

    def unlike() -> str:
        shown = {
            c.place: c.offset for g in sites.source.reader.groups([step.group]) for c in g.commits
        }
        same = all(shown.get(place) == at for place, (at, _) in due.items())
        return "" if same else "the source shows other commits"

    wait(sites, f"the commits of group {step.group} on the source", unlike, _SECONDS)


def bring_back(sites: Sites, commits: Mapping[str, Sequence[Position]]) -> None:
    """Commit again on the source what stopped groups had there when they were seen last, and has expired since.

    Without them their clients would begin by their reset. A commit that is there is left as it is.
    """
    shown = {g.name: g for g in sites.source.reader.groups(commits)}
    here = {name: {c.place for c in group.commits} for name, group in shown.items()}
    topics = {p.topic for positions in commits.values() for p in positions}
    places = sites.source.reader.ends(sites.source.reader.ids(topics))
    for name, positions in commits.items():
        gone = [p for p in positions if p.place not in here.get(name, set()) and p.place in places]
        group = shown.get(name)
        if not gone or (group and (group.error or group.members)):
            continue
        sites.moving.fencing.commit_offsets(name, {p.place: (p.offset, "") for p in gone})
        sites.tell(
            f"warning: {count(len(gone), 'commit')} of group {name} on the source had vanished: "
            "set to where the group was seen last"
        )


def _say_gone(sites: Sites, step: Taken, gone: Mapping[TopicPartition, int]) -> None:
    """Say what is read again where nobody knows any more how far the group came on the target."""
    uptos = dict(step.uptos)
    if gone:
        # a copier that has failed keeps nobody from going back
        with suppress(StepFailed, CannotTell):
            uptos |= next_offsets(sites, step.connectors)
    for place, commit in sorted(gone.items()):
        most = count(max(0, uptos.get(place, commit) - commit), "offset")
        sites.tell(
            f"warning: group {step.group} on {place[0]}-{place[1]} of the source: {most} at most are read again, "
            "because its commit on the target is gone"
        )


def _translated(
    sites: Sites, step: Taken, now: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """Return where the target's commits are on the source, by the same methods; what is not exact is told."""
    # records copied since the connectors were resumed lie beyond the noted offsets
    uptos = {**step.uptos, **next_offsets(sites, step.connectors)}
    moved = tuple(
        Commit(topic=t, partition=p, offset=at) for (t, p), at in now.items() if (t, p) in uptos
    )
    translations = translated(sites, Asked(moved, uptos, step.group, step.waivers, back=True))
    _require_sound(step.group, translations)
    for t in (t for t in translations if not t.exact):
        where = f"group {step.group} on {t.topic}-{t.partition} of the source"
        sites.tell(f"warning: {where}: {t.evidence}")
    return {(t.topic, t.partition): t.target or 0 for t in translations}


def _require_sound(group: str, translations: tuple[Translation, ...]) -> None:
    unproven = [t for t in translations if not t.sound]
    if unproven:
        first = unproven[0]
        raise StepFailed(
            f"no exact offset back on the source for group {group}, {first.topic}-{first.partition}: "
            f"{first.evidence}",
            "go forward with `kmig cutover`, or set the group's offsets on the source by hand",
        )
