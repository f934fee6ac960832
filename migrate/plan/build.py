"""Inventory and workloads into a plan: account for everything, order the workloads, write down each wave's steps."""

from collections import defaultdict
from dataclasses import dataclass

from migrate.documents.config import Config
from migrate.documents.digest import digest
from migrate.documents.inventory import Inventory
from migrate.documents.plan import (
    Account,
    ConfigDecision,
    Placement,
    Plan,
    SplitGrant,
    Volume,
    Wave,
)
from migrate.documents.workloads import Workloads
from migrate.estate import Estate
from migrate.journal.standing import Journal
from migrate.model.acl import renamed
from migrate.plan import byoc, claims, kept, safety, schedule, secret_map, topic_configs, volume
from migrate.plan.accounting import accounts
from migrate.plan.blocked import Blocked, Blocker
from migrate.plan.contents import WaveContents
from migrate.plan.coupling import Coupling


@dataclass(frozen=True)
class Done:
    """What was executed of an earlier plan: the journal, and the waves that have moved."""

    journal: Journal
    waves: tuple[Wave, ...] = ()
    volumes: tuple[Volume, ...] = ()


NOTHING_DONE = Done(Journal(entries=()))


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


def build(
    config: Config,
    people: Workloads,
    inventory: Inventory,
    own_target: str = "",
    done: Done = NOTHING_DONE,
) -> Plan:
    """The plan of an estate from its parts. `own_target` is kmig's principal there."""
    return planned(Estate(config, inventory, people, own_target), done)


def planned(estate: Estate, done: Done = NOTHING_DONE) -> Plan:
    """The plan; raises `Blocked` with everything that is in the way."""
    config, inventory, people = estate.config, estate.inventory, estate.people
    bound = Coupling(estate)
    moved = {placed.workload for wave in done.waves for placed in wave.workloads}
    found, blockers = _accounted(estate, bound, moved)
    blockers += kept.contradictions(estate, bound, done.waves)
    if blockers:
        raise Blocked(blockers)
    contents, waves = _waves(estate, found, bound, done.waves)
    blockers += kept.unplaced(done.waves, contents.owner_wave, contents.group_wave)
    if len(waves) == len(done.waves):
        blockers += kept.homeless(contents.left)
    profile = config.target.profile
    expressed = byoc.NOTHING
    if profile == "automq-byoc":
        expressed = byoc.express(renamed(safety.moving_acls(found), config.principals))
        blockers += byoc.refused(expressed.unexpressed, people.widen)
        blockers += safety.no_growth(estate, contents.granted, 0, expressed.borne)
    else:
        blockers += safety.no_growth(estate, safety.by_waves(waves), len(done.waves))
    made = Plan(
        migration=config.name,
        as_of=inventory.taken_at,
        source_cluster=inventory.cluster.found.cluster_id,
        profile=profile,
        inputs=inputs(config, people, inventory),
        principals=config.principals,
        waves=waves,
        accounts=tuple(found),
        splits=tuple(
            SplitGrant(acl=split.acl, parts=split.parts, whole=split.whole)
            for own, split in contents.splits
            if split.whole > own
        ),
        topic_configs=_topic_configs(estate),
        secrets=tuple(secret_map.held(estate, contents.wave_of)),
        unexpressed=expressed.unexpressed,
        exports=tuple(byoc.exports(contents.granted)) if profile == "automq-byoc" else (),
        volumes=(*done.volumes, *volume.volumes(estate, waves[len(done.waves) :])),
        acknowledged=tuple(sorted(a.section for a in people.acknowledge)),
        notes=_notes(estate),
    )
    blockers += kept.unmade(done.journal, made)
    if blockers:
        raise Blocked(blockers)
    return made


def _accounted(
    estate: Estate, bound: Coupling, moved: set[str]
) -> tuple[list[Account], list[Blocker]]:
    """The fate of everything, and what is in the way before any wave is made."""
    blockers = [
        *safety.facts(estate),
        *claims.owners(estate),
        *claims.claims(estate, moved),
        *claims.issued_twice(estate),
        *claims.merges(estate),
    ]
    found, unaccounted = accounts(estate)
    blockers += unaccounted
    blockers += claims.left_behind_readers(estate, found)
    blockers += claims.unread(estate, found)
    blockers += safety.replayable(estate, found)
    blockers += safety.configs(estate)
    blockers += safety.names(estate)
    blockers += secret_map.rotatable(estate)
    blockers += claims.wishes(estate, bound)
    return found, blockers


def _waves(
    estate: Estate, found: list[Account], bound: Coupling, before: tuple[Wave, ...]
) -> tuple[WaveContents, tuple[Wave, ...]]:
    """Waves that were executed as they were, and those of what is left."""
    wave_of = {p.workload: wave.number for wave in before for p in wave.workloads}
    moved = frozenset(bound.component[name] for name in wave_of)
    slot = schedule.slots(estate, bound, moved)
    numbers = schedule.numbered(slot, len(before))
    wave_of |= {name: numbers[one.rank, one.number] for name, one in slot.items()}
    contents = WaveContents(estate, found, wave_of, before)
    placed: dict[int, list[Placement]] = defaultdict(list)
    for name in estate.workloads:
        if name in slot:
            workload, reasons = estate.workloads[name], (*bound.reasons(name), *slot[name].why)
            entry = digest(workload.model_dump(mode="json", exclude_defaults=True))
            placed[wave_of[name]].append(
                Placement(workload=name, owner=workload.owner, reasons=reasons, entry=entry)
            )
    made = []
    for (rank, part), number in numbers.items():
        label = estate.config.sensitivity[rank]
        already = sum(wave.name.rpartition("-")[0] == label for wave in before)
        made.append(contents.wave(number, f"{label}-{already + part}", tuple(placed[number])))
    return contents, (*before, *made)


def _topic_configs(estate: Estate) -> tuple[ConfigDecision, ...]:
    """What becomes of each config and value, and on which topics."""
    found: dict[topic_configs.Decided, list[str]] = defaultdict(list)
    for name in estate.moving:
        configs = estate.topics[name].configs
        for one in topic_configs.decide(configs, estate.config.target.profile).decided:
            found[one].append(name)
    return tuple(
        ConfigDecision(
            key=one.key,
            value=one.value,
            fate=one.fate,
            becomes=dict(one.becomes),
            because=one.because,
            topics=tuple(names),
        )
        for one, names in sorted(found.items(), key=lambda item: (item[0].key, item[0].value))
    )


def _notes(estate: Estate) -> tuple[str, ...]:
    notes = [
        f"section {a.section} is not complete and planned on all the same: {a.because}"
        for a in estate.people.acknowledge
    ]
    hosts = [a for a in estate.inventory.acls.found if a.host != "*"]
    notes += [f"host-scoped, check that target sees the same address: {a}" for a in hosts]
    if estate.inventory.quotas.found and estate.config.target.brokers is None:
        notes.append(
            "quotas count per broker and stay as they are: say `target.brokers` to have them recomputed"
        )
    notes += _without_scram(estate)
    notes += [
        f"connector {w.connector} of {name}: kmig moves neither its config nor its positions, its switch hooks do"
        for name, w in estate.workloads.items()
        if w.connector
    ]
    return tuple(sorted(notes))


def _without_scram(estate: Estate) -> list[str]:
    """Principals that log in by other means: only their names are mapped."""
    has = {c.principal for c in estate.inventory.scram.found}
    names = [estate.mapped(one) for one in sorted(estate.by_principal) if one not in has]
    if not names:
        return []
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")
    return [f"no SCRAM credential on source, so target's own set-up must let them log in: {shown}"]
