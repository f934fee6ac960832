"""The truth about each sentence that kmig prints as `pass`: an oracle a check or gate, which looks at the world.

An oracle gets the world, the check's name and what was said, and returns what is untrue about it, or nothing.
"""

from collections.abc import Callable
from typing import Any

from migrate.rehearse.worlds.oracles import ahead, copies, fences, groups, rights, watching
from migrate.rehearse.worlds.world import World

Oracle = Callable[[World, str, dict[str, Any]], str]


def fault(world: World, name: str, about: dict[str, Any]) -> str:
    """Return what is untrue about a check that passed; that nobody can tell counts too."""
    for prefix, oracle in ORACLES:
        if name == prefix or name.startswith(f"{prefix} "):
            return oracle(world, name, about)
    return "no oracle knows this check"


ORACLES: tuple[tuple[str, Oracle], ...] = (
    ("acls as planned on", rights.as_planned),
    ("acls on source as planned from", rights.source_unchanged),
    ("no privilege grows on", rights.not_grown),
    ("no privilege is lost on", rights.not_lost),
    ("write gate closed on", rights.write_closed),
    ("offsets of", groups.offsets),
    ("access", rights.access),
    ("data of", watching.data),
    ("copy of", watching.copy),
    ("connector", watching.connector),
    ("moved group", watching.moved_group),
    ("fenced topics of wave", watching.fenced),
    ("watch", lambda *_: ""),
    ("replicate --status", copies.ready),
    ("gate look_ahead", ahead.looked),
    ("gate watch_commits", lambda *_: ""),  # what it supposes, `await_quiet` is held against
    ("gate keep_copies", copies.there),
    ("gate await_pace", copies.pace),
    ("gate prove_copies", copies.compared),
    ("gate await_quiet", groups.quiet),
    ("gate await_passed", copies.passed),
    ("gate await_drained", copies.drained),
    ("gate freeze_topics", fences.frozen),
    ("gate watch_source", fences.still),
    ("gate prove_offsets", groups.proven),
    ("gate await_members", groups.members),
    ("gate revoke_credential", groups.dead),
)
"""By the check's name, or its beginning: the first that matches. Checks that never pass in a world have none."""

AFTERWARDS = frozenset({"gate await_quiet"})
"""Gates whose truth shows only after them: that somebody had stopped."""
