"""A played history and the promise that it breaks, told in fifteen lines to somebody who has seen neither."""

import re
import textwrap
from collections.abc import Iterator
from itertools import groupby

from migrate.model.authorizer import AuthorizerRules, Request
from migrate.rehearse.worlds import life
from migrate.rehearse.worlds.broker_rights import ANYWHERE
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.estate import acl_of
from migrate.rehearse.worlds.history import ClientSpec, ClusterSpec, Event, History, Load, TopicSpec
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.timeline import DAY

MOST_LINES, MOST_COLUMNS = 15, 118
_TOPICS, _CLIENTS, _HAPPENINGS, _RECORDS = 3, 3, 6, 1
_LONG_PAUSE = 3 * DAY


def told(played: Played, broken: Broken) -> list[str]:
    """Return the history in at most 15 lines: estate, clients, commands with what happened between, the promise."""
    topics = [_topic(t) for t in _that_matter(played, broken)]
    named = f"{broken.subject} {broken.told}"
    specs = sorted(played.world.history.estate.clients, key=lambda c: c.name not in named)
    parts = [
        _clusters(played),
        *_first(topics, _TOPICS),
        *_first([_client(c, played.world.history) for c in specs], _CLIENTS),
        *_last(_counted(_happenings(played)), _HAPPENINGS),
        f"broken: {broken.kind}: {broken.told}",
        *list(life.of_records(played, broken.told))[:_RECORDS],
    ]
    return _laid_out([" ".join(part.split()) for part in parts])


def _laid_out(parts: list[str]) -> list[str]:
    """Return the parts as lines, each part wrapped to as many lines as there is room for, the rest of it cut off."""
    room = MOST_LINES - len(parts)
    lines: list[str] = []
    # the promise and its record are at the end, and need their words most
    for part in reversed(parts):
        wrapped = textwrap.wrap(
            part, MOST_COLUMNS, subsequent_indent="    ", max_lines=1 + room, placeholder=" …"
        )
        room -= len(wrapped) - 1
        lines = wrapped + lines
    return lines


def _counted(lines: Iterator[str]) -> list[str]:
    """Return the lines, those that repeat the one before them as a number."""
    return [
        line if (times := len(list(same))) == 1 else f"({times} times) {line}"
        for line, same in groupby(lines)
    ]


