"""Whether a config value is or contains a secret, and which part of it: by declared type, by key, by form.

The parts of a value that are secrets are found first: a JAAS option, a password in a URI, a token in a query, a
bearer in a header, a key block, a field of a JSON document. The class is about these parts: text around a reference
is no secret, and a reference beside a literal makes the whole `mixed`.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from migrate.model.reference import parse, references

Secrecy = Literal["reference", "literal", "mixed", "empty", "unknown"]

_KEY = re.compile(
    r"(password|passwd|passphrase|pwd|secret|token(?!iz)|credential|jaas|private[._-]?key|account[._-]?key|"
    r"api[._-]?key|access[._-]?key|shared[._-]?key|encryption[._-]?key|auth[._-]?header|authorization|"
    r"user[._-]?info|license|sas[._-]?key|connection[._-]?string|hec\.|(?:^|[._-])(?:pass|kek)(?:$|[._-]))",
    re.IGNORECASE,
)
_NOT_THE_SECRET = re.compile(
    # keys that name a secret but hold something else: its place, its type, its lifetime
    r"(\.location|\.path|\.file|\.type|\.class|\.provider|\.url|\.uri|\.endpoint|\.name|\.id|\.enabled?|\.ms|"
    r"\.seconds|\.algorithm|\.format|access\.key\.id|token\.endpoint\.url)$",
    re.IGNORECASE,
)
_WORD = r"(?:password|passwd|passphrase|pwd|secret|client_?secret|token|sig|api_?key|access_?token|account_?key)"
_SHAPES = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"(-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))", re.S),
        (r'\b(?:[A-Za-z]*password|clientSecret|secret|token)\s*=\s*\\?"([^"]*?)\\?"', re.I),
        # up to the last @: an unescaped password may hold a slash, but is not a port with a path
        (r"://[^/\s:@]*:(?!\d{1,5}(?:[/?#]|$))([^\s@,]+(?:,[^\s@/:]+)*)@", 0),
        (r"thin:[^/\s:@]+/([^\s@]+)@", re.I),
        (
            r"(?:^|[\s,(;{])[a-z_.]*(?:password|passwd|pwd|client_?secret)\s*=\s*((?:\$\{[^}]*\}|[^\s\"',;)&{}])+)",
            re.I,
        ),
        (rf"[?&;]{_WORD}=([^&;\s]+)", re.I),
        (rf'"{_WORD}"\s*:\s*"([^"]+)"', re.I),
        (r'"private_?key"\s*:\s*"([^"]+)"', re.I),
        (r"\b(?:Bearer|Basic|Splunk)\s+([A-Za-z0-9+/._=${}:-]{8,})", 0),
        (r"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b", 0),
        (r"\b(gh[pousr]_[A-Za-z0-9]{20,})", 0),
        (r"\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", 0),
    )
)
_OPAQUE = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_BITS = 3.5
"""Entropy per character from which a long word without spaces counts as generated."""


def names_a_secret(key: str) -> bool:
    """Whether a key's name says that its value is a secret."""
    return bool(_KEY.search(key)) and not _NOT_THE_SECRET.search(key)


def shaped(value: str) -> tuple[str, ...]:
    """Return the parts of a value that have the form of a secret, whatever the key."""
    return tuple(dict.fromkeys(_shaped(value)))


def _shaped(value: str) -> Iterator[str]:
    for shape in _SHAPES:
        for match in shape.finditer(value):
            if match.group(1).strip():
                yield match.group(1)


_HEADER = re.compile(
    r"\b(?:authorization\s*:\s*(?:[\w-]+\s+)?|[\w-]*(?:api-?key|token|secret|auth)[\w-]*\s*:\s*)([^\s|,;\"']{6,})",
    re.IGNORECASE,
)


def parts(key: str, value: str, *, password_type: bool = False) -> tuple[str, ...]:
    """Return the parts of a value that are secrets: those of a known form, or all of it where the key says so."""
    secret = shaped(value)
    if "header" in key.lower():
        headers = (match.group(1) for match in _HEADER.finditer(value))
        secret = tuple(dict.fromkeys([*secret, *headers]))
    if not secret and value.strip() and (password_type or names_a_secret(key)):
        secret = (value,)
    # a reference outside these parts counts too: a person replaced a value by it for a reason
    outside = [ref for ref in references(value) if not any(ref in part for part in secret)]
    return (*secret, *outside)


def literals(key: str, value: str, *, password_type: bool = False) -> tuple[str, ...]:
    """Return the secret parts of a value that are written in clear."""
    return tuple(p for p in parts(key, value, password_type=password_type) if not _referenced(p))


def classify(
    key: str, value: str, *, password_type: bool = False, typed: bool = True
) -> Secrecy | None:
    """Return the class of a config value; None for a value that is no secret.

    `typed` says that the plugin's own definition was read; without it, an opaque value is `unknown`.
    """
    secret = parts(key, value, password_type=password_type)
    if not secret:
        if not value.strip() and (password_type or names_a_secret(key)):
            return "empty"
        return "unknown" if not typed and _opaque(value) else None
    plain = [part for part in secret if not _referenced(part)]
    if not plain:
        return "reference"
    return "mixed" if len(plain) < len(secret) or any(map(references, plain)) else "literal"


def _referenced(part: str) -> bool:
    """Whether a part consists of references and nothing else."""
    rest = part
    for reference in references(part):
        rest = rest.replace(reference, "")
    return not rest.strip() and parse(part) is not None


def _opaque(value: str) -> bool:
    if not _OPAQUE.fullmatch(value) or value.isalpha():
        return False
    counts = Counter(value).values()
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
    return bits >= _BITS
