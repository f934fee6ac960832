"""Digests of runs of records that can be put together: of two runs, one behind the other.

The digest of a run is the polynomial of its fingerprints at 2^128, modulo a prime. Fingerprints are keyed, so that a
digest tells nothing to whoever lacks the key.
"""

from collections.abc import Iterable
from typing import NamedTuple

from migrate.logs.fingerprint import SIZE

PRIME = 2**160 - 47
"""The largest prime of 160 bits. 2^128 has no small order modulo it: exchanged records change the digest."""


class Sum(NamedTuple):
    """How many records a run has, and the digest of their contents in order."""

    records: int = 0
    digest: int = 0

    def then(self, other: "Sum") -> "Sum":
        """Return the sum of this run with `other` behind it."""
        shift = pow(2, 8 * SIZE * other.records, PRIME)
        return Sum(self.records + other.records, (self.digest * shift + other.digest) % PRIME)


NOTHING = Sum()


def sum_of(marks: Iterable[bytes]) -> Sum:
    """Return the sum of these fingerprints, each of `fingerprint.SIZE` bytes."""
    joined = b"".join(marks)
    return Sum(len(joined) // SIZE, int.from_bytes(joined) % PRIME)
