"""Inventory and workloads into a plan: account for everything, order the workloads, write down each wave's steps."""

from collections import defaultdict

from migrate.documents.config import Config
from migrate.documents.digest import digest
from migrate.documents.estate import Estate
from migrate.documents.inventory import Inventory
from migrate.documents.plan import Account, Placement, Plan, Template, Wave
from migrate.documents.workloads import Workloads
from migrate.model.acl import Acl
from migrate.model.authorizer import covers
from migrate.plan import replay, safety, schedule, topic_configs
from migrate.plan.accounting import accounts, fated
from migrate.plan.blocked import Blocked
from migrate.plan.coupling import Coupling
from migrate.stages import prepare
from migrate.steps import CreateCredential, CreateTopic, SetQuota


def inputs(config: Config, people: Workloads, inventory: Inventory) -> dict[str, str]:
    """Digests of what a plan is made from; what moves by itself in an inventory does not count."""
    return {
        # what nobody wrote is left out: a key that a later version adds does not make a plan stale
        "kmig.yaml": digest(config.model_dump(mode="json", exclude_defaults=True)),
        # what an assessment bears with changes no plan
        "workloads.yaml": digest(
            people.model_dump(mode="json", exclude={"suppress"}, exclude_defaults=True)
        ),
        "inventory.json": inventory.steady_digest,
    }


def build(config: Config, people: Workloads, inventory: Inventory, own_target: str = "") -> Plan:
    """The plan; raises `Blocked` with everything that is in the way. `own_target` is kmig's principal there."""
    estate = Estate(config, inventory, people, own_target or config.target.principal or "")
    blockers = [
        *safety.facts(estate),
        *safety.owners(estate),
        *safety.claims(estate),
        *safety.merges(estate),
    ]
    found, unaccounted = accounts(estate)
    blockers += unaccounted
    blockers += safety.left_behind_readers(estate, found)
    blockers += safety.unread(estate, found)
    blockers += safety.replayable(estate, found)
    blockers += safety.wishes(estate)
    if blockers:
        raise Blocked(blockers)
    waves = _waves(estate, found)
    blockers += safety.no_growth(estate, waves)
    if blockers:
        raise Blocked(blockers)
    return Plan(
        migration=config.name,
        as_of=inventory.taken_at,
        source_cluster=inventory.cluster.found.cluster_id,
        inputs=inputs(config, people, inventory),
        principals=config.principals,
        waves=waves,
        accounts=tuple(found),
        notes=_notes(estate),
    )


def _waves(estate: Estate, found: list[Account]) -> tuple[Wave, ...]:
    bound = Coupling(estate)
    slot = schedule.slots(estate, bound)
    numbers = schedule.numbered(slot)
    wave_of = {name: numbers[slot[name].rank, slot[name].number] for name in estate.workloads}
    placed: dict[int, list[Placement]] = defaultdict(list)
    for name in estate.workloads:
        owner, reasons = estate.workloads[name].owner, (*bound.reasons(name), *slot[name].why)
        placed[wave_of[name]].append(Placement(workload=name, owner=owner, reasons=reasons))
    made: list[Wave] = []
    withheld: list[tuple[int, Acl]] = []
    for (rank, part), number in numbers.items():
        name = f"{estate.config.sensitivity[rank]}-{part}"
        inside = tuple(placed[number])
        drafting = _Drafting(estate, found, wave_of, number)
        wave = drafting.wave(name, inside)
        withheld += [(number, acl) for acl in wave.withheld]
        owners = {t: drafting.owner_wave(t) for t in estate.moving}
        made.append(wave.model_copy(update={"grants": replay.switched(withheld, owners, number)}))
    return tuple(made)


