"""A user's name that a Java HashMap meets last, because of a defect in how Kafka loads SCRAM users.

Seen in 3.9.1 and 4.3.1 (ScramDelta.apply): a broker that restarts before its next metadata snapshot forgets every
SCRAM user of a mechanism when it meets a deleted one before any that is there. Users that kmig makes for a moment,
and deletes, must not be that one. The order is that of java.util.HashMap over String.hashCode.
"""

from functools import cache
from itertools import product

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_SIZE = 1 << 16
"""The last place in a table of so many users, and of fewer."""


@cache
def met_last(name: str) -> str:
    """The name with four characters more."""
    begin = _hash(name + "-")
    for more in product(_LETTERS, repeat=4):
        if _place(_hash("".join(more), begin)) == _SIZE - 1:
            return f"{name}-{''.join(more)}"
    return name  # one name in some 70 million has no such ending


def _hash(text: str, begin: int = 0) -> int:
    """String.hashCode, going on from the hash of what stands before."""
    for character in text:
        begin = (31 * begin + ord(character)) & 0xFFFFFFFF
    return begin


def _place(found: int) -> int:
    return (found ^ (found >> 16)) & (_SIZE - 1)
