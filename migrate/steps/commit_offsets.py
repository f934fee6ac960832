"""Commit a group's offsets on the target, each with its proof; on rollback, translate them back to the source."""

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar, Literal

from migrate.errors import Refused, StepFailed
from migrate.logs.lag import next_offsets, require_there
from migrate.logs.translate import Translation
from migrate.logs.translating import Asked, translated
from migrate.model.cluster import Commit, Group
from migrate.model.record import Position, TopicPartition
from migrate.model.waiver import Waiver
from migrate.model.words import count
from migrate.ports import Site, Sites
from migrate.steps.await_groups import VANISHED_HINT, members, vanished
from migrate.steps.change import Change
from migrate.steps.settle import wait
from migrate.steps.uncommitted import both_empty, from_end, from_start, uncopied, unplaced

_LEAVE_SECONDS = 60.0
_UNNOTED = "the end of the source was not read before the group was fenced (cutover begun by an earlier version?)"


class CommitOffsets(Change):
    """Translate and commit the offsets of one group.

    `uptos` are the source offsets up to which each partition is copied; beyond them the target does not grow.
    `connectors` continue to copy, which a rollback needs. `reads` are the copied topics that the group's workload
    reads, for a group without any commit: that no commit was seen does not mean that it needs none.
    `seen` are its commits before the fence, and `ends` the ends of the source at that moment. `waivers` are what
    people accept.
    """

    # ReadPositions notes `seen` and `ends`, people write `waivers`: a step that was begun without is the same one
    NOTED: ClassVar[frozenset[str]] = frozenset({"translations", "seen", "ends", "waivers"})

    op: Literal["commit_offsets"] = "commit_offsets"
    group: str
    uptos: tuple[Position, ...]
    connectors: tuple[str, ...]
    reads: tuple[str, ...]
    uncommitted: Literal["refuse", "earliest", "latest"]
    seen: tuple[Position, ...] = ()
    ends: tuple[Position, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    translations: tuple[Translation, ...] = ()

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"commit_offsets {self.group}"

    def describe(self) -> str:
        """See `Change`."""
        return f"translate and commit {self.group}"

    def outcome(self) -> str:
        """Return how many partitions, and by which method: what a policy decided is not exact."""
        methods = sorted({t.method for t in self.translations if t.exact})
        placed = sum(t.placed for t in self.translations)
        exact = sum(t.exact for t in self.translations)
        known = [f"{exact} exact ({', '.join(methods)})"] if exact else []
        others = Counter(t.proof for t in self.translations if t.sound and not t.exact)
        known += [f"{number} {proof}" for proof, number in sorted(others.items())]
        known += [f"{placed} by policy.uncommitted ({self.uncommitted})"] if placed else []
        return f"{count(len(self.translations), 'partition')}: {', '.join(known) or 'no commit'}"

    def aim(self, sites: Sites) -> "CommitOffsets":
        """Read the commits and both logs, and translate; refuse if a translation is not exact."""
        source, target = _empty(sites.source, self.group), _empty(sites.target, self.group)
        if gone := vanished({self.group: self.seen}, [source] if source else []):
            raise Refused(f"a commit is missing on the source: {gone}", VANISHED_HINT)
        on_target = {(c.topic, c.partition): c.offset for c in target.commits} if target else {}
        translations = tuple(
            t.model_copy(update={"before": on_target.get((t.topic, t.partition))})
            for t in self._translations(sites, source.commits if source else ())
        )
        unproven = [t for t in translations if not (t.sound or t.placed) or t.target is None]
        if unproven:
            first = unproven[0]
            raise Refused(
                f"no exact offset on the target for group {self.group}, {first.topic}-{first.partition}: "
                f"{first.evidence}",
                "take the clients back with `kmig rollback`; "
                "for partitions without a commit set `policy.uncommitted` in kmig.yaml",
            )
        ahead = [t for t in translations if (t.before or 0) > (t.target or 0)]
        if ahead:
            first = ahead[0]
            raise Refused(
                f"group {self.group} is already at {first.before} on {first.topic}-{first.partition} of the target, "
                f"beyond {first.target}: kmig never lowers a group's offset",
                "find out who consumed there; if no consumer did, delete the group on the target",
            )
        return self.model_copy(update={"translations": translations})

    def again(self, sites: Sites) -> "CommitOffsets":
        """Translate again, as commits may have moved since the interrupted run; keep the target's first commits."""
        first = {(t.topic, t.partition): t.before for t in self.translations}
        aimed = self.aim(sites)
        kept = tuple(
            t.model_copy(update={"before": first.get((t.topic, t.partition), t.before)})
            for t in aimed.translations
        )
        return aimed.model_copy(update={"translations": kept})

    def extending(self, begun: "CommitOffsets", sites: Sites) -> "CommitOffsets | None":  # noqa: ARG002
        """Return `begun` if only the policy differs, and it decided nothing there."""
        alike = begun.model_copy(update={"uncommitted": self.uncommitted})
        noted = {*self.NOTED, "because"}
        if alike.model_dump(exclude=noted) != self.model_dump(exclude=noted):
            return None
        return None if any(t.placed for t in begun.translations) else begun

    def present(self, sites: Sites) -> bool:
        """Whether the group on the target has these commits, or later ones."""
        now = commits_of(sites.target, self.group)
        return all(now.get(place, -1) >= offset for place, (offset, _) in self._wanted().items())

    def apply(self, sites: Sites) -> "CommitOffsets":
        """Commit for a group that is empty on both sides and unchanged since `aim`, and read the commits back."""
        _empty(sites.target, self.group)
        source = _empty(sites.source, self.group)
        now = {(c.topic, c.partition): c.offset for c in (source.commits if source else ())}
        for t in self.translations:
            if now.get((t.topic, t.partition)) != t.commit:
                raise Refused(
                    f"group {self.group} committed on {t.topic}-{t.partition} of the source "
                    f"while kmig translated: {t.commit}, then {now.get((t.topic, t.partition))}",
                    "stop the consumer that has started again, then rerun the command",
                )
        there = commits_of(sites.target, self.group) if self.translations else {}
        # a step that is made again finds a group that may have moved on: it is never taken back
        due = {p: v for p, v in self._wanted().items() if there.get(p, -1) < v[0]}
        if due:
            sites.target.writer.commit_offsets(self.group, due)
        wait(
            sites,
            f"the commits of group {self.group}",
            lambda: "" if self.present(sites) else "the target shows other commits",
            _LEAVE_SECONDS,
        )
        return self

    def undo(self, sites: Sites) -> None:
        """Restore the target's earlier commits; a group that consumed there is first translated back."""
        wait(
            sites,
            f"group {self.group} to be empty on the target",
            lambda: members(sites.target.reader.groups([self.group])),
            _LEAVE_SECONDS,
            "stop its consumers on the target, then rerun the command",
        )
        now = commits_of(sites.target, self.group)
        before = {
            (t.topic, t.partition): (t.before, "")
            for t in self.translations
            if t.before is not None
        }
        fresh = [p for p in self._wanted() if p not in before]
        if self._moved(now):
            self._take_back(sites, now)
        if before:
            sites.target.writer.commit_offsets(self.group, before)
        sites.target.writer.delete_offsets(self.group, [p for p in fresh if p in now])

    def _moved(self, now: dict[TopicPartition, int]) -> bool:
        """Whether a consumer moved the group on the target since the commit; without commits there it is undone."""
        wanted = self._wanted()
        return any(
            place in now and now[place] not in (offset, self._before(place))
            for place, (offset, _) in wanted.items()
        )

    def _before(self, place: TopicPartition) -> int | None:
        return next((t.before for t in self.translations if (t.topic, t.partition) == place), None)

    def _take_back(self, sites: Sites, now: dict[TopicPartition, int]) -> None:
        """Translate the target's commits back with the same methods, commit them on the source, read them back."""
        uptos = {p.place: p.offset for p in self.uptos}
        # records copied since the connectors were resumed lie beyond the noted offsets
        uptos |= next_offsets(sites, self.connectors)
        mine = {p: o for p, o in now.items() if p in uptos}
        moved = tuple(Commit(topic=t, partition=p, offset=o) for (t, p), o in mine.items())
        translations = translated(sites, Asked(moved, uptos, self.group, self.waivers, back=True))
        unproven = [t for t in translations if not t.sound]
        if unproven:
            first = unproven[0]
            raise StepFailed(
                f"no exact offset back on the source for group {self.group}, {first.topic}-{first.partition}: "
                f"{first.evidence}",
                "go forward with `kmig cutover`, or set the group's offsets on the source by hand",
            )
        for t in (t for t in translations if not t.exact):
            where = f"group {self.group} on {t.topic}-{t.partition} of the source"
            sites.tell(f"warning: {where}: {t.evidence}")
        wanted = {(t.topic, t.partition): (t.target or 0, "") for t in translations}
        sites.moving.fencing.commit_offsets(self.group, wanted)

        def unlike() -> str:
            on_source = commits_of(sites.source, self.group)
            same = all(on_source.get(place) == offset for place, (offset, _) in wanted.items())
            return "" if same else "the source shows other commits"

        wait(sites, f"the commits of group {self.group} on the source", unlike, _LEAVE_SECONDS)

    def _translations(self, sites: Sites, commits: Iterable[Commit]) -> tuple[Translation, ...]:
        uptos = {p.place: p.offset for p in self.uptos}
        known = list(commits)
        if foreign := [c for c in known if (c.topic, c.partition) not in uptos]:
            first = foreign[0]
            raise Refused(
                f"group {self.group} has a commit on {first.topic}-{first.partition}, "
                "which is not copied with its wave",
                "take the clients back with `kmig rollback`, then run `kmig inventory` and `kmig plan`",
            )
        # a partition may have been added since the copy was found to keep up
        require_there(sites, {topic for topic, _ in uptos})
        translations = translated(sites, Asked(known, uptos, self.group, self.waivers))
        topics = {c.topic for c in known} or set(self.reads)
        with_commit = {(t.topic, t.partition) for t in translations}
        uncommitted = [p for p in uptos if p[0] in topics and p not in with_commit]
        if not uncommitted:
            return translations
        return (*translations, *self._by_policy(sites, uncommitted, uptos))

    def _by_policy(
        self, sites: Sites, places: list[TopicPartition], uptos: dict[TopicPartition, int]
    ) -> tuple[Translation, ...]:
        """Place the group on partitions without a commit: by policy, or exactly if neither log holds a record."""
        empty = both_empty(sites, places)
        others = [place for place in places if place not in empty]
        if self.uncommitted == "earliest":
            return (*empty.values(), *from_start(sites, others, uptos))
        if self.uncommitted == "refuse":
            return (*empty.values(), *(unplaced(place, "refuse") for place in others))
        return (*empty.values(), *self._latest(sites, others, uptos))

    def _latest(
        self, sites: Sites, places: list[TopicPartition], uptos: dict[TopicPartition, int]
    ) -> tuple[Translation, ...]:
        """Translate the source's noted ends as if they were commits."""
        ends = {p.place: p.offset for p in self.ends}
        noted = {place: ends[place] for place in places if place in ends}
        left = uncopied(sites.source, noted, uptos)
        ends_as_commits = [
            Commit(topic=t, partition=p, offset=o)
            for (t, p), o in noted.items()
            if (t, p) not in left
        ]
        translations = translated(sites, Asked(ends_as_commits, uptos, self.group, self.waivers))
        return (
            *map(from_end, translations),
            *(unplaced(p, f"latest: the copy had not passed the end {noted[p]}") for p in left),
            *(unplaced(p, f"latest: {_UNNOTED}") for p in places if p not in noted),
        )

    def _wanted(self) -> dict[TopicPartition, tuple[int, str]]:
        return {
            (t.topic, t.partition): (t.target, t.metadata)
            for t in self.translations
            if t.target is not None
        }


def commits_of(site: Site, group: str) -> dict[TopicPartition, int]:
    """Return a group's commits; none if the group does not exist."""
    return {
        (c.topic, c.partition): c.offset for g in site.reader.groups([group]) for c in g.commits
    }


def _empty(site: Site, name: str) -> Group | None:
    """Return the group, or None if it does not exist; refuse if it has members."""
    groups = site.reader.groups([name])
    if alive := members(groups):
        raise Refused(
            f"group {name} is not empty on the {site.name}: {alive}",
            "stop its consumers, then rerun the command",
        )
    if groups and groups[0].error:
        raise StepFailed(
            f"cannot read the commits of group {name} on the {site.name}: {groups[0].error}",
            "wait until the group's coordinator answers, then rerun the command",
        )
    return groups[0] if groups else None
