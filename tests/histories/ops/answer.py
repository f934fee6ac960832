"""What operations are answered with."""

from typing import TypeAlias

Answer: TypeAlias = "str | int | bool | tuple[Answer, ...]"
Configs: TypeAlias = "tuple[tuple[str, str | None], ...]"

OK = "ok"
