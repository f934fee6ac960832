"""Assign everything that is accounted for to waves in one pass, and make the waves.

Executed waves stay as they are. What their workloads received since then goes with the first wave that was not
executed, because their own wave is over.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from migrate.documents.config import Profile
from migrate.documents.plan import Account, Placement, Wave
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.acl import Acl, order
from migrate.model.cluster import Quota
from migrate.plan import quotas, replay, topic_configs
from migrate.plan.accounting import fated
from migrate.plan.grown import grown
from migrate.plan.restored import restores
from migrate.plan.schedule import not_before
from migrate.stages import prepare
from migrate.stages.close import waves_ended_by
from migrate.stages.gates import gates
from migrate.stages.outline import templates
from migrate.stages.subjects import Subjects
from migrate.steps import CreateAcls, CreateCredential, CreateTopic, GrowTopic, SetQuota, Step

_T = TypeVar("_T")

# The reasons of prepared steps are part of `Wave.work`, by which a journal recognizes a prepared wave: a new wording
# of these makes such a wave count as not prepared until `kmig apply` is rerun.
_DENY_BECAUSE = "no ALLOW may outrun a DENY"
_ALLOW_BECAUSE = "what these principals may do on source"


class WaveContents:
    """The contents of each wave. `wave_of` holds each workload's wave; `kept` are the executed waves."""

    def __init__(
        self,
        estate: Estate,
        accounted: list[Account],
        wave_of: Mapping[str, int],
        kept: tuple[Wave, ...] = (),
    ) -> None:
        self.estate, self.accounted, self.wave_of = estate, accounted, wave_of
        self.first = len(kept) + 1
        self._executed = kept
        self._kept = {_identity(step) for wave in kept for step in wave.prepare}
        self._copying = {topic for wave in kept for topic in wave.copies}
        self._granted = {acl for wave in kept for acl in (*wave.granted, *wave.withheld)}
        whole = {acl for wave in kept for acl in wave.grants}
        self._withheld = [
            (wave.number, acl) for wave in kept for acl in wave.withheld if acl not in whole
        ]

    def wave(self, number: int, name: str, placements: tuple[Placement, ...]) -> Wave:
        """Return the wave with its steps and templates."""
        estate = self.estate
        workloads = [estate.workloads[placed.workload] for placed in placements]
        granted = self._allowed[number]
        wave = Wave(
            number=number,
            name=name,
            workloads=placements,
            principals=tuple(sorted({estate.mapped(w.principal) for w in workloads})),
            copies=self._copied[number],
            owns_topics=self._owned[number],
            groups=self._groups[number],
            producers=tuple(
                sorted({n for t in self._owned[number] for n in self.estate.writers[t]})
            ),
            prepare=prepare.ordered(
                [*map(self._topic, self._copied[number]), *self._grown(number)],
                self._credentials[number],
                self._acl_steps("deny", self._denied[number], _DENY_BECAUSE),
                self._acl_steps("allow", granted.allow, _ALLOW_BECAUSE),
                self._quotas[number],
            ),
            withheld=granted.withheld,
            grants=self._grants[number],
            restores=restores({t: self._configs(t) for t in self._owned[number]}),
            rotates=tuple(w.name for w in workloads if w.rotation),
            not_before=not_before(workloads),
            uncommitted=estate.config.policy.uncommitted,
        )
        if self.profile == "automq-byoc":
            return wave  # kmig changes nothing there: its administrators do
        before = self._ended(number)
        config, passing = estate.config, self._passing(number, workloads)
        copier = {
            "foreign": config.copied_by != "kmig",
            "obeys": config.copier_obeys,
            "granted": bool(config.replication and config.replication.principal),
        }
        subjects = Subjects(wave, tuple(workloads), passing, before, **copier)
        return wave.model_copy(
            update={
                "templates": tuple(templates(subjects)),
                "gates": tuple(gates(wave, workloads)),
            }
        )

    def _ended(self, number: int) -> tuple[Workload, ...]:
        """Return the workloads of the earlier waves that the wave's close ends too."""
        waves = waves_ended_by(number, lambda one: bool(self._owned[one]))[:-1]
        return tuple(w for w in self.estate.workloads.values() if self.wave_of.get(w.name) in waves)

    def _acl_steps(self, part: str, acls: tuple[Acl, ...], because: str) -> list[CreateAcls]:
        """Return the steps; none where the target's administrators grant, who get an export instead."""
        return prepare.acl_steps(part, acls, because) if self.profile != "automq-byoc" else []

    def _passing(self, number: int, workloads: list[Workload]) -> tuple[str, ...]:
        """Return the topics that the wave reads and whose producers stay."""
        reads = {t for w in workloads for t in self._reads.get(w.name, ())}
        return tuple(sorted(t for t in reads if self.owner_wave[t] > number))

    @cached_property
    def _reads(self) -> dict[str, list[str]]:
        topics_of: dict[str, list[str]] = defaultdict(list)
        for topic in self.estate.moving:
            for name in self.estate.readers[topic]:
                topics_of[name].append(topic)
        return topics_of

    @cached_property
    def owner_wave(self) -> dict[str, int]:
        """Return the wave of each topic: its writers', or its last reader's if it has no writer."""
        users = {t: self.estate.writers[t] or self.estate.readers[t] for t in self.estate.moving}
        return {t: max(self.wave_of[name] for name in names) for t, names in users.items()}

    @cached_property
    def splits(self) -> tuple[tuple[int, replay.Split], ...]:
        """Return the withheld ACLs, each with the wave that withholds it and how it is granted again."""
        withheld = [(n, acl) for n, granted in self._allowed.items() for acl in granted.withheld]
        return replay.splits([*self._withheld, *withheld], self.owner_wave, self.first)

    @property
    def profile(self) -> Profile:
        """Return the target's profile."""
        return self.estate.config.target.profile

    @cached_property
    def _grants(self) -> "_ByWave[Acl]":
        pairs = (pair for _, split in self.splits for pair in split.grants)
        return _ByWave({n: order(acls) for n, acls in _grouped(pairs).items()})

    @property
    def left(self) -> Iterator[str]:
        """Yield what would go with the first wave that has not moved; if all have moved, no wave is left for it."""
        n = self.first
        yield from map(str, (*self._denied[n], *self._allowed[n].allow, *self._allowed[n].withheld))
        yield from map(str, self._grants[n])
        yield from (step.describe() for step in self._credentials[n])
        yield from (step.describe() for step in self._quotas[n])

    @property
    def granted(self) -> Iterator[tuple[int, tuple[Acl, ...], tuple[Acl, ...]]]:
        """Yield what each wave grants when it is prepared, and at its switch."""
        for number in sorted({*self._allowed, *self._denied, *self._grants}):
            prepared = (*self._denied[number], *self._allowed[number].allow)
            yield number, prepared, self._grants[number]

    @cached_property
    def _copied(self) -> "_ByWave[str]":
        """Return the topics whose copy starts with each wave, its first user's; executed ones keep theirs."""
        first = (
            (min(self.wave_of[n] for n in (*self.estate.readers[t], *self.estate.writers[t])), t)
            for t in self.estate.moving
            if t not in self._copying
        )
        return _ByWave(_grouped(first))

    @cached_property
    def _owned(self) -> "_ByWave[str]":
        """Return the topics that each wave owns: their writers move with it, or their last reader."""
        return _ByWave(_grouped((n, t) for t, n in self.owner_wave.items()))

    def _grown(self, number: int) -> tuple[GrowTopic, ...]:
        """Return the steps for topics that executed waves created: they go with the first wave that was not."""
        staying = [t for t, owner in self.owner_wave.items() if owner >= self.first == number]
        return grown(self._executed, {t: len(self.estate.topics[t].partitions) for t in staying})

    @cached_property
    def group_wave(self) -> dict[str, int]:
        """Return the wave of each group that a workload has."""
        return {g: self.wave_of[owner] for g, owner in sorted(self.estate.group_owner.items())}

    @cached_property
    def _groups(self) -> "_ByWave[str]":
        return _ByWave(_grouped((number, group) for group, number in self.group_wave.items()))

    @cached_property
    def _allowed(self) -> dict[int, replay.Replay]:
        by_wave: dict[int, replay.Replay] = defaultdict(lambda: replay.allows((), {}))
        acls = ((n, acl) for n, acl in self._acls if acl.permission == "ALLOW")
        for number, some in _grouped(acls).items():
            whole = replay.allows(some, self.estate.config.principals)
            by_wave[number] = replay.Replay(self._new(whole.allow), self._new(whole.withheld))
        return by_wave

    @cached_property
    def _denied(self) -> "_ByWave[Acl]":
        """Return the DENYs, all with the first wave: an ALLOW of an earlier wave could grant what they deny."""
        moving = (acl for _, acl in self._acls)
        return _ByWave(
            {self.first: self._new(replay.denies(moving, self.estate.config.principals))}
        )

    def _new(self, acls: Iterable[Acl]) -> tuple[Acl, ...]:
        return tuple(acl for acl in acls if acl not in self._granted)

    @cached_property
    def _acls(self) -> list[tuple[int, Acl]]:
        """Return the ACLs that move, each with its wave; those without an owner go with the first."""
        owned = fated(self.accounted, "acl", "workload", "shared")
        return [(self._wave_of(a.acl.principal, a.fate), a.acl) for a in owned if a.acl]

    def _wave_of(self, principal: str, fate: str) -> int:
        names = self.estate.by_principal.get(principal, ()) if fate == "workload" else ()
        return max(self.first, min((self.wave_of[n] for n in names), default=self.first))

    def _topic(self, name: str) -> CreateTopic:
        topic, estate = self.estate.topics[name], self.estate
        because = (
            f"read by {listed_workloads(estate.readers[name])}, "
            f"written by {listed_workloads(estate.writers[name])}"
        )
        replicas = topic_configs.replicas(topic.replication_factor, self.profile)
        by = estate.config.copied_by
        return prepare.topic_step(topic, replicas, self._configs(name).created, because, by)

    def _configs(self, name: str) -> topic_configs.TopicConfigs:
        topic, defaults = self.estate.topics[name], self.estate.topic_defaults
        return topic_configs.decide(topic.configs, self.profile, defaults, topic.codec)

    @cached_property
    def _credentials(self) -> "_ByWave[CreateCredential]":
        steps: list[tuple[int, CreateCredential]] = []
        for credential in self.estate.inventory.scram.found:
            for name in self.estate.by_principal.get(credential.principal, ()):
                ref = self.estate.workloads[name].credential
                if ref and ref.mechanism == credential.mechanism:
                    target = self.estate.mapped(credential.principal).partition(":")[2]
                    step = prepare.credential_step(
                        credential, target, ref, f"{name} logs in with it"
                    )
                    steps.append((max(self.first, self.wave_of[name]), step))
                    break
        return _ByWave(
            _grouped((n, step) for n, step in steps if _identity(step) not in self._kept)
        )

    @cached_property
    def _quotas(self) -> "_ByWave[SetQuota]":
        kept = {a.item for a in fated(self.accounted, "quota", "workload", "shared")}
        steps = [self._quota(q) for q in self.estate.inventory.quotas.found if str(q) in kept]
        return _ByWave(
            _grouped((n, step) for n, step in steps if _identity(step) not in self._kept)
        )

    def _quota(self, quota: Quota) -> tuple[int, SetQuota]:
        user = quota.entity.get("user")
        owners = self.estate.by_principal.get(f"User:{user}", ())
        mapped = owners or f"User:{user}" in self.estate.config.principals
        target = self.estate.mapped(f"User:{user}").partition(":")[2] if mapped else None
        because = f"owned by {listed_workloads(owners)}" if owners else "shared"
        brokers = len(self.estate.inventory.cluster.found.brokers)
        new, change = quotas.recomputed(quota, brokers, self.estate.config.target.brokers)
        step = prepare.quota_step(new, target, f"{because}; {change}" if change else because)
        return max(self.first, min((self.wave_of[n] for n in owners), default=1)), step


class _ByWave(dict[int, tuple[_T, ...]]):
    """Things by the number of their wave; a wave without any has none."""

    def __missing__(self, number: int) -> tuple[_T, ...]:
        return ()


def _identity(step: Step) -> tuple[str, ...]:
    """Return what makes steps of two plans the same: a quota with other values is another step."""
    if isinstance(step, SetQuota):
        return (step.key, *(f"{key}={value:g}" for key, value in sorted(step.values.items())))
    return (step.key,)


def _grouped(pairs: Iterable[tuple[int, _T]]) -> dict[int, tuple[_T, ...]]:
    by_wave: dict[int, list[_T]] = defaultdict(list)
    for number, thing in pairs:
        by_wave[number].append(thing)
    return {number: tuple(things) for number, things in by_wave.items()}


def listed_workloads(names: tuple[str, ...]) -> str:
    """Return the names of workloads, for a text that must say something if there are none."""
    return ", ".join(names) if names else "nobody named"
