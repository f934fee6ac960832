"""What a rotation of a credential restarts, in which order and with which pause; how the old secret dies, by when."""

import re
from collections.abc import Iterator, Sequence

from migrate.boundary.places import literal_uses
from migrate.boundary.rights import CLUSTER, Side
from migrate.boundary.view import View
from migrate.documents.boundary import Credential, Line, Rights
from migrate.documents.inventory import State
from migrate.documents.workloads import Workload
from migrate.journal import standing
from migrate.journal.pauses import stopwatch
from migrate.journal.standing import waves
from migrate.model.cluster import BrokerFacts
from migrate.model.words import count, first_of
from migrate.steps import RevokeCredential, SwitchClients

_CERTIFICATE = re.compile(r"User:(?:[A-Za-z]+|[\d.]+)=")
"""A principal in the form of an X.500 name: the subject of a client's certificate (KIP-371)."""

PAUSE = "pause"
TASKS = "tasks read their config when they start: POST /restart?includeTasks=true"
"""What a rotation's restarts are told of, whose numbers move by themselves: a review compares neither."""

SESSIONS = "open sessions on the source"
"""How each line about them begins; its evidence names the brokers, which come and go."""


def restarts(view: View, credential: Credential) -> Iterator[Line]:
    """Yield what restarts, in the order of a rotation: clients by hooks, connectors with their tasks, workers."""
    for name in credential.workloads:
        workload = view.estate.workloads[name]
        if _holds(workload, credential) and workload.connector not in credential.connectors:
            yield _clients(workload)
    for name in credential.connectors:
        connector = view.estate.connectors[name]
        yield Line(
            what=f"connector {name}: {count(len(connector.tasks), 'task')}",
            evidence=TASKS,
        )
    for connector, use in literal_uses(view, credential):
        yield Line(
            what=f"connector {connector.id}: its config changes, key `{use.key}`",
            evidence="the secret is written there in clear",
        )
    yield from _environments(view, credential)
    if why := view.connect_unread:
        yield Line(what="more connectors that use it", evidence=why, known=False)
    if not credential.workloads and not credential.connectors:
        why = "no workload declares it, and no connector uses it"
        yield Line(what="what logs in with it", evidence=why, known=False)
    yield _pause(view, credential)


def _holds(workload: Workload, credential: Credential) -> bool:
    """Whether the workload's own clients hold the secret, and not only a connector that it declares."""
    if credential.kind == "kafka":
        return workload.principal == credential.principal
    return any(external.secret in credential.secrets for external in workload.external)


def _clients(workload: Workload) -> Line:
    switch = workload.switch
    if switch is None:
        why = "`switch` is not set in workloads.yaml"
        return Line(what=f"clients of workload {workload.name}", evidence=why, known=False)
    if switch.command is None:
        how = f"batch job, {switch.batch}: its next run reads the new secret"
    else:
        how = f"`{' '.join(switch.command.stop)}`, then `{' '.join(switch.command.start)}`"
    return Line(what=f"workload {workload.name}: {how}", evidence="`switch` in workloads.yaml")


def _environments(view: View, credential: Credential) -> Iterator[Line]:
    """Yield the workers whose environment holds the secret: it changes only with the whole process."""
    if not any(secret.startswith("${env:") for secret in credential.secrets):
        return
    for cluster in credential.clusters:
        with_it = count(len(view.connectors_of[cluster]), "connector")
        yield Line(
            what=f"each worker of Connect {cluster}, with {with_it}",
            evidence="an environment is read when a process starts",
        )


def _pause(view: View, credential: Credential) -> Line:
    """Return how long clients were away in the last rotation of this migration."""
    names = set(credential.workloads)
    for wave in reversed(waves(view.journal, "rotate")):
        steps = [n.step for n in view.journal.of(wave, "rotate")]
        if not any(isinstance(s, SwitchClients) and s.workload in names for s in steps):
            continue
        away = stopwatch(view.journal, wave, "rotate").pauses()
        longest = max(filter(None, (away.consumers, away.writes)), default=None)
        if longest is not None:
            evidence = f"journal: rotation of wave {wave}, all its clients"
            return Line(what=f"{PAUSE}: {longest:.1f} s", evidence=evidence)
    why = "this migration has rotated none of its workloads"
    return Line(what=PAUSE, evidence=why, known=False)


