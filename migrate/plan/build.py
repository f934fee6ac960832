"""Make a plan of inventory and workloads: account for everything, order the workloads, list each wave's steps."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
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
from migrate.model.words import first_of
from migrate.plan import byoc, claims, kept, safety, schedule, secret_map, topic_configs, volume
from migrate.plan.accounting import accounts
from migrate.plan.blocked import Blocked, Blocker
from migrate.plan.contents import WaveContents
from migrate.plan.coupling import Coupling
from migrate.plan.inputs import inputs


@dataclass(frozen=True)
class Executed:
    """What was executed of an earlier plan: the journal, and the waves that are cut over."""

    journal: Journal
    waves: tuple[Wave, ...] = ()
    volumes: tuple[Volume, ...] = ()


_LARGEST = "max.message.bytes"
NOTHING_EXECUTED = Executed(Journal(entries=()))


def build(
    config: Config,
    people: Workloads,
    inventory: Inventory,
    own_target: str = "",
    executed: Executed = NOTHING_EXECUTED,
) -> Plan:
    """Return the plan of an estate from its parts; `own_target` is kmig's principal on the target."""
    return planned(Estate(config, inventory, people, own_target), executed)


def planned(estate: Estate, executed: Executed = NOTHING_EXECUTED) -> Plan:
    """Return the plan; raise `Blocked` with all blockers at once."""
    config, inventory, people = estate.config, estate.inventory, estate.people
    coupling = Coupling(estate)
    moved = {placed.workload for wave in executed.waves for placed in wave.workloads}
    accounted, blockers = _accounted(estate, coupling, moved)
    blockers += kept.contradictions(estate, coupling, executed.waves)
    if blockers:
        raise Blocked(blockers)
    contents, waves = _waves(estate, accounted, coupling, executed.waves)
    blockers += kept.unplaced(executed.waves, contents.owner_wave, contents.group_wave)
    if len(waves) == len(executed.waves):
        blockers += kept.without_wave(contents.left)
    profile = config.target.profile
    exported = byoc.NOTHING
    if profile == "automq-byoc":
        exported = byoc.express(renamed(safety.moving_acls(accounted), config.principals))
        blockers += byoc.refused(exported.unexpressed, people.widen)
        blockers += safety.no_growth(estate, contents.granted, 0, exported.accepted_denies)
    else:
        blockers += safety.no_growth(estate, safety.by_waves(waves), len(executed.waves))
    plan = Plan(
        migration=config.name,
        as_of=inventory.taken_at,
        source_cluster=inventory.cluster.found.cluster_id,
        profile=profile,
        inputs=inputs(config, people, inventory),
        principals=config.principals,
        waves=waves,
        accounts=tuple(accounted),
        splits=tuple(
            SplitGrant(acl=split.acl, parts=split.parts, whole=split.whole)
            for own, split in contents.splits
            if split.whole > own
        ),
        topic_configs=_topic_configs(estate),
        secrets=tuple(secret_map.held(estate, contents.wave_of)),
        unexpressed=exported.unexpressed,
        exports=tuple(byoc.exports(contents.granted)) if profile == "automq-byoc" else (),
        volumes=(*executed.volumes, *volume.volumes(estate, waves[len(executed.waves) :])),
        acknowledged=tuple(sorted(a.section for a in people.acknowledge)),
        notes=tuple(sorted((*_notes(estate), *_shared_files(estate, contents.wave_of)))),
    )
    blockers += kept.undone(executed.journal, plan)
    if blockers:
        raise Blocked(blockers)
    return plan


def _accounted(
    estate: Estate, coupling: Coupling, moved: set[str]
) -> tuple[list[Account], list[Blocker]]:
    """Return the fate of everything, and the blockers that are known before any wave is made."""
    blockers = [
        *safety.facts(estate),
        *claims.owners(estate),
        *claims.claims(estate, moved),
        *claims.switches(estate, moved),
        *claims.issued_twice(estate),
        *claims.merges(estate),
    ]
    accounted, unaccounted = accounts(estate)
    blockers += unaccounted
    blockers += claims.left_behind_readers(estate, accounted)
    blockers += claims.unread(estate, accounted)
    blockers += safety.replayable(estate, accounted)
    blockers += safety.configs(estate)
    blockers += safety.names(estate)
    blockers += secret_map.rotatable(estate)
    blockers += claims.wishes(estate, coupling)
    return accounted, blockers


