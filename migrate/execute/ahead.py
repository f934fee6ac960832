"""A wave before its cutover, as preflight asks about it: from plan, workloads.yaml, inventory and journal."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from migrate.assess.rule import WRITE_UNDECLARED
from migrate.documents.workloads import Workload
from migrate.execute.forecast import forecast
from migrate.execute.wave_state import WaveState
from migrate.journal.positions import committed
from migrate.model import settings
from migrate.model.reference import parse
from migrate.model.rights import PREFLIGHT_UNKNOWN, TARGET_HOSTS, TARGET_SHARED
from migrate.preflight.facts import Ahead, ClientAhead, GroupAhead
from migrate.stages.cutover import cutover
from migrate.stages.move import Move, keeps_state
from migrate.steps import SetQuota


def ahead(
    state: WaveState,
    move: Move,
    today: date,
    unknown: Mapping[str, str] = MappingProxyType({}),
    *,
    stays: bool = False,
) -> Ahead:
    """Return what the wave's cutover will need; `unknown` is what people accept without an answer.

    One that `stays` may pause writes for longer than the policy says.
    """
    moved = committed(state.journal, state.wave)
    return Ahead(
        wave=state.wave.number,
        owned=move.owned,
        copied=move.copied,
        groups=tuple(
            GroupAhead(
                name=group,
                reads=move.reads(group),
                uncommitted=move.uncommitted(group),
                known=move.known.get(group, ()),
                moved=group in moved,
            )
            for group in state.wave.groups
        ),
        clients=tuple(_client(state, move, workload) for workload in move.workloads),
        accounted=_accounted(state),
        writers={topic: _writers(state, topic) for topic in move.owned},
        own=_own(state),
        patience=move.policy.transaction_seconds,
        granted=(*state.wave.granted, *state.wave.grants),
        view=move.view,
        users=state.wave.carried_users,
        waivers=move.waivers,
        unrotatable=_unrotatable(move),
        acting=_acting(state),
        unknown=unknown,
        waived={
            one.subject: one.because
            for one in state.people.suppress
            if one.rule == PREFLIGHT_UNKNOWN and today <= one.until
        },
        configs=_configs(state, move),
        forecast=forecast(cutover(move), state.journal),
        made=frozenset(a for w in state.plan.waves for a in (*w.granted, *w.grants)),
        quotas={
            step.entity["user"] or "": step.values
            for wave in state.plan.waves
            for step in wave.prepare
            if isinstance(step, SetQuota) and "user" in step.entity
        },
        shared=_accepted(state, TARGET_SHARED, today),
        bound=_accepted(state, TARGET_HOSTS, today),
        at_once=move.policy.hooks_at_once,
        most=None if stays else move.policy.max_pause,
        later=_later(state),
        accepted=frozenset(
            one.removeprefix("topic ") for one in _accepted(state, WRITE_UNDECLARED.id, today)
        ),
        open_default=bool(state.config.source.allow_everyone_if_no_acl_found),
        open_target=bool(state.config.target.allow_everyone_if_no_acl_found),
    )


def _configs(state: WaveState, move: Move) -> dict[str, dict[str, str]]:
    """Return what decides about the records of each copied topic: its own configs before its brokers'.

    Which bound of a record's time counts depends on two configs of the brokers: it is left to them.
    """
    copied, keys = set(move.copied), {one.key for one in settings.SETTINGS}
    brokers = settings.defaults(state.inventory.cluster.found.defaults)
    given = {k: v for k, v in brokers.items() if not k.startswith("message.timestamp.")}
    return {
        topic.name: given | {k: v for k, v in topic.configs.items() if k in keys}
        for topic in state.inventory.topics.found
        if topic.name in copied
    }


def _accepted(state: WaveState, rule: str, today: date) -> frozenset[str]:
    """Return the subjects for which people accept a rule's findings, on that day."""
    entries = (one for one in state.people.suppress if one.rule == rule)
    return frozenset(one.subject for one in entries if today <= one.until)


def _acting(state: WaveState) -> tuple[str, str]:
    """Return as whom kmig fences the source, and grants on the target; a super user needs no right to."""
    source, target = state.config.source, state.config.target
    reading = source.principal or state.inventory.principal
    here = source.write_principal or "" if source.write_command_config else reading
    there = target.principal or ""
    return (
        "" if here in source.super_users else here,
        "" if there in target.super_users else there,
    )


def _unrotatable(move: Move) -> tuple[str, ...]:
    """Return the workloads that share a rotated credential, and that neither a group nor a hook shows."""
    rotated = {w.principal for w in move.workloads if w.rotation and w.credential}
    sharing = (w for w in move.workloads if w.principal in rotated)
    return tuple(w.name for w in sharing if not move.observable([w]))


def _client(state: WaveState, move: Move, workload: Workload) -> ClientAhead:
    own, target = workload.credential, state.plan.principals.get(workload.principal, "")
    name = (target or workload.principal).partition(":")[2]
    return ClientAhead(
        workload=workload.name,
        principal=workload.principal,
        user=name if own else "",
        mechanism=own.mechanism if own else "",
        secret=parse(own.secret) if own else None,
        groups=tuple(g for g in workload.every_group if g in state.wave.groups),
        reads=tuple(t for t in move.copied if any(s.selects(t) for s in workload.reads)),
        writes=tuple(t for t in move.owned if any(s.selects(t) for s in workload.writes)),
        ids=workload.transactional_ids,
        there=target or workload.principal,
        seen=not (workload.is_batch or (workload.switch and workload.switch.health)),
        hooks=workload.switch.hooks if workload.switch else (),
        file=(workload.file.path, workload.file.target) if workload.file else (),
        wipes=keeps_state(workload, move.copied),
        check=workload.switch.check if workload.switch else (),
        seconds=workload.switch.seconds if workload.switch else 0.0,
    )


def _accounted(state: WaveState) -> frozenset[str]:
    """Return the groups that move up to this wave, and those of which people decided something else."""
    moving = {g for w in state.plan.waves if w.number <= state.wave.number for g in w.groups}
    decided = {a.item for a in state.plan.accounts if a.kind == "group" and a.fate != "workload"}
    return frozenset(moving | decided)


def _writers(state: WaveState, topic: str) -> frozenset[str]:
    """Return who is known to write a topic: by workloads up to this wave, and by decisions about his ACLs."""
    placed = {
        p.workload for w in state.plan.waves if w.number <= state.wave.number for p in w.workloads
    }
    mine = {
        w.principal
        for w in state.people.workloads
        if w.name in placed and any(s.selects(topic) for s in w.writes)
    }
    decided = {
        a.acl.principal
        for a in state.plan.accounts
        if a.kind == "acl" and a.acl is not None and a.fate != "workload"
    }
    return frozenset(mine | decided)


def _later(state: WaveState) -> frozenset[str]:
    """Return the principals of the workloads of later waves."""
    later = {
        p.workload for w in state.plan.waves if w.number > state.wave.number for p in w.workloads
    }
    return frozenset(w.principal for w in state.people.workloads if w.name in later)


def _own(state: WaveState) -> frozenset[str]:
    """Return who serves the migration, and super users of either side."""
    config = state.config
    replication = config.replication
    named = {
        state.inventory.principal,
        config.source.principal or "",
        config.source.write_principal or "",
        config.target.principal or "",
        *config.source.super_users,
        *config.target.super_users,
        *((replication.principal, replication.source_principal) if replication else ()),
    }
    internal = {
        a.acl.principal
        for a in state.plan.accounts
        if a.kind == "acl" and a.acl is not None and a.fate == "internal"
    }
    return frozenset(named | internal) - {""}
