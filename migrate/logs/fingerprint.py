"""Fingerprints of records. Two records are equal when key, value, headers in their order, and timestamp are.

They are keyed, because short payloads can be guessed from a plain hash. Null and empty values differ: a tombstone is
no empty value.
"""

import hashlib
import struct
from collections.abc import Iterable

SIZE = 16
Header = tuple[str, bytes | None]

_HEAD = struct.Struct(">qii").pack
_LENGTH = struct.Struct(">i").pack


class Fingerprints:
    """Fingerprints under one secret key: 16 bytes that are equal only for equal content."""

    def __init__(self, secret: bytes) -> None:
        self._keyed = hashlib.blake2b(digest_size=SIZE, key=secret)

    def of(
        self,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[Header] | None,
        timestamp: int,
    ) -> bytes:
        """Return the fingerprint of a record; every length is in it, so that no two contents are read alike."""
        packed = _HEAD(
            timestamp, -1 if key is None else len(key), -1 if value is None else len(value)
        )
        if key:
            packed += key
        if value:
            packed += value
        if headers:
            packed += b"".join(_packed(headers))
        digest = self._keyed.copy()
        digest.update(packed)
        return digest.digest()

    def of_key(self, key: bytes | None) -> bytes:
        """Return the fingerprint of a record's key alone."""
        digest = self._keyed.copy()
        digest.update(b"key" if key is None else b"key " + key)
        return digest.digest()


def _packed(headers: Iterable[Header]) -> Iterable[bytes]:
    for name, content in headers:
        encoded = name.encode()
        yield _LENGTH(len(encoded))
        yield encoded
        yield _LENGTH(-1 if content is None else len(content))
        yield content or b""