def _waves(
    estate: Estate, accounted: list[Account], coupling: Coupling, before: tuple[Wave, ...]
) -> tuple[WaveContents, tuple[Wave, ...]]:
    """Return the executed waves unchanged, followed by new waves for the workloads that are left."""
    wave_of = {p.workload: wave.number for wave in before for p in wave.workloads}
    moved = frozenset(coupling.component[name] for name in wave_of)
    slot = schedule.slots(estate, coupling, moved)
    numbers = schedule.numbered(slot, len(before))
    wave_of |= {name: numbers[own.rank, own.number] for name, own in slot.items()}
    contents = WaveContents(estate, accounted, wave_of, before)
    placed: dict[int, list[Placement]] = defaultdict(list)
    for name in estate.workloads:
        if name in slot:
            workload, reasons = estate.workloads[name], (*coupling.reasons(name), *slot[name].why)
            entry = digest(workload.model_dump(mode="json", exclude_defaults=True))
            placed[wave_of[name]].append(
                Placement(workload=name, owner=workload.owner, reasons=reasons, entry=entry)
            )
    waves = []
    for (rank, part), number in numbers.items():
        label = estate.config.sensitivity[rank]
        already = sum(wave.name.rpartition("-")[0] == label for wave in before)
        waves.append(contents.wave(number, f"{label}-{already + part}", tuple(placed[number])))
    return contents, (*before, *waves)


def _topic_configs(estate: Estate) -> tuple[ConfigDecision, ...]:
    """Return what becomes of each config and value, and on which topics."""
    topics_of: dict[topic_configs.DecidedConfig, list[str]] = defaultdict(list)
    for name in estate.moving:
        configs = estate.topics[name].configs
        for config in topic_configs.decide(configs, estate.config.target.profile).decided:
            topics_of[config].append(name)
    return tuple(
        ConfigDecision(
            key=config.key,
            value=config.value,
            fate=config.fate,
            becomes=dict(config.becomes),
            because=config.because,
            topics=tuple(names),
        )
        for config, names in sorted(
            topics_of.items(), key=lambda item: (item[0].key, item[0].value)
        )
    )


def _notes(estate: Estate) -> tuple[str, ...]:
    notes = [
        f"section {a.section} is incomplete, which `acknowledge` accepts: {a.because}"
        for a in estate.people.acknowledge
    ]
    hosts = [a for a in estate.inventory.acls.found if a.host != "*"]
    notes += [
        f"host-scoped, check that the target sees the same client address: {a}" for a in hosts
    ]
    if estate.inventory.quotas.found and estate.config.target.brokers is None:
        notes.append(
            "quotas count per broker and are copied unchanged: set `target.brokers` to have them recomputed"
        )
    notes += _without_scram(estate)
    notes += _too_large(estate)
    notes += [
        f"connector {w.connector} of {name}: its switch hooks must move its config and positions, kmig moves neither"
        for name, w in estate.workloads.items()
        if w.connector
    ]
    notes += [
        f"workload {name} is a batch job ({w.switch.batch}): cut its wave over while it does not run"
        for name, w in estate.workloads.items()
        if w.switch and w.switch.batch
    ]
    return tuple(sorted(notes))


def _too_large(estate: Estate) -> list[str]:
    """Return a note that names the topics with batches, or room for batches, that a copy may not write."""
    most = topic_configs.LARGEST
    allowed = {
        name: int({**estate.topic_defaults, **estate.topics[name].configs}.get(_LARGEST, "0"))
        for name in estate.moving
    }
    names = [n for n in estate.moving if max(allowed[n], estate.topics[n].largest_batch) > most]
    if not names or estate.config.target.profile == "automq-byoc":
        return []
    return [
        f"batches of more than {most:,} bytes stop a copy, and these topics allow or hold some: {first_of(names, 5)}"
    ]


def _shared_files(estate: Estate, wave_of: Mapping[str, int]) -> Iterator[str]:
    """Yield a note for each client file of workloads of several waves: it is replaced with the first of them."""
    users: dict[str, list[str]] = {}
    for name, workload in estate.workloads.items():
        if workload.file:
            users.setdefault(workload.file.path, []).append(name)
    for path, names in sorted(users.items()):
        if len({wave_of[name] for name in names}) > 1:
            yield (
                f"client file {path} is read by workloads of several waves, and the first cutover points all of "
                f"them at the target: move them `together`, or give each its own: {first_of(names, 5)}"
            )


def _without_scram(estate: Estate) -> list[str]:
    """Return a note that names the principals without SCRAM: kmig moves no other credential."""
    with_scram = {c.principal for c in estate.inventory.scram.found}
    names = [estate.mapped(one) for one in sorted(estate.by_principal) if one not in with_scram]
    if not names:
        return []
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if names[5:] else "")
    return [
        f"no SCRAM credential on the source, configure the target so that they can log in: {shown}"
    ]