class _Drafting:
    """One wave in the making: what it contains follows from which workloads are in it."""

    def __init__(
        self, estate: Estate, found: list[Account], wave_of: dict[str, int], number: int
    ) -> None:
        self.estate = estate
        self.found = found
        self.wave_of = wave_of
        self.number = number
        self.members = {name for name, wave in wave_of.items() if wave == number}

    def wave(self, name: str, placements: tuple[Placement, ...]) -> Wave:
        """The wave with its steps and templates."""
        estate = self.estate
        granted = replay.allows(self._acls("ALLOW"), estate.config.principals)
        denied: tuple[Acl, ...] = ()
        if self.number == 1:
            denied = replay.denies(safety.moving_acls(self.found), estate.config.principals)
        groups = tuple(sorted(g for g, w in estate.group_owner.items() if w in self.members))
        return Wave(
            number=self.number,
            name=name,
            workloads=placements,
            principals=tuple(
                sorted({estate.mapped(estate.workloads[n].principal) for n in self.members})
            ),
            copies=self._copies(),
            owns_topics=self._owned(),
            groups=groups,
            prepare=prepare.ordered(
                self._topics(),
                self._credentials(),
                prepare.acl_steps("deny", denied, "no ALLOW of any wave may outrun a DENY"),
                prepare.acl_steps("allow", granted.allow, "what these principals may do on source"),
                self._quotas(),
            ),
            withheld=granted.withheld,
            restores={
                t: restored
                for t in self._owned()
                if (restored := topic_configs.decide(self.estate.topics[t].configs).restored)
            },
            templates=self._templates(groups, granted.withheld),
        )

    def _copies(self) -> tuple[str, ...]:
        """Topics whose copy starts with this wave: that of their first reader, or else of their writers."""
        return tuple(t for t in self.estate.moving if self._first_wave(t) == self.number)

    def _owned(self) -> tuple[str, ...]:
        """Topics whose writers move with this wave; without a writer, with their last reader."""
        return tuple(t for t in self.estate.moving if self.owner_wave(t) == self.number)

    def _first_wave(self, topic: str) -> int:
        users = (*self.estate.readers[topic], *self.estate.writers[topic])
        return min(self.wave_of[name] for name in users)

    def _topics(self) -> list[CreateTopic]:
        return [
            prepare.topic_step(
                self.estate.topics[name],
                topic_configs.decide(self.estate.topics[name].configs).created,
                f"read by {_listed(self.estate.readers[name])}, "
                f"written by {_listed(self.estate.writers[name])}",
            )
            for name in self._copies()
        ]

    def _credentials(self) -> list[CreateCredential]:
        made = []
        for credential in self.estate.inventory.scram.found:
            for name in self.estate.by_principal.get(credential.principal, ()):
                ref = self.estate.workloads[name].credential
                if name in self.members and ref and ref.mechanism == credential.mechanism:
                    target = self.estate.mapped(credential.principal).partition(":")[2]
                    made.append(
                        prepare.credential_step(
                            credential, target, ref.secret, f"{name} logs in with it"
                        )
                    )
                    break
        return made

    def _quotas(self) -> list[SetQuota]:
        kept = {a.item for a in fated(self.found, "quota", "workload", "shared")}
        made = []
        for quota in self.estate.inventory.quotas.found:
            user = quota.entity.get("user")
            owners = self.estate.by_principal.get(f"User:{user}", ())
            wave = min((self.wave_of[name] for name in owners), default=1)
            if str(quota) in kept and wave == self.number:
                target = self.estate.mapped(f"User:{user}").partition(":")[2] if owners else None
                because = f"owned by {_listed(owners)}" if owners else "shared"
                made.append(prepare.quota_step(quota, target, because))
        return made

    def _acls(self, permission: str) -> list[Acl]:
        shared = [a.acl for a in fated(self.found, "acl", "shared") if a.acl]
        owned = [a.acl for a in fated(self.found, "acl", "workload") if a.acl and self._owns(a.acl)]
        both = owned + (shared if self.number == 1 else [])
        return [acl for acl in both if acl.permission == permission]

    def _owns(self, acl: Acl) -> bool:
        return any(n in self.members for n in self.estate.by_principal.get(acl.principal, ()))

    def _granting(self, acl: Acl) -> str:
        """What the switch grants: a pattern that reaches topics of later waves only for the topics moved so far."""
        reached = [t for t in self.estate.moving if covers(acl, "TOPIC", t)]
        waves = {t: self.owner_wave(t) for t in reached}
        later = max(waves.values(), default=self.number)
        if later <= self.number:
            return f"grant what was withheld: {acl}"
        now = ", ".join(t for t, wave in waves.items() if wave <= self.number) or "no topic yet"
        return f"grant it on {now}, and with wave {later} as it is: {acl}"

    def owner_wave(self, topic: str) -> int:
        """The wave that a topic belongs to: its writers', or without any its last reader's."""
        users = self.estate.writers[topic] or self.estate.readers[topic]
        return max(self.wave_of[name] for name in users)

    def _templates(
        self, groups: tuple[str, ...], withheld: tuple[Acl, ...]
    ) -> tuple[Template, ...]:
        """Steps of the later stages, with what each waits for."""
        owned, copies = self._owned(), self._copies()
        made = [
            Template(stage="replicate", does=f"copy {t}", waits_for="the topic on target, empty")
            for t in copies
        ]
        made += [
            Template(
                stage="cutover",
                does=f"translate and commit the offsets of group {group}",
                waits_for="its consumers stopped, its commits still, the copy past them",
            )
            for group in groups
        ]
        made += [
            Template(
                stage="cutover",
                does=self._granting(acl),
                waits_for="the fence on source, the drain, and the consumers proven",
            )
            for acl in withheld
        ]
        made += [
            Template(
                stage="cutover",
                does=f"restore on {t}: "
                + ", ".join(
                    f"{k}={v if v is not None else 'default'}" for k, v in restored.items()
                ),
                waits_for="WRITE granted",
            )
            for t in owned
            if (restored := topic_configs.decide(self.estate.topics[t].configs).restored)
        ]
        made += [
            Template(stage="rotate", does=f"rotate the credential of {n}", waits_for="the cutover")
            for n in sorted(self.members)
            if self.estate.workloads[n].rotation
        ]
        made += [
            Template(
                stage="cutover", does=f"end the copy of {t}", waits_for="the fence and the drain"
            )
            for t in owned
        ]
        return tuple(made)


def _notes(estate: Estate) -> tuple[str, ...]:
    notes = [
        f"topic {name}: {note}"
        for name in estate.moving
        for note in topic_configs.decide(estate.topics[name].configs).notes
    ]
    notes += [
        f"section {a.section} is not complete and planned on all the same: {a.because}"
        for a in estate.people.acknowledge
    ]
    hosts = [a for a in estate.inventory.acls.found if a.host != "*"]
    notes += [f"host-scoped, check that target sees the same address: {a}" for a in hosts]
    return tuple(sorted(notes))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "nobody named"
