"""Names of the files that kmig writes for itself: no client reads them, and kmig deletes them after their use."""

SECRETS = ".kmig-secrets"
"""The folder of a migration directory with the secrets that only kmig reads; git ignores it."""
BEFORE = ".kmig-before"
"""Suffix of the file that keeps the former content of a client's file, beside it."""
ARRIVING = ".kmig-new"
"""Suffix of a file that is being written; a killed kmig can leave one."""
_DRILL = ".kmig-drill-"


def left_over(parts: tuple[str, ...]) -> str:
    """Say what a path with these parts is, if it is a file of kmig's own; empty for any other file."""
    name = parts[-1]
    if name.endswith(ARRIVING):
        return "left by an interrupted kmig"
    if name.endswith(BEFORE):
        return "kept by kmig from before a switch"
    if SECRETS in parts[:-1] or name.startswith(_DRILL):
        return "kept by kmig for a rotation"
    return ""
