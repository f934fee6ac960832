"""User names that a Java HashMap iterates last, to avoid a defect in how Kafka loads SCRAM users.

Seen in 3.9.1 and 4.3.1 (ScramDelta.apply): a broker that restarts before its next metadata snapshot forgets every
SCRAM user of a mechanism if its iteration meets a deleted user before an existing one. Users that kmig creates for a
moment and deletes must therefore come last. The order is that of java.util.HashMap over String.hashCode.
"""

from functools import cache
from itertools import product

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_SIZE = 1 << 16
"""The table size whose last bucket is meant; it is the last one in every smaller table too."""


@cache
def met_last(name: str) -> str:
    """Return the name with an ending of four characters that puts it last."""
    begin = _hash(name + "-")
    for ending in product(_LETTERS, repeat=4):
        if _bucket(_hash("".join(ending), begin)) == _SIZE - 1:
            return f"{name}-{''.join(ending)}"
    return name  # one name in some 70 million has no such ending


def _hash(text: str, begin: int = 0) -> int:
    """Return Java's String.hashCode; `begin` is the hash of the text before."""
    for character in text:
        begin = (31 * begin + ord(character)) & 0xFFFFFFFF
    return begin


def _bucket(code: int) -> int:
    return (code ^ (code >> 16)) & (_SIZE - 1)
