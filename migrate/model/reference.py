"""Secrets are named, never held: Kafka's ConfigProvider notation, and what a configuration value is.

Pattern: org.apache.kafka.common.config.ConfigTransformer. A reference needs a colon, so the `${topic}` of a JDBC sink
or a transformation is plain text.
"""

import re
from typing import Literal

from pydantic import Field

from migrate.model.base import Model

PATTERN = re.compile(r"\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}")
Secrecy = Literal["reference", "literal", "mixed", "empty"]

_SECRET_KEY = re.compile(
    r"(password|passwd|pwd|secret|token|credential|jaas|private[._]?key|account[._]?key|api[._]?key|"
    r"access[._]?key|auth[._]?header|user[._]?info|license|passphrase)",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"(://[^/\s:@]+:[^/\s@]+@|[?&;](password|pwd|sig|token)=|password\s*=\s*\\?\"|-----BEGIN )",
    re.IGNORECASE,
)


class Reference(Model):
    """Where a secret is: a provider (`env`, `file`, `dir`), a path for the last two, and a key."""

    provider: str
    path: str = Field(default="")
    key: str

    def __str__(self) -> str:
        path = f"{self.path}:" if self.path else ""
        return f"${{{self.provider}:{path}{self.key}}}"


def parse(text: str) -> Reference | None:
    """The reference that `text` is as a whole, or None."""
    match = PATTERN.fullmatch(text)
    if match is None:
        return None
    provider, path, key = match.groups()
    return Reference(provider=provider, path=path or "", key=key)


def references(text: str) -> tuple[str, ...]:
    """Every reference inside a value, as written."""
    return tuple(match.group() for match in PATTERN.finditer(text))


def is_secret(key: str, value: str, *, password_type: bool = False) -> bool:
    """Whether a configuration value is, or carries, a secret: its declared type, its name, or its shape."""
    if password_type or references(value):
        return True
    return bool(_SECRET_KEY.search(key) or _SECRET_VALUE.search(value))


def secrecy(value: str) -> Secrecy:
    """What a secret value is: all references, plain text, both, or nothing.

    A JAAS line is judged by its option values: the text around a reference there is not the secret.
    """
    if not value.strip():
        return "empty"
    found = references(value)
    if not found:
        return "literal"
    options = re.findall(r'(?:password|secret|token)\s*=\s*\\?"([^"]*)\\?"', value, re.IGNORECASE)
    if options:
        rest = [option for option in options if parse(option.rstrip("\\")) is None]
        return "mixed" if rest else "reference"
    return "reference" if parse(value) is not None else "mixed"
