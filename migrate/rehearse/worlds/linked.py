"""Parts of a history that go together: a client with its workload and rights, a topic with all that name it."""

import re
from collections.abc import Iterator
from typing import Any

from migrate.rehearse.worlds import simpler, workloads
from migrate.rehearse.worlds.history import ClientSpec, Estate, History
from migrate.rehearse.worlds.timeline import DAY, HOUR, MINUTE

_RIGHT = re.compile(r"ALLOW (?P<operation>READ|WRITE) on \w+ (?P<name>\S+) to User:(?P<who>\S+)")
_PAUSE = 20 * MINUTE


def without_clients(history: History) -> Iterator[History]:
    """Yield the history without one of its clients, and all that belongs to it."""
    for client in history.estate.clients:
        gone = {c.name for c in history.estate.clients if client.name in (c.name, c.user)}
        estate = history.estate
        kept = estate.model_copy(
            update={
                "clients": tuple(c for c in estate.clients if c.name not in gone),
                "acls": tuple(a for a in estate.acls if not a.endswith(f"User:{client.name}")),
                "quotas": {k: v for k, v in estate.quotas.items() if k != client.name},
            }
        )
        yield history.model_copy(
            update={
                "estate": kept,
                "workloads": tuple(w for w in history.workloads if w["name"] not in gone),
                "events": tuple(e for e in history.events if e.on not in gone),
            }
        )


def without_topics(history: History) -> Iterator[History]:
    """Yield the history without one of its topics, and without whatever names it."""
    for topic in history.estate.topics:
        yield history.model_copy(
            update={
                "estate": _without(history.estate, topic.name),
                "workloads": tuple(_unnamed(w, topic.name) for w in history.workloads),
                "more": _left_behind(history.more, topic.name),
                "events": tuple(e for e in history.events if e.on != topic.name),
            }
        )


def _without(estate: Estate, topic: str) -> Estate:
    return estate.model_copy(
        update={
            "topics": tuple(t for t in estate.topics if t.name != topic),
            "clients": tuple(_strange_to(c, topic) for c in estate.clients),
            "acls": tuple(a for a in estate.acls if f" on topic {topic} " not in a),
        }
    )


def _strange_to(client: ClientSpec, topic: str) -> ClientSpec:
    return client.model_copy(
        update={
            "reads": tuple(t for t in client.reads if t != topic),
            "writes": tuple(t for t in client.writes if t != topic),
            "commits_from": {t: n for t, n in client.commits_from.items() if t != topic},
        }
    )


def _unnamed(workload: dict[str, Any], topic: str) -> dict[str, Any]:
    kept = dict(workload)
    for way in ("reads", "writes"):
        kept[way] = [one for one in workload[way] if one["topic"] != topic]
    return _of_its_kind(kept, purges=workload["kind"] == "streams")


def _of_its_kind(workload: dict[str, Any], *, purges: bool) -> dict[str, Any]:
    kind = workloads.kind(workload["reads"], workload["writes"], purges=purges)
    return {**workload, "kind": kind}


def _left_behind(more: dict[str, Any], topic: str) -> dict[str, Any]:
    if "leave_behind" not in more:
        return more
    kept = [one for one in more["leave_behind"] if one.get("topic") != topic]
    others = {k: v for k, v in more.items() if k != "leave_behind"}
    return {**others, "leave_behind": kept} if kept else others


def clients(history: History) -> Iterator[History]:
    """Yield the history with one client written more simply, and its workload accordingly."""
    for simple in simpler.values(history.estate.clients):
        if len(simple) == len(history.estate.clients):
            yield _with_clients(history, simple)


def _with_clients(history: History, found: tuple[ClientSpec, ...]) -> History:
    found = tuple(_committing_what_it_reads(c) for c in found)
    known = {c.name: c for c in found}
    acls = tuple(a for a in history.estate.acls if not _unused(a, known))
    estate = history.estate.model_copy(update={"clients": found, "acls": acls})
    declared = tuple(
        _as_client(w, known[w["name"]]) if w["name"] in known else w for w in history.workloads
    )
    return history.model_copy(update={"estate": estate, "workloads": declared})


def _committing_what_it_reads(client: ClientSpec) -> ClientSpec:
    commits = {t: n for t, n in client.commits_from.items() if t in client.reads}
    return client.model_copy(update={"commits_from": commits})


def _unused(acl: str, known: dict[str, ClientSpec]) -> bool:
    """Whether a right is for what its client does no more; wider rights than that are no such thing."""
    found = _RIGHT.fullmatch(acl)
    if found is None or found["who"] not in known:
        return False
    client = known[found["who"]]
    used = {
        "READ": (*client.reads, client.group),
        "WRITE": (*client.writes, client.transactional_id),
    }
    return found["name"] not in used[found["operation"]]


def _as_client(workload: dict[str, Any], client: ClientSpec) -> dict[str, Any]:
    """Return the workload with what it repeats of its client: mechanism, topics, transactional id."""
    reads = [t for t in workload["reads"] if t["topic"] in client.reads]
    writes = [t for t in workload["writes"] if t["topic"] in client.writes]
    credential = {**workload["credential"], "mechanism": client.mechanism}
    kept = {**workload, "reads": reads, "writes": writes, "credential": credential}
    if not client.transactional_id:
        kept.pop("transactional_ids", None)
    return _of_its_kind(kept, purges=client.purges)


def ordinary_workloads(history: History) -> Iterator[History]:
    """Yield the history with one workload, or one key of all, as an ordinary person would have written it."""
    specs = {c.name: c for c in history.estate.clients}
    plain = tuple(
        workloads.made(
            specs[w["name"]],
            "internal",
            list(specs[w["name"]].reads),
            list(specs[w["name"]].writes),
            rotates=False,
            health=True,
        )
        if w["name"] in specs
        else w
        for w in history.workloads
    )
    yield history.model_copy(update={"workloads": plain})
    yield from _key_by_key(history, plain)


def _key_by_key(history: History, plain: tuple[dict[str, Any], ...]) -> Iterator[History]:
    for key in ("rotation", "sensitivity", "switch", "reads", "writes"):
        changed = tuple(_with_key(w, key, p) for w, p in zip(history.workloads, plain, strict=True))
        yield history.model_copy(update={"workloads": changed})
        for index, one in enumerate(changed):
            some = (*history.workloads[:index], one, *history.workloads[index + 1 :])
            yield history.model_copy(update={"workloads": some})


def _with_key(workload: dict[str, Any], key: str, plain: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in workload.items() if k != key}
    changed = {**kept, key: plain[key]} if key in plain else kept
    return _of_its_kind(changed, purges=plain["kind"] == "streams")


def pauses(history: History) -> Iterator[History]:
    """Yield the history with the usual pause in place of all, half, then one of the others; then rounder ones."""
    found = history.pauses
    odd = [index for index, pause in enumerate(found) if pause != _PAUSE]
    size = len(odd)
    while size:
        for start in range(0, len(odd), size):
            yield _paused(history, dict.fromkeys(odd[start : start + size], _PAUSE))
        size //= 2
    for index in odd:
        for simple in (HOUR, DAY):
            if simple < found[index]:
                yield _paused(history, {index: simple})


def _paused(history: History, changed: dict[int, float]) -> History:
    found = [changed.get(index, pause) for index, pause in enumerate(history.pauses)]
    while found and found[-1] == _PAUSE:
        found.pop()
    return history.model_copy(update={"pauses": tuple(found)})
