"""What makes two records the same record: key, value, headers in their order, and time.

Keyed, because short payloads can be guessed from a plain hash. Null and empty differ: a tombstone is no empty value.
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
    """16 bytes that are equal only for equal content; `secret` is made anew for each run."""
    found = hashlib.blake2b(digest_size=SIZE, key=secret)
    found.update(struct.pack(">q", timestamp))
    for part in (key, value):
        _add(found, part)
    for name, content in headers:
        _add(found, name.encode())
        _add(found, content)
    return found.digest()


def _add(found: "hashlib.blake2b", part: bytes | None) -> None:
    found.update(struct.pack(">i", -1 if part is None else len(part)))
    found.update(part or b"")