def _first(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    more = len(lines) - most
    return [*lines[: most - 1], f"{lines[most - 1]} (and {more} more)"]


def _last(lines: list[str], most: int) -> list[str]:
    left = len(lines) - most
    before = "1 line" if left == 1 else f"{left} lines"
    return lines if left <= 0 else [f"({before} before) {lines[left]}", *lines[left + 1 :]]


def _that_matter(played: Played, broken: Broken) -> list[TopicSpec]:
    """Return the topics that the promise or an event names; all where they name none."""
    topics = played.world.history.estate.topics
    named = " ".join([broken.subject, broken.told, *(e.on for _, e in played.world.happened)])
    return [t for t in topics if t.name in named] or list(topics)


def _clusters(played: Played) -> str:
    estate = played.world.history.estate
    sides = [_cluster("source", estate.source), _cluster("target", estate.target)]
    policy = [f"policy {k}={v}" for k, v in played.world.history.policy.items()]
    return "; ".join([*sides, f"worker {estate.worker}", *policy])


def _cluster(side: str, spec: ClusterSpec) -> str:
    odd = [f"{key}={value}" for key, value in spec.defaults.items()]
    brokers = "1 broker" if spec.brokers == 1 else f"{spec.brokers} brokers"
    return ", ".join([f"{side} {spec.version}", brokers, *odd])


def _topic(spec: TopicSpec) -> str:
    odd = [f"{key}={value}" for key, value in spec.configs.items()]
    count = "1 partition" if spec.partitions == 1 else f"{spec.partitions} partitions"
    return f"topic {spec.name}: {', '.join([count, *odd, *map(_load, spec.loads)])}"


def _load(load: Load) -> str:
    manner = [f"{load.count} records"]
    if load.keys:
        manner.append(f"of {load.keys} {'key' if load.keys == 1 else 'keys'}")
    if load.ratio < 1:
        manner.append(f"compressed to {load.ratio:.0%}")
    if load.equal:
        manner.append("of equal content")
    if load.transaction:
        manner.append(f"in a transaction that is {load.transaction}")
    return " ".join([*manner, f"written over the {life.long(load.age)} before"])


_COMMITS = {"auto": "commits every 5 s", "each": "commits after each poll", "transaction": ""}
_STOPS = {
    "killed": "its stop hook kills it",
    "late": "ends 20 s after its stop hook",
    "ignored": "ignores its stop hook",
}
_STARTS = {"late": "starts 8 s after its start hook", "fails once": "fails at its first start"}


def _client(spec: ClientSpec, history: History) -> str:
    parts = [
        *_reading(spec),
        *_writing(spec),
        _STOPS.get(spec.stop, ""),
        _STARTS.get(spec.start, ""),
    ]
    if spec.begins:
        parts.append("starts late" if spec.begins < 0 else f"starts after {life.long(spec.begins)}")
    parts += _undeclared(spec, history)
    parts += _forbidden(spec, history)
    return f"client {spec.name}: {', '.join(part for part in parts if part)}"


def _undeclared(spec: ClientSpec, history: History) -> Iterator[str]:
    """Yield what the workloads file does not say of a client."""
    workload = next((w for w in history.workloads if w["name"] == spec.name), None)
    if workload is None:
        yield "nobody has declared it"
        return
    for way, topics in (("reads", spec.reads), ("writes", spec.writes)):
        named = {one.get("topic") for one in workload.get(way, ())}
        missing = [topic for topic in topics if topic not in named]
        if missing:
            yield f"its workload leaves out that it {way} {' and '.join(missing)}"


def _forbidden(spec: ClientSpec, history: History) -> Iterator[str]:
    """Yield what a client does although its user has no right to."""
    rules = AuthorizerRules(frozenset(map(acl_of, history.estate.acls)))
    who = f"User:{spec.user or spec.name}"
    for way, operation, topics in (("read", "READ", spec.reads), ("write", "WRITE", spec.writes)):
        asked = {topic: Request(who, ANYWHERE, operation, "TOPIC", topic) for topic in topics}
        missing = [topic for topic in topics if not rules.allows(asked[topic])]
        if missing:
            yield f"may not {way} {' and '.join(missing)}"


def _reading(spec: ClientSpec) -> Iterator[str]:
    if not spec.reads:
        return
    how = "assigns" if spec.assigns else "reads"
    kind = "consumer-protocol group" if spec.kind == "consumer" else "group"
    within = f"in {kind} {spec.group}, {_COMMITS[spec.commits]}" if spec.group else "in no group"
    yield f"{how} {' and '.join(spec.reads)} {within}".strip(", ")
    if spec.takes:
        yield f"{spec.takes} records every {life.long(spec.naps)}"
    yield f"resets to {spec.reset}"
    if spec.commits_from:
        stands = [f"{topic} at {offset}" for topic, offset in spec.commits_from.items()]
        yield f"has committed {' and '.join(stands)}"
    if spec.purges:
        yield "deletes what it has read"


def _writing(spec: ClientSpec) -> Iterator[str]:
    if spec.writes:
        manner = " in transactions" if spec.transactional_id else ""
        yield f"writes {' and '.join(spec.writes)}{manner}"
        if spec.ratio < 1:
            yield f"compresses to {spec.ratio:.0%}"
        if spec.keys:
            yield f"{spec.keys} {'key' if spec.keys == 1 else 'keys'}"


def _happenings(played: Played) -> Iterator[str]:
    """Yield the commands and what happened before and during them; those that simply end well share a line."""
    well: list[str] = []
    waiting = sorted(played.world.happened, key=lambda one: one[0])
    answers = list(played.answers)
    for number, ended in enumerate(played.commands):
        around = _told_around(played, waiting, number, ended)
        if around or ended.exit:
            yield from _well(well)
            yield from around
            well = []
        if ended.exit:
            yield f"$ kmig {_typed(played, number)}: {_ending(ended)}"
        else:
            well.append(_typed(played, number))
        following = played.commands[number + 1 : number + 2]
        while answers and not (following and answers[0][0] >= following[0].began):
            yield f"then {answers.pop(0)[1]}"
    yield from _well(well)
    yield from (f"at the end: {event.what} {event.on} {event.value}" for _, event in waiting)


def _typed(played: Played, number: int) -> str:
    """Return a command, with how long after the one before it was typed, where days lie in between."""
    ended = played.commands[number]
    pause = ended.began - played.commands[number - 1].ended if number else 0.0
    return ended.command if pause < _LONG_PAUSE else f"{ended.command} ({life.long(pause)} later)"


def _told_around(
    played: Played, waiting: list[tuple[float, Event]], number: int, ended: Ended
) -> list[str]:
    """Return what outsiders and faults do before and during a command; take the former off what waits."""
    lines = []
    while waiting and waiting[0][0] <= ended.ended:
        at, event = waiting.pop(0)
        what = " ".join(w for w in (event.what, event.on, event.value) if w)
        if at < ended.began:
            lines.append(f"{life.long(ended.began - at)} before `{ended.command}`: {what}")
        else:
            call = f", before call {event.call} of {ended.calls}" if event.call else ""
            lines.append(f"during `{ended.command}`{call}: {what}")
    for fault in played.world.history.faults:
        if fault.command == number and fault.call <= ended.calls:
            lines.append(f"during `{ended.command}`: call {fault.call} is {fault.kind}")
    return lines


def _well(commands: list[str]) -> Iterator[str]:
    if commands:
        yield f"$ kmig {', '.join(commands)}: exit 0"


def _ending(ended: Ended) -> str:
    if ended.killed:
        return "killed"
    if ended.crashed:
        return f"traceback: {ended.crashed.strip().splitlines()[-1]}"
    return f"exit {ended.exit}: {re.sub(r'^(error|refused): ', '', ended.refusal)}"