def death(view: View, credential: Credential) -> Iterator[Line]:
    """Yield how the secret dies: new logins, open sessions, and what proved it."""
    if credential.kind == "external":
        yield from _outside(credential)
        return
    yield from _at_once(view, credential)
    yield from _logins(view, credential)
    yield from _sessions(view, credential)
    yield from _verdicts(view, credential)


def _outside(credential: Credential) -> Iterator[Line]:
    where = ", ".join(credential.systems) or "its system"
    why = "kmig does not ask systems outside Kafka"
    yield Line(what=f"how {where} revokes it, and ends open sessions", evidence=why, known=False)


def _at_once(view: View, credential: Credential) -> Iterator[Line]:
    """Yield what stops a holder before the secret is exchanged: brokers ask the authorizer for each request."""
    unread = Rights(side="source", complete=False)
    rights = (view.rights(credential) or unread, view.rights_on_target(credential))
    resources = tuple(dict.fromkeys(r for one in rights if one for r in stopping(one)))
    source = _denied(view.source, credential.principal, resources)
    target = source
    if view.target:
        mapped = view.estate.mapped(credential.principal)
        target = _denied(view.target, mapped, resources)
    if target.what == source.what:
        both = " on both sides" if view.target else ""
        yield source.model_copy(update={"what": f"at once{both}{source.what}"})
    else:
        for side, line in (("source", source), ("target", target)):
            yield line.model_copy(update={"what": f"at once on the {side}{line.what}"})
    yield from _perhaps_super(view.source)
    yield from _perhaps_super(view.target) if view.target else ()


def _perhaps_super(side: Side) -> Iterator[Line]:
    """Yield that a DENY may stop nothing on a side whose super users are not declared."""
    if not side.super_users_declared and not side.everything:
        yield Line(
            what=f"whether it is a super user of the {side.side}, whom no DENY stops",
            evidence=f"kmig.yaml declares no `super_users` of the {side.side}",
            known=False,
        )


def _denied(side: Side, principal: str, resources: Sequence[str]) -> Line:
    """Return what of a principal a DENY stops on a side; the line begins after the words at once."""
    if side.everything or principal in side.rules.super_users:
        why = side.everything or "a super user passes every DENY"
        return Line(what=": not by an ACL", evidence=why)
    if side.default is not False:
        declared = "is open" if side.default else "is not declared"
        return Line(
            what=f", only where an ACL exists: DENY ALL to {principal}; never on *",
            evidence=f"the default without an ACL {declared}: a first ACL closes a resource for all others",
        )
    *first, last = resources
    return Line(
        what=f": DENY ALL on {', '.join(first)} and {last} to {principal}, at its next request",
        evidence="brokers ask the authorizer for each request",
    )


def stopping(rights: Rights) -> tuple[str, ...]:
    """Return where a DENY ALL stops the holder of these rights.

    A right to alter the cluster would lift the DENY; one to a transactional id fences the producer that holds the new
    secret.
    """
    more = {
        "transactional id *": rights.transactional_ids
        or [p for p in rights.patterns if p.resource_type == "TRANSACTIONAL_ID"],
        f"cluster {CLUSTER}": rights.cluster,
        "user *": rights.users or [p for p in rights.patterns if p.resource_type == "USER"],
    }
    needed = (resource for resource, used in more.items() if used or not rights.complete)
    return ("topic *", "group *", *needed)


