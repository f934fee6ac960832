"""Commit a group's offsets on the target, each with its proof; and take them back to the source on rollback."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from migrate.errors import Refused, StepFailed
from migrate.logs.lag import next_offsets
from migrate.logs.reading import first_records, logs_between
from migrate.logs.translate import Translation, translate
from migrate.model.cluster import Commit, Group
from migrate.model.record import Position, TopicPartition
from migrate.model.words import count
from migrate.ports import Site, Sites
from migrate.steps.await_groups import VANISHED_HINT, members, vanished
from migrate.steps.change import Change
from migrate.steps.settle import wait
from migrate.steps.uncommitted import from_end, from_start, nothing_held, unplaced

_LEAVE_SECONDS = 60.0
_UNNOTED = "where the source ended was not noted before its group was fenced (a cutover begun by an earlier version?)"


class CommitOffsets(Change):
    """One group. `uptos` say how far the copy of each partition goes on source; the target is quiet behind it.

    `connectors` go on copying, for the way back. `reads` are the copied topics that the group's workload
    reads: of a group without any commit none was seen, which does not say that it needs none.
    `seen` are its commits as they were noted before its fence, and `ends` the source's ends of that moment.
    """

    # `seen` and `ends` were noted by a step before, and versions without that step have begun this one too
    NOTED: ClassVar[frozenset[str]] = frozenset({"translations", "seen", "ends"})

    op: Literal["commit_offsets"] = "commit_offsets"
    group: str
    uptos: tuple[Position, ...]
    connectors: tuple[str, ...]
    reads: tuple[str, ...]
    uncommitted: Literal["refuse", "earliest", "latest"]
    seen: tuple[Position, ...] = ()
    ends: tuple[Position, ...] = ()
    translations: tuple[Translation, ...] = ()

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"commit_offsets {self.group}"

    def describe(self) -> str:
        """One line."""
        return f"translate and commit {self.group}"

    def outcome(self) -> str:
        """How many, and how they are known: what a policy decided is not exact."""
        methods = sorted({t.method for t in self.translations if t.exact})
        placed = sum(t.placed for t in self.translations)
        exact = len(self.translations) - placed
        known = [f"{exact} exact ({', '.join(methods)})"] if exact else []
        known += [f"{placed} by policy.uncommitted ({self.uncommitted})"] if placed else []
        return f"{count(len(self.translations), 'partition')}: {', '.join(known) or 'no commit'}"

    def aim(self, sites: Sites) -> "CommitOffsets":
        """Read the commits and both logs, and translate; what is not exact is refused."""
        source, target = _empty(sites.source, self.group), _empty(sites.target, self.group)
        if gone := vanished({self.group: self.seen}, [source] if source else []):
            raise Refused(gone, VANISHED_HINT)
        there = {(c.topic, c.partition): c.offset for c in target.commits} if target else {}
        found = self._translations(sites, source.commits if source else ())
        translations = tuple(
            t.model_copy(update={"before": there.get((t.topic, t.partition))}) for t in found
        )
        unproven = [t for t in translations if not (t.exact or t.placed) or t.target is None]
        if unproven:
            one = unproven[0]
            raise Refused(
                f"group {self.group}, {one.topic}-{one.partition}: no exact offset on target: {one.evidence}",
                "kmig rollback takes the clients back; policy.uncommitted decides where a group has no commit",
            )
        ahead = [t for t in translations if (t.before or 0) > (t.target or 0)]
        if ahead:
            one = ahead[0]
            raise Refused(
                f"group {self.group} stands at {one.before} on {one.topic}-{one.partition} on target already, "
                f"beyond {one.target}: kmig never lowers a group that has moved on",
                "find out who consumed there; delete the group on target if nobody did",
            )
        return self.model_copy(update={"translations": translations})

    def again(self, sites: Sites) -> "CommitOffsets":
        """Translated anew: what an interrupted run saw may have moved. What the target had first stays noted."""
        first = {(t.topic, t.partition): t.before for t in self.translations}
        made = self.aim(sites)
        kept = tuple(
            t.model_copy(update={"before": first.get((t.topic, t.partition), t.before)})
            for t in made.translations
        )
        return made.model_copy(update={"translations": kept})

    def extending(self, begun: "CommitOffsets", sites: Sites) -> "CommitOffsets | None":  # noqa: ARG002
        """The begun one where only the policy is another, and it decided nothing there."""
        alike = begun.model_copy(update={"uncommitted": self.uncommitted})
        noted = {*self.NOTED, "because"}
        if alike.model_dump(exclude=noted) != self.model_dump(exclude=noted):
            return None
        return None if any(t.placed for t in begun.translations) else begun

    def present(self, sites: Sites) -> bool:
        """Whether the target has these commits, or its group has gone on from them."""
        now = commits_of(sites.target, self.group)
        return all(now.get(place, -1) >= offset for place, (offset, _) in self._wanted().items())

    def apply(self, sites: Sites) -> "CommitOffsets":
        """Commit to a group that is empty on both sides and has not moved since, and read it back."""
        _empty(sites.target, self.group)
        source = _empty(sites.source, self.group)
        now = {(c.topic, c.partition): c.offset for c in (source.commits if source else ())}
        for t in self.translations:
            if now.get((t.topic, t.partition)) != t.commit:
                raise Refused(
                    f"group {self.group} moved on {t.topic}-{t.partition} on source "
                    f"between the look and the commit: from {t.commit} to {now.get((t.topic, t.partition))}",
                    "a consumer came back to life: stop it, then run the same command again",
                )
        if self.translations:
            sites.target.writer.commit_offsets(self.group, self._wanted())
        wait(
            sites,
            f"the commits of {self.group}",
            lambda: "" if self.present(sites) else "others on target",
            _LEAVE_SECONDS,
        )
        return self

    def undo(self, sites: Sites) -> None:
        """Restore what the target had. A group that consumed there is first taken back to the source, as exactly."""
        wait(
            sites,
            f"{self.group} to leave target",
            lambda: members(sites.target.reader.groups([self.group])),
            _LEAVE_SECONDS,
            "stop its consumers on target",
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
        """Whether somebody consumed on the target since the commit; nothing there means that it is undone already."""
        wanted = self._wanted()
        return any(
            place in now and now[place] not in (offset, self._before(place))
            for place, (offset, _) in wanted.items()
        )

    def _before(self, place: TopicPartition) -> int | None:
        return next((t.before for t in self.translations if (t.topic, t.partition) == place), None)

    def _take_back(self, sites: Sites, now: dict[TopicPartition, int]) -> None:
        """Translate the target's commits back by the same ladder, commit them on source, read them back."""
        uptos = {p.place: p.offset for p in self.uptos}
        # what the copy brought since it was resumed lies behind the positions of the commit
        uptos |= next_offsets(sites, self.connectors)
        mine = {p: o for p, o in now.items() if p in uptos}
        ends = sites.target.reader.ends({t for t, _ in mine})
        found = translated(
            sites.target,
            sites.source,
            [Commit(topic=t, partition=p, offset=o) for (t, p), o in mine.items()],
            {p: ends[p].stable for p in mine},
            uptos,
        )
        unproven = [t for t in found if not t.exact]
        if unproven:
            one = unproven[0]
            raise StepFailed(
                f"group {self.group}, {one.topic}-{one.partition}: no exact offset back on source: {one.evidence}",
                "go forward with kmig cutover, or set the group's offsets on source by hand",
            )
        wanted = {(t.topic, t.partition): (t.target or 0, "") for t in found}
        sites.moving.fencing.commit_offsets(self.group, wanted)
        wait(
            sites,
            f"the commits of {self.group} on source",
            lambda: (
                ""
                if all(
                    commits_of(sites.source, self.group).get(p) == o for p, (o, _) in wanted.items()
                )
                else "others there"
            ),
            _LEAVE_SECONDS,
        )

    def _translations(self, sites: Sites, commits: Iterable[Commit]) -> tuple[Translation, ...]:
        uptos = {p.place: p.offset for p in self.uptos}
        known = list(commits)
        if strange := [c for c in known if (c.topic, c.partition) not in uptos]:
            one = strange[0]
            raise Refused(
                f"group {self.group} has a commit on {one.topic}-{one.partition}, which is not copied with its wave",
                "kmig rollback takes the clients back; then take the inventory again and plan anew",
            )
        found = translated(sites.source, sites.target, known, uptos, {})
        topics = {c.topic for c in known} or set(self.reads)
        bare = [
            p for p in uptos if p[0] in topics and p not in {(t.topic, t.partition) for t in found}
        ]
        return (*found, *self._begun(sites, bare, uptos)) if bare else found

    def _begun(
        self, sites: Sites, bare: list[TopicPartition], uptos: dict[TopicPartition, int]
    ) -> tuple[Translation, ...]:
        """Partitions of the group's topics without a commit of it: by policy, or exact where nothing is to read."""
        nothing = nothing_held(sites, bare)
        left = [place for place in bare if place not in nothing]
        if self.uncommitted == "earliest":
            return (*nothing.values(), *from_start(sites, left, uptos))
        if self.uncommitted == "refuse":
            return (*nothing.values(), *(unplaced(place, "refuse") for place in left))
        return (*nothing.values(), *self._latest(sites, left, uptos))

    def _latest(
        self, sites: Sites, bare: list[TopicPartition], uptos: dict[TopicPartition, int]
    ) -> tuple[Translation, ...]:
        """The source's noted ends, translated as if they were commits."""
        ends = {p.place: p.offset for p in self.ends}
        noted = {place: ends[place] for place in bare if place in ends}
        # what is copied only later would stand behind the place, and be read though it is older than the end
        behind = first_records(sites.source, {p: (uptos[p], o) for p, o in noted.items()})
        made = [Commit(topic=t, partition=p, offset=o) for (t, p), o in noted.items()]
        found = translated(
            sites.source,
            sites.target,
            [c for c in made if (c.topic, c.partition) not in behind],
            uptos,
            {},
        )
        return (
            *map(from_end, found),
            *(unplaced(p, f"latest: the copy had not passed the end {noted[p]}") for p in behind),
            *(unplaced(p, f"latest: {_UNNOTED}") for p in bare if p not in noted),
        )

    def _wanted(self) -> dict[TopicPartition, tuple[int, str]]:
        return {
            (t.topic, t.partition): (t.target, t.metadata)
            for t in self.translations
            if t.target is not None
        }


