"""verify protocol: what the target really does, judged where the estate or kmig depends on it.

The table shows every probe; the verdict counts those that a workload or kmig needs. Other probes may fail without
stopping a migration, and a need that was not probed is no pass.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrate.documents.inventory import Inventory, State
from migrate.documents.plan import Plan
from migrate.documents.workloads import Workload, Workloads
from migrate.model.check import Check, Verdict, worst
from migrate.model.probe import Client, Need, Outcome, Probe
from migrate.model.words import first_of
from migrate.probes.apis import CLIENT_APIS, SERVES, Versions, begin_later, lost
from migrate.probes.catalogue import CATALOG, probe

_VERDICTS = {
    "pass": Verdict.PASS,
    "fail": Verdict.FAIL,
    "unknown": Verdict.UNKNOWN,
    "not offered": Verdict.FAIL,
}
KMIG = "kmig"

Needs = Mapping[Need, tuple[str, ...]]
"""Who needs what: workloads by name, and kmig."""


@dataclass(frozen=True)
class _EstateFacts:
    """What the inventory says about the estate, by name."""

    static: frozenset[str]
    new_protocol: frozenset[str]
    quotas: frozenset[str]
    configs: Mapping[str, Mapping[str, str]]
    transactional: frozenset[str]


def needs(people: Workloads, inventory: Inventory, plan: Plan | None = None) -> Needs:
    """Return who needs what, by workloads.yaml and the inventory; what nothing needs has no entry.

    The plan names the owners of undeclared transactional ids.
    """
    groups = inventory.groups.found
    accounts = plan.accounts if plan else ()
    facts = _EstateFacts(
        static=frozenset(g.name for g in groups if any(m.instance for m in g.members or ())),
        new_protocol=frozenset(g.name for g in groups if g.type == "consumer"),
        quotas=frozenset(q.entity.get("user") or "" for q in inventory.quotas.found),
        configs={t.name: t.configs for t in inventory.topics.found},
        transactional=frozenset(a.owner for a in accounts if a.kind == "transactional_id"),
    )
    needed_by: dict[Need, list[str]] = {"kmig": [KMIG]}
    for workload in people.workloads:
        for need in _of(workload, facts):
            needed_by.setdefault(need, []).append(workload.name)
    return {need: tuple(names) for need, names in needed_by.items()}


def _of(workload: Workload, facts: _EstateFacts) -> Iterator[Need]:
    mine = set(workload.every_group)
    configs = [
        of_topic
        for topic, of_topic in facts.configs.items()
        if any(s.selects(topic) for s in (*workload.reads, *workload.writes))
    ]
    cleanup = {word for c in configs for word in c.get("cleanup.policy", "").split(",")}
    rules: tuple[tuple[Need, object], ...] = (
        ("writes", workload.writes),
        ("reads", workload.reads),
        ("groups", mine - facts.new_protocol),
        ("transactions", workload.transactional_ids or workload.name in facts.transactional),
        ("static members", mine & facts.static),
        ("consumer-protocol groups", mine & facts.new_protocol),
        ("patterns", any(s.prefix for s in workload.reads)),
        ("append time", any(c.get("message.timestamp.type") == "LogAppendTime" for c in configs)),
        ("compacted topics", "compact" in cleanup),
        ("deleted records", workload.kind == "streams"),
        ("sized topics", any("max.message.bytes" in c for c in configs)),
        # quotas of the default user, or of a client id alone, apply to every workload
        ("quotas", {workload.principal.partition(":")[2], ""} & facts.quotas),
        ("scram", workload.credential is not None),
        ("rotation", workload.rotation is not None),
        ("acls", workload.reads or workload.writes),
    )
    return (need for need, holds in rules if holds)


_RELEVANT = ("groups", "topics", "quotas", "transactions", "acls")


def unseen(inventory: Inventory | None) -> Iterator[Check]:
    """Yield a check for what the inventory does not hold: who needs what is then unknown, and no pass."""
    name = "what the estate needs"
    if inventory is None:
        why = "no inventory: only what kmig itself needs was counted"
        yield Check(name=name, verdict=Verdict.UNKNOWN, evidence=(why,))
        return
    sections = {n: section for n, section in inventory.sections().items() if n in _RELEVANT}
    partial = [
        f"section {n} is {s.standing}"
        for n, s in sections.items()
        if s.standing is not State.COMPLETE
    ]
    if partial:
        yield Check(name=name, verdict=Verdict.UNKNOWN, evidence=tuple(partial))


def wanted(needed: Needs) -> tuple[Probe, ...]:
    """Return what a target is asked: every probe, but a slow one only where a workload needs it.

    No broker is restarted.
    """
    return tuple(
        one
        for one in CATALOG
        if one.name not in ("api-versions", "broker-restart")
        and (not one.soak or needed.get(one.need))
    )


def api_versions(source: Versions, target: Versions, needed: Needs, seconds: float) -> Outcome:
    """Compare the requests that both sides offer; a missing one fails only if a need depends on it."""
    missing = lost(source, target)
    depending = {
        key: tuple(need for need, keys in SERVES.items() if key in keys and needed.get(need))
        for key in missing
    }
    fatal = [key for key in missing if depending[key]]
    evidence = [f"{CLIENT_APIS[key]} is missing, for {', '.join(depending[key])}" for key in fatal]
    if others := [CLIENT_APIS[key] for key in missing if not depending[key]]:
        evidence.append(f"missing, and no workload is known to need it: {', '.join(others)}")
    if later := begin_later(source, target):
        first = ", ".join(
            f"{CLIENT_APIS[key]} from version {target[key][0]} instead of {source[key][0]}"
            for key in later
        )
        evidence.append(f"clients that know only older versions are refused: {first}")
    offers = (f"{CLIENT_APIS[k]} in versions {source[k][0]} to {source[k][1]}" for k in fatal)
    return Outcome(
        probe="api-versions",
        client="requests",
        result="fail" if fatal else "pass",
        seconds=seconds,
        evidence="; ".join(evidence) or "every request that clients send, as on the source",
        source_result="pass" if fatal else None,
        source_evidence=", ".join(offers),
    )


_NOT_PASSED = ("fail", "not offered")
_USERS = "the probe makes users, ACLs or quotas, which kmig does not make on the source"


def comparable(outcomes: Iterable[Outcome]) -> tuple[Probe, ...]:
    """Return what the source is asked too: what the target fails, through the clients through which it fails.

    What makes users, ACLs or quotas is not asked of the source, which is in production: a SCRAM user that is made and
    deleted can take others with it when a broker restarts (`model/met_last`), and an ACL needs ALTER on the cluster.
    """
    failed: dict[str, list[Client]] = {}
    for outcome in outcomes:
        if outcome.result in _NOT_PASSED:
            failed.setdefault(outcome.probe, []).append(outcome.client)
    return tuple(
        one.model_copy(update={"clients": tuple(failed[one.name])})
        for one in CATALOG
        if one.name in failed
        and not one.cluster_wide
        and one.name not in ("api-versions", "broker-restart")
    )


def beside(
    outcomes: Iterable[Outcome], source: Iterable[Outcome], why_none: str = ""
) -> tuple[Outcome, ...]:
    """Return the target's outcomes, each failure with the source's answer, or why the source was not asked."""
    answers = {(one.probe, one.client): one for one in source}

    def compared(one: Outcome) -> Outcome:
        if one.result not in _NOT_PASSED or one.source_result is not None:
            return one
        if answer := answers.get((one.probe, one.client)):
            told = {"source_result": answer.result, "source_evidence": answer.evidence}
            return one.model_copy(update=told)
        why = _USERS if probe(one.probe).cluster_wide else why_none
        return one.model_copy(update={"source_evidence": why})

    return tuple(map(compared, outcomes))


def placed(outcomes: Iterable[Outcome], needed: Needs) -> tuple[Outcome, ...]:
    """Return the outcomes in the catalogue's order, with the workloads that need each."""
    places = {one.name: index for index, one in enumerate(CATALOG)}
    return tuple(
        one.model_copy(update={"needed_by": needed.get(probe(one.probe).need, ())})
        for one in sorted(outcomes, key=lambda o: (places[o.probe], o.client))
    )


def judge(outcomes: Iterable[Outcome]) -> tuple[Check, ...]:
    """Return one check for each probe that a workload, or kmig, needs; through several clients, the worst of them."""
    by_probe: dict[str, list[Outcome]] = {}
    for one in outcomes:
        if one.needed_by:
            by_probe.setdefault(one.probe, []).append(one)
    return tuple(
        Check(
            name=f"protocol {name}",
            verdict=worst(_VERDICTS[one.result] for one in some),
            evidence=tuple(_evidence(one) for one in some),
        )
        for name, some in by_probe.items()
    )


def _evidence(one: Outcome) -> str:
    answer = f"{one.client}: {one.evidence}"
    if one.result not in _NOT_PASSED:
        return answer
    source = f"; on the source: {one.source_result}" if one.source_result else ""
    who = first_of(one.needed_by, 3)
    return f"{answer}{source}; needed by {who}: {probe(one.probe).breaks}"
