"""References to secrets in the notation of Kafka's ConfigProviders; a reference names a secret and never contains it.

Pattern: org.apache.kafka.common.config.ConfigTransformer. A reference needs a colon, so the `${topic}` of a JDBC sink
or a transformation is plain text.
"""

import re

from pydantic import Field

from migrate.model.base import Model

PATTERN = re.compile(r"\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}")


class Reference(Model):
    """The place of a secret: a provider (`env`, `file`, `dir`), a path for the last two, and a key."""

    provider: str
    path: str = Field(default="")
    key: str

    def __str__(self) -> str:
        path = f"{self.path}:" if self.path else ""
        return f"${{{self.provider}:{path}{self.key}}}"


def parse(text: str) -> Reference | None:
    """Return the reference that `text` is as a whole, or None."""
    match = PATTERN.fullmatch(text)
    if match is None:
        return None
    provider, path, key = match.groups()
    return Reference(provider=provider, path=path or "", key=key)


def references(text: str) -> tuple[str, ...]:
    """Return every reference inside a value, as written."""
    return tuple(match.group() for match in PATTERN.finditer(text))
