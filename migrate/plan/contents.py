"""What falls to which wave: everything that is accounted for, in one pass, and the wave that is made of it.

Waves that were executed stay as they are. What their workloads came to have since goes with the first wave that was
not, because its own is behind it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from migrate.documents.config import Profile
from migrate.documents.plan import Account, Placement, Restored, Wave
from migrate.documents.workloads import Workload
from migrate.estate import Estate
from migrate.model.acl import Acl, order
from migrate.model.cluster import Quota
from migrate.plan import quotas, replay, topic_configs
from migrate.plan.accounting import fated
from migrate.plan.schedule import not_before
from migrate.stages import prepare
from migrate.stages.close import ended
from migrate.stages.gates import gates
from migrate.stages.outline import templates
from migrate.stages.subjects import Subjects
from migrate.steps import CreateAcls, CreateCredential, CreateTopic, SetQuota, Step

_T = TypeVar("_T")


class WaveContents:
    """The waves in the making: `wave_of` says where each workload is, `kept` are the waves that were executed."""

    def __init__(
        self,
        estate: Estate,
        found: list[Account],
        wave_of: Mapping[str, int],
        kept: tuple[Wave, ...] = (),
    ) -> None:
        self.estate = estate
        self.found = found
        self.wave_of = wave_of
        self.first = len(kept) + 1
        self._kept = {_same(step) for wave in kept for step in wave.prepare}
        self._granted = {acl for wave in kept for acl in (*wave.granted, *wave.withheld)}
        whole = {acl for wave in kept for acl in wave.grants}
        self._withheld = [
            (wave.number, acl) for wave in kept for acl in wave.withheld if acl not in whole
        ]

    def wave(self, number: int, name: str, placements: tuple[Placement, ...]) -> Wave:
        """The wave with its steps and templates."""
        estate = self.estate
        workloads = [estate.workloads[placed.workload] for placed in placements]
        granted = self._allowed[number]
        made = Wave(
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
                [self._topic(name) for name in self._copied[number]],
                self._credentials[number],
                self._acl_steps("deny", self._denied[number], "no ALLOW may outrun a DENY"),
                self._acl_steps("allow", granted.allow, "what these principals may do on source"),
                self._quotas[number],
            ),
            withheld=granted.withheld,
            grants=self._grants[number],
            restores=self._restores(number),
            rotates=tuple(w.name for w in workloads if w.rotation),
            not_before=not_before(workloads),
            uncommitted=estate.config.policy.uncommitted,
        )
        if self.profile == "automq-byoc":
            return made  # kmig does nothing there: its administrators do
        before = self._ended(number)
        look = Subjects(made, tuple(workloads), self._passing(number, workloads), before)
        return made.model_copy(
            update={"templates": tuple(templates(look)), "gates": tuple(gates(made, workloads))}
        )

    def _ended(self, number: int) -> tuple[Workload, ...]:
        """Workloads of the earlier waves that the wave's close ends too."""
        waves = ended(number, lambda one: bool(self._owned[one]))[:-1]
        return tuple(w for w in self.estate.workloads.values() if self.wave_of.get(w.name) in waves)

    def _restores(self, number: int) -> tuple[Restored, ...]:
        alike: dict[tuple[tuple[str, str | None], ...], list[str]] = defaultdict(list)
        for topic in self._owned[number]:
            alike[tuple(self._configs(topic).restored.items())].append(topic)
        return tuple(
            Restored(configs=dict(configs), topics=tuple(topics))
            for configs, topics in alike.items()
            if configs
        )

    def _acl_steps(self, part: str, acls: tuple[Acl, ...], because: str) -> list[CreateAcls]:
        """None where the target's administrators grant: it is exported to them."""
        return prepare.acl_steps(part, acls, because) if self.profile != "automq-byoc" else []

    def _passing(self, number: int, workloads: list[Workload]) -> tuple[str, ...]:
        """Topics that the wave reads, and whose producers stay."""
        reads = {t for w in workloads for t in self._reads.get(w.name, ())}
        return tuple(sorted(t for t in reads if self.owner_wave[t] > number))

    @cached_property
    def _reads(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for topic in self.estate.moving:
            for name in self.estate.readers[topic]:
                found[name].append(topic)
        return found

    @cached_property
    def owner_wave(self) -> dict[str, int]:
        """The wave that each topic belongs to: its writers', or without any its last reader's."""
        users = {t: self.estate.writers[t] or self.estate.readers[t] for t in self.estate.moving}
        return {t: max(self.wave_of[name] for name in names) for t, names in users.items()}

    @cached_property
    def splits(self) -> tuple[tuple[int, replay.Split], ...]:
        """What is withheld, by the wave that withholds it, and how it is granted again."""
        withheld = [(n, acl) for n, one in self._allowed.items() for acl in one.withheld]
        return replay.splits([*self._withheld, *withheld], self.owner_wave, self.first)

    @property
    def profile(self) -> Profile:
        """The target's."""
        return self.estate.config.target.profile

    @cached_property
    def _grants(self) -> "_ByWave[Acl]":
        pairs = (pair for _, split in self.splits for pair in split.grants)
        return _ByWave({n: order(acls) for n, acls in _grouped(pairs).items()})

    @property
    def left(self) -> Iterator[str]:
        """What would go with the first wave that has not moved: where there is none, it goes nowhere."""
        n = self.first
        yield from map(str, (*self._denied[n], *self._allowed[n].allow, *self._allowed[n].withheld))
        yield from map(str, self._grants[n])
        yield from (step.describe() for step in self._credentials[n])
        yield from (step.describe() for step in self._quotas[n])

    @property
    def granted(self) -> Iterator[tuple[int, tuple[Acl, ...], tuple[Acl, ...]]]:
        """What each wave grants when it is prepared, and at its switch."""
        for number in sorted({*self._allowed, *self._denied, *self._grants}):
            prepared = (*self._denied[number], *self._allowed[number].allow)
            yield number, prepared, self._grants[number]

    @cached_property
    def _copied(self) -> "_ByWave[str]":
        """Topics whose copy starts with a wave: that of their first reader, or else of their writers."""
        first = (
            (min(self.wave_of[n] for n in (*self.estate.readers[t], *self.estate.writers[t])), t)
            for t in self.estate.moving
        )
        return _ByWave(_grouped(first))

    @cached_property
    def _owned(self) -> "_ByWave[str]":
        """Topics whose writers move with a wave; without a writer, with their last reader."""
        return _ByWave(_grouped((n, t) for t, n in self.owner_wave.items()))

    @cached_property
    def group_wave(self) -> dict[str, int]:
        """The wave of each group that a workload has."""
        return {g: self.wave_of[owner] for g, owner in sorted(self.estate.group_owner.items())}

    @cached_property
    def _groups(self) -> "_ByWave[str]":
        return _ByWave(_grouped((number, group) for group, number in self.group_wave.items()))

    @cached_property
    def _allowed(self) -> dict[int, replay.Replay]:
        found: dict[int, replay.Replay] = defaultdict(lambda: replay.allows((), {}))
        acls = ((n, acl) for n, acl in self._acls if acl.permission == "ALLOW")
        for number, some in _grouped(acls).items():
            made = replay.allows(some, self.estate.config.principals)
            found[number] = replay.Replay(self._new(made.allow), self._new(made.withheld))
        return found

    @cached_property
    def _denied(self) -> "_ByWave[Acl]":
        """Every DENY of the migration goes with the first wave: an ALLOW of any wave could outrun its own."""
        moving = (acl for _, acl in self._acls)
        made = self._new(replay.denies(moving, self.estate.config.principals))
        return _ByWave({self.first: made})

    def _new(self, acls: Iterable[Acl]) -> tuple[Acl, ...]:
        return tuple(acl for acl in acls if acl not in self._granted)

    @cached_property
    def _acls(self) -> list[tuple[int, Acl]]:
        """ACLs that move, each with its wave; those without an owner go with the first."""
        owned = fated(self.found, "acl", "workload", "shared")
        return [(self._wave_of(a.acl.principal, a.fate), a.acl) for a in owned if a.acl]

    def _wave_of(self, principal: str, fate: str) -> int:
        names = self.estate.by_principal.get(principal, ()) if fate == "workload" else ()
        return max(self.first, min((self.wave_of[n] for n in names), default=self.first))

    def _topic(self, name: str) -> CreateTopic:
        topic, estate = self.estate.topics[name], self.estate
        because = (
            f"read by {_listed(estate.readers[name])}, written by {_listed(estate.writers[name])}"
        )
        replicas = topic_configs.replicas(topic.replication_factor, self.profile)
        return prepare.topic_step(topic, replicas, self._configs(name).created, because)

    def _configs(self, name: str) -> topic_configs.TopicConfigs:
        return topic_configs.decide(self.estate.topics[name].configs, self.profile)

    @cached_property
    def _credentials(self) -> "_ByWave[CreateCredential]":
        made: list[tuple[int, CreateCredential]] = []
        for credential in self.estate.inventory.scram.found:
            for name in self.estate.by_principal.get(credential.principal, ()):
                ref = self.estate.workloads[name].credential
                if ref and ref.mechanism == credential.mechanism:
                    target = self.estate.mapped(credential.principal).partition(":")[2]
                    step = prepare.credential_step(
                        credential, target, ref, f"{name} logs in with it"
                    )
                    made.append((max(self.first, self.wave_of[name]), step))
                    break
        return _ByWave(_grouped((n, step) for n, step in made if _same(step) not in self._kept))

    @cached_property
    def _quotas(self) -> "_ByWave[SetQuota]":
        kept = {a.item for a in fated(self.found, "quota", "workload", "shared")}
        made = [self._quota(q) for q in self.estate.inventory.quotas.found if str(q) in kept]
        return _ByWave(_grouped((n, step) for n, step in made if _same(step) not in self._kept))

    def _quota(self, quota: Quota) -> tuple[int, SetQuota]:
        user = quota.entity.get("user")
        owners = self.estate.by_principal.get(f"User:{user}", ())
        renamed = owners or f"User:{user}" in self.estate.config.principals
        target = self.estate.mapped(f"User:{user}").partition(":")[2] if renamed else None
        because = f"owned by {_listed(owners)}" if owners else "shared"
        brokers = len(self.estate.inventory.cluster.found.brokers)
        set_to, said = quotas.recomputed(quota, brokers, self.estate.config.target.brokers)
        step = prepare.quota_step(set_to, target, f"{because}; {said}" if said else because)
        return max(self.first, min((self.wave_of[n] for n in owners), default=1)), step


class _ByWave(dict[int, tuple[_T, ...]]):
    """What falls to each wave: nothing, where nothing does."""

    def __missing__(self, number: int) -> tuple[_T, ...]:
        return ()


def _same(step: Step) -> tuple[str, ...]:
    """What makes two steps of two plans the same: a quota with other values is another one."""
    if isinstance(step, SetQuota):
        return (step.key, *(f"{key}={value:g}" for key, value in sorted(step.values.items())))
    return (step.key,)


def _grouped(pairs: Iterable[tuple[int, _T]]) -> dict[int, tuple[_T, ...]]:
    found: dict[int, list[_T]] = defaultdict(list)
    for number, one in pairs:
        found[number].append(one)
    return {number: tuple(some) for number, some in found.items()}


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "nobody named"
