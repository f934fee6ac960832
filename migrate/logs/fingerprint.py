"""Fingerprints of records. Two records are equal when key, value, headers in their order, and timestamp are.

They are keyed, because short payloads can be guessed from a plain hash. Null and empty values differ: a tombstone is
no empty value.
"""

import hashlib
import struct
from collections.abc import Iterable

SIZE = 16
Header = tuple[str, bytes | None]


def fingerprint(
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[Header],
    timestamp: int,
    *,
    secret: bytes,
) -> bytes:
    """Return 16 bytes that are equal only for equal content; each run has a new `secret`."""
    digest = hashlib.blake2b(digest_size=SIZE, key=secret)
    digest.update(struct.pack(">q", timestamp))
    for part in (key, value):
        _add(digest, part)
    for name, content in headers:
        _add(digest, name.encode())
        _add(digest, content)
    return digest.digest()


def _add(digest: "hashlib.blake2b", part: bytes | None) -> None:
    digest.update(struct.pack(">i", -1 if part is None else len(part)))
    digest.update(part or b"")
