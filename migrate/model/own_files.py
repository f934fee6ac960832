"""Names of the files that kmig writes for itself: no client reads one, and each goes when it is needed no more."""

SECRETS = ".kmig-secrets"
"""The folder within a migration directory for the secrets that only kmig reads; git ignores it."""
BEFORE = ".kmig-before"
"""Ends the name of what a client's file held before it was switched; it stands beside that file."""
ARRIVING = ".kmig-new"
"""Ends the name of a file that is being written; a killed kmig can leave one."""
_DRILL = ".kmig-drill-"


def left_over(parts: tuple[str, ...]) -> str:
    """What a path of these parts is, when it is a file of kmig's own; else nothing."""
    name = parts[-1]
    if name.endswith(ARRIVING):
        return "left by an interrupted kmig"
    if name.endswith(BEFORE):
        return "kept by kmig from before a switch"
    if SECRETS in parts[:-1] or name.startswith(_DRILL):
        return "kept by kmig for a rotation"
    return ""
