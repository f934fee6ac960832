"""Whether kmig said something: a judge excuses what an outside actor did only where it was said."""

import re

from migrate.rehearse.worlds.play import Played


def said(played: Played, *words: str) -> bool:
    """Whether a command that failed named the first of these, and one of the others, in one line."""
    first, *more = words
    # a group `g` is not named by every word with a g; `t-0` names topic t, `r-1` a client of reader r
    named = re.compile(rf"(?<![\w.-]){re.escape(first)}(?![\w.]*\w|-\D)")
    return any(
        named.search(line) and (not more or any(word in line for word in more))
        for ended in played.commands
        if ended.exit
        for line in (*ended.err.splitlines(), *ended.out.splitlines())
        if first in line
    )


def excused(played: Played, group: str) -> bool:
    """Whether a group's client does not stop when its hook says so, and kmig named the group: what follows is its."""
    clients = (c.spec for c in played.world.clients.values() if c.spec.group == group)
    return any(spec.stop != "clean" for spec in clients) and said(played, group)
