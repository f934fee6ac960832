"""Commit groups' offsets on the target, each with its proof; on rollback they are taken back to the source."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from migrate.errors import KmigError, Refused, StepFailed
from migrate.logs.translate import Translation
from migrate.model.cluster import Group
from migrate.model.record import Position, TopicPartition
from migrate.model.waiver import Uncommitted, Waiver
from migrate.model.words import count
from migrate.ports import Site, Sites
from migrate.steps.await_groups import VANISHED_HINT, members, vanished
from migrate.steps.change import Change
from migrate.steps.placing import Wanted, placed_all
from migrate.steps.settle import wait
from migrate.steps.take_back import Taken, take_back

_LEAVE_SECONDS = 60.0


class CommitOffsets(Change):
    """Translate and commit the offsets of one group.

    `uptos` are the source offsets up to which each partition is copied; beyond them the target does not grow. Once
    aimed, they are those of the group's topics. `connectors` continue to copy, which a rollback needs. `reads` are
    the copied topics that the group reads: that no commit was seen does not mean that it needs none. `seen` are its
    commits before the fence, and `ends` the ends of the source at that moment. `waivers` are what people accept.
    """

    # ReadPositions notes `seen` and `ends`, people write `waivers`: a step that was begun without is the same one
    NOTED: ClassVar[frozenset[str]] = frozenset(
        {"translations", "seen", "ends", "waivers", "uptos"}
    )

    op: Literal["commit_offsets"] = "commit_offsets"
    group: str
    uptos: tuple[Position, ...]
    connectors: tuple[str, ...]
    reads: tuple[str, ...]
    uncommitted: Uncommitted
    seen: tuple[Position, ...] = ()
    ends: tuple[Position, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    translations: tuple[Translation, ...] = ()
    there: dict[TopicPartition, int] | None = Field(default=None, exclude=True)
    """Where the group stood on the target when the step was looked at; a step read from a journal does not know."""

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
        """See `look_all`."""
        ((aimed, _),) = self.look_all([self], sites)
        return aimed

    @classmethod
    def look_all(
        cls, steps: Sequence["CommitOffsets"], sites: Sites
    ) -> "list[tuple[CommitOffsets, bool]]":
        """Read the commits and both logs, and translate; refuse if a translation is not exact."""
        source, target = (_empty_all(site, steps) for site in (sites.source, sites.target))
        for step in steps:
            here = source.get(step.group)
            if here and here.type == "share":
                raise Refused(
                    f"group {step.group} is a share group: it has no offsets that could be moved (KIP-932)",
                    "leave it behind in workloads.yaml; its records are delivered again on the target",
                )
            if gone := vanished({step.group: step.seen}, [here] if here else []):
                raise Refused(f"a commit is missing on the source: {gone}", VANISHED_HINT)
        narrow = [step._narrowed(source.get(step.group)) for step in steps]
        found = placed_all(sites, [step._wanted_of(source.get(step.group)) for step in narrow])
        looked = []
        for step, translations in zip(narrow, found, strict=True):
            now = _commits(target.get(step.group))
            aimed = step._aimed(translations, now)
            looked.append((aimed, aimed._shown(now)))
        return looked

    def _narrowed(self, here: Group | None) -> "CommitOffsets":
        """Return the step with the copied ends of the topics alone that it is about."""
        topics = {*self.reads, *(topic for topic, _ in _commits(here))}
        uptos = tuple(p for p in self.uptos if p.topic in topics)
        return self.model_copy(update={"uptos": uptos})

    def _wanted_of(self, here: Group | None) -> Wanted:
        return Wanted(
            group=self.group,
            commits=here.commits if here else (),
            uptos={p.place: p.offset for p in self.uptos},
            reads=self.reads,
            uncommitted=self.uncommitted,
            ends={p.place: p.offset for p in self.ends},
            waivers=self.waivers,
        )

    def _aimed(
        self, translations: Sequence[Translation], there: Mapping[TopicPartition, int]
    ) -> "CommitOffsets":
        """Return the step with its translations; refuse what is unproven, and what the target is beyond already."""
        noted = tuple(
            t.model_copy(update={"before": there[t.topic, t.partition]})
            if (t.topic, t.partition) in there
            else t
            for t in translations
        )
        unproven = [t for t in noted if not (t.sound or t.placed) or t.target is None]
        if unproven:
            first = unproven[0]
            raise Refused(
                f"no exact offset on the target for group {self.group}, {first.topic}-{first.partition}: "
                f"{first.evidence}",
                "take the clients back with `kmig rollback`; for partitions without a commit set "
                "`policy.uncommitted` in kmig.yaml, or `uncommitted` in workloads.yaml",
            )
        ahead = [t for t in noted if (t.before or 0) > (t.target or 0)]
        if ahead:
            first = ahead[0]
            raise Refused(
                f"group {self.group} is already at {first.before} on {first.topic}-{first.partition} of the target, "
                f"beyond {first.target}: kmig never lowers a group's offset",
                "find out who consumed there; if no consumer did, delete the group on the target",
            )
        return self.model_copy(update={"translations": noted, "there": dict(there)})

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
        return self._shown(commits_of(sites.target, self.group))

    def _shown(self, now: Mapping[TopicPartition, int]) -> bool:
        return all(now.get(place, -1) >= at for place, (at, _) in self._wanted().items())

    def apply(self, sites: Sites) -> "CommitOffsets":
        """See `apply_all`."""
        return self.apply_alone(sites)

    @classmethod
    def apply_all(
        cls, steps: Sequence["CommitOffsets"], sites: Sites
    ) -> "list[CommitOffsets | KmigError]":
        """Commit for groups that are empty on both sides and unchanged since `aim`, and read the commits back."""
        source = _empty_all(sites.source, steps)
        for step in steps:
            step._require_unchanged(_commits(source.get(step.group)))
        # brokers refuse a commit for a group that has got members since it was looked at
        unknown = [step for step in steps if step.there is None]
        target = _empty_all(sites.target, unknown) if unknown else {}
        due = {}
        for step in steps:
            there = _commits(target.get(step.group)) if step.there is None else step.there
            # a step that is made again finds a group that may have moved on: it is never taken back
            own = {p: v for p, v in step._wanted().items() if there.get(p, -1) < v[0]}
            if own:
                due[step.group] = own
        refused = sites.target.writer.commit_groups(due) if due else {}
        left = [step for step in steps if step.group not in refused]

        def unseen() -> str:
            there = sites.target.reader.committed([step.group for step in left])
            late = [step.group for step in left if not step._shown(there.get(step.group, {}))]
            return f"the target shows other commits of group {late[0]}" if late else ""

        if any(step._wanted() for step in left):
            whose = left[0].group if len(left) == 1 else count(len(left), "group")
            of = f"group {whose}" if len(left) == 1 else whose
            wait(sites, f"the commits of {of}", unseen, _LEAVE_SECONDS)
        return [refused.get(step.group, step) for step in steps]

    def _require_unchanged(self, now: Mapping[TopicPartition, int]) -> None:
        for t in self.translations:
            if now.get((t.topic, t.partition)) != t.commit:
                raise Refused(
                    f"group {self.group} committed on {t.topic}-{t.partition} of the source "
                    f"while kmig translated: {t.commit}, then {now.get((t.topic, t.partition))}",
                    "stop the consumer that has started again, then rerun the command",
                )

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
        uptos = {p.place: p.offset for p in self.uptos}
        moved = self._moved(now)
        taken = Taken(self.group, self.translations, uptos, self.connectors, self.waivers, moved)
        take_back(sites, taken, now)
        if before:
            sites.target.writer.commit_offsets(self.group, before)
        sites.target.writer.delete_offsets(self.group, [p for p in fresh if p in now])

    def _moved(self, now: dict[TopicPartition, int]) -> bool:
        """Whether a consumer moved the group on the target since the commit; without commits there it is undone."""
        before = {(t.topic, t.partition): t.before for t in self.translations}
        return any(
            place in now and now[place] not in (offset, before.get(place))
            for place, (offset, _) in self._wanted().items()
        )

    def _wanted(self) -> dict[TopicPartition, tuple[int, str]]:
        return {
            (t.topic, t.partition): (t.target, t.metadata)
            for t in self.translations
            if t.target is not None
        }


def commits_of(site: Site, group: str) -> dict[TopicPartition, int]:
    """Return a group's commits; none if the group does not exist."""
    return {c.place: c.offset for g in site.reader.groups([group]) for c in g.commits}


def _commits(group: Group | None) -> dict[TopicPartition, int]:
    return {c.place: c.offset for c in group.commits} if group else {}


def _groups(site: Site, steps: Sequence[CommitOffsets]) -> dict[str, Group]:
    return {g.name: g for g in site.reader.groups([step.group for step in steps])}


def _empty_all(site: Site, steps: Sequence[CommitOffsets]) -> dict[str, Group]:
    """Return the groups that exist; refuse if one has members."""
    groups = _groups(site, steps)
    for name, group in groups.items():
        if alive := members((group,)):
            raise Refused(
                f"group {name} is not empty on the {site.name}: {alive}",
                "stop its consumers, then rerun the command",
            )
        if group.error:
            raise StepFailed(
                f"cannot read the commits of group {name} on the {site.name}: {group.error}",
                "wait until the group's coordinator answers, then rerun the command",
            )
    return groups
