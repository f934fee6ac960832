"""Whether kmig said something: a judge excuses what an outside actor did only where it was said."""

from migrate.rehearse.worlds.play import Played

_UNHAPPY = ("fail", "warning", "refused", "error", "unknown", "note", "stray", "lost")


def said(played: Played, *words: str) -> bool:
    """Whether a command that did not simply pass named all of these, in one line that is no good news."""
    first, *more = words
    for ended in played.commands:
        if not ended.exit:
            continue
        for line in (*ended.err.splitlines(), *ended.out.splitlines()):
            if first in line and (not more or any(word in line for word in more)):
                return True
    return False