def translated(
    origin: Site,
    copy: Site,
    commits: Iterable[Commit],
    uptos: dict[TopicPartition, int],
    limits: dict[TopicPartition, int],
) -> tuple[Translation, ...]:
    """Where each commit on `origin` continues on `copy`, both being quiet."""
    found = {(c.topic, c.partition): c for c in commits}
    lowest = {place: c.offset for place, c in found.items()}
    logs = (
        logs_between(origin, copy, lowest, {p: uptos[p] for p in lowest}, limits) if found else {}
    )
    return tuple(
        translate(c.topic, c.partition, c.offset, logs[place], metadata=c.metadata)
        for place, c in sorted(found.items())
    )


def commits_of(site: Site, group: str) -> dict[TopicPartition, int]:
    """A group's commits; none where there is no group."""
    return {
        (c.topic, c.partition): c.offset for g in site.reader.groups([group]) for c in g.commits
    }


def _empty(site: Site, name: str) -> Group | None:
    """The group, which nobody is in; refused otherwise."""
    found = site.reader.groups([name])
    if alive := members(found):
        raise Refused(
            f"group {name} is not empty on {site.name}: {alive}",
            "stop its consumers, then run the same command again",
        )
    if found and found[0].error:
        raise StepFailed(f"group {name} on {site.name}: {found[0].error}")
    return found[0] if found else None