def _logins(view: View, credential: Credential) -> Iterator[Line]:
    section = view.estate.inventory.scram
    users = [s for s in section.found if s.principal == credential.principal]
    name = credential.principal.partition(":")[2]
    mapped = view.estate.mapped(credential.principal).removeprefix("User:")
    issued = dict(standing.on_target(view.journal, mapped))
    for user in users:
        yield Line(
            what=f"on the source: delete {user.mechanism} of {name}, and new logins are refused",
            evidence="section scram; brokers look their credentials up at each login. "
            "Delegation tokens that its holder made log in until they expire",
        )
    for mechanism, entry in issued.items():
        yield Line(
            what=f"on the target: delete {mechanism} of {mapped}, and new logins are refused",
            evidence=f"journal, entry {entry}",
        )
    if not users and section.standing is not State.COMPLETE:
        why = f"section scram is {section.standing.value}: {section.error}"
        yield Line(what="how new logins on the source end", evidence=why, known=False)
    elif not users and not issued:
        yield from _without_scram(credential)


def _without_scram(credential: Credential) -> Iterator[Line]:
    if _CERTIFICATE.match(credential.principal):
        yield Line(
            what="new logins: not before its certificate expires; a DENY for its name ends its rights",
            evidence="a principal of a client certificate; Kafka checks no revocation list",
        )
        why = "kmig does not see client certificates"
        yield Line(what="when its certificate expires", evidence=why, known=False)
        return
    why = "it has no SCRAM user on the source: PLAIN, OAuth and certificates are set on the brokers"
    yield Line(what="how new logins end", evidence=why, known=False)


def _sessions(view: View, credential: Credential) -> Iterator[Line]:
    section = view.estate.inventory.cluster
    facts, absent = section.found.facts, section.found.absent
    endless = [one for one in facts if one.lifetime == 0]
    if endless:
        yield Line(
            what=f"{SESSIONS} end only with the restart of their broker",
            evidence=f"{_named(endless)} announced no lifetime (connections.max.reauth.ms)",
        )
    elif facts:
        yield _bounded(credential, facts)
    if absent or not facts:
        who = f"broker {', '.join(map(str, absent))}" if absent else "no broker"
        evidence = f"{who} {'did not answer' if absent else 'announced a lifetime'}"
        yield Line(what=SESSIONS, evidence=evidence, known=False)
    if view.target:
        why = "the inventory is of the source; kmig rotate proves it there"
        yield Line(what="open sessions on the target", evidence=why, known=False)


def _bounded(credential: Credential, facts: tuple[BrokerFacts, ...]) -> Line:
    """Return when sessions end by the brokers' lifetimes, which bound logins by SASL alone (KIP-368)."""
    if credential.mechanisms:
        longest = max(one.lifetime for one in facts)
        return Line(
            what=f"{SESSIONS} end at most {longest:,.0f} s later",
            evidence=f"lifetime that {_named(facts)} announced to kmig; another listener may have its own",
        )
    if _CERTIFICATE.match(credential.principal):
        return Line(
            what=f"{SESSIONS} end only with the restart of their broker",
            evidence="a lifetime (connections.max.reauth.ms) bounds logins by SASL, not by certificate",
        )
    why = "whether it logs in by SASL: a lifetime (connections.max.reauth.ms) bounds no certificate"
    return Line(what=SESSIONS, evidence=why, known=False)


def _named(facts: list[BrokerFacts] | tuple[BrokerFacts, ...]) -> str:
    names = [str(one.id) for one in facts]
    return f"broker{'s' if len(names) > 1 else ''} {first_of(names, 6)}"


def _verdicts(view: View, credential: Credential) -> Iterator[Line]:
    user = view.estate.mapped(credential.principal).removeprefix("User:")
    for state, step in view.journal.standing(RevokeCredential):
        if step.user == user and state.stage == "rotate" and step.verdict:
            yield Line(
                what=f"last rotation: {step.mechanism} revoked, {step.verdict}",
                evidence=f"journal, entry {state.seq}, {state.at:%Y-%m-%d %H:%M} UTC",
            )
            return
    why = "this migration has rotated none of its workloads"
    yield Line(what="whether a revocation was ever proven", evidence=why, known=False)
