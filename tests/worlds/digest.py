"""One digest of a whole played history: two runs that differ in one byte of what happened have different ones."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from migrate.rehearse.worlds.facts import Written
from migrate.rehearse.worlds.play import Played


def digest(played: Played) -> str:
    """Return a digest of all that was typed and printed, and of all that happened in the world."""
    made = hashlib.sha256()
    for line in lines(played):
        made.update(line.encode("utf-8", "surrogateescape") + b"\n")
    return made.hexdigest()


def lines(played: Played) -> Iterator[str]:
    """Yield what the digest goes over, so that two runs can be compared line by line."""
    yield f"finished {played.finished}, dead end {played.dead_end!r}, lost {sorted(played.world.lost)}"
    for ended in (*played.commands, *played.asked):
        # a traceback's last line is what happened, the others are where this code stands
        yield repr(replace(ended, crashed="".join(ended.crashed.splitlines()[-1:])))
    yield from (repr(green) for green in played.greens)
    facts, doings = played.world.facts, played.world.doings
    yield from (_written(one) for one in facts.written)
    yield from (repr(one) for one in facts.changes)
    yield from (repr(one) for one in facts.denied)
    yield from (repr(one) for one in doings.processed)
    yield from (repr(one) for one in doings.dropped)
    yield from (repr(one) for one in doings.refused)
    yield from (f"{key} {value}" for key, value in doings.began.items())
    yield from _files(played)


def _written(one: Written) -> str:
    transaction = one.transaction
    state = f"{transaction.producer} {transaction.state}" if transaction else ""
    return repr((*one[:-1], state))


def _files(played: Played) -> Iterator[str]:
    yield f"now {played.world.timeline.now!r}"
    for path, content in sorted(played.world.disk.files()):
        yield f"{path} {hashlib.sha256(content).hexdigest()}"
