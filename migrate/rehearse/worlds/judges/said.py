"""Whether kmig said something: a judge excuses what an outside actor did only where it was said."""

import re
from collections.abc import Iterator
from functools import lru_cache

from migrate.rehearse.worlds.oracles import standing
from migrate.rehearse.worlds.play import Played


def said(played: Played, *words: str) -> bool:
    """Whether a command that failed, or the watch, named the first of these, and one of the others, in one line."""
    first, *more = words
    # a group `g` is not named by every word with a g; `t-0` names topic t, `r-1` a client of reader r
    named = re.compile(rf"(?<![\w.-]){re.escape(first)}(?![\w.]*\w|-\D)")
    return any(
        named.search(line) and (not more or any(word in line for word in more))
        for line in _lines(played)
        if first in line
    )


def _lines(played: Played) -> Iterator[str]:
    for ended in played.commands:
        if ended.exit:
            yield from (*ended.err.splitlines(), *ended.out.splitlines())
    yield from played.watched


def excused(played: Played, group: str) -> bool:
    """Whether a group's client does not stop when its hook says so, and kmig named the group: what follows is its."""
    clients = (c.spec for c in played.world.clients.values() if c.spec.group == group)
    return any(spec.stop != "clean" for spec in clients) and said(played, group)


def taken_off(played: Played, group: str) -> bool:
    """Whether its workload no longer names the group: kmig had said that the source has forgotten it."""
    said = f"does not name group {group} any more"
    return any(said in what for _, what in played.answers)


_NOT_EXACT = ("expired", "superseded", "waived")
"""Proofs of places that kmig counts apart from the exact ones, with how many records are read again at most."""


def told_twice(played: Played, group: str, topic: str) -> bool:
    """Whether a command, or a gate, named the group with records of a topic that are twice on the target."""
    words = re.compile(
        rf"of {re.escape(topic)}-\d+, .*(twice on the|deleted on the source|not comparable).*: .*{re.escape(group)}\b"
    )
    printed = (" ".join((ended.out + ended.err).split()) for ended in played.commands)
    gates = (entry.get("detail") or "" for entry in standing.journal(played.world))
    return any(words.search(line) for line in (*printed, *gates))


def told_apart(played: Played, group: str, topic: str) -> bool:
    """Whether kmig wrote down, or printed, that a group's place on a topic is not exact, and why."""
    words = re.compile(
        rf"group {re.escape(group)} on {re.escape(topic)}-\d+ of the source: [\d,]+ "
    )
    printed = (" ".join((ended.out + ended.err).split()) for ended in played.commands)
    return (group, topic) in _told_apart(played) or any(map(words.search, printed))


@lru_cache(maxsize=1)
def _told_apart(played: Played) -> frozenset[tuple[str, str]]:
    return frozenset(_apart(played))


def _apart(played: Played) -> Iterator[tuple[str, str]]:
    for entry in standing.journal(played.world):
        step = entry.get("step") or {}
        for one in step.get("translations", ()):
            if one["proof"] in _NOT_EXACT:
                yield step["group"], one["topic"]
