"""Translation while records expire under the reader's hands: both logs are looked at again, and not for ever."""

import pytest

from migrate.errors import Expired
from migrate.logs import translating
from migrate.logs.translate import Translation
from migrate.logs.translating import Asked


def refusing(times: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The log's start passes what is to be read so many times."""
    asked: list[int] = []

    def translated(_sites: object, _asked: list[Asked]) -> list[tuple[Translation, ...]]:
        asked.append(1)
        if len(asked) <= times:
            raise Expired("cannot read records")
        return [()]

    monkeypatch.setattr(translating, "_translated", translated)
    return asked


def test_both_logs_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = refusing(2, monkeypatch)
    assert translating.translated(None, Asked((), {})) == ()  # type: ignore[arg-type]
    assert len(asked) == 3


def test_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(99, monkeypatch)
    with pytest.raises(Expired):
        translating.translated(None, Asked((), {}))  # type: ignore[arg-type]
