"""A wave is not closed while its rotation has stopped halfway: the old secret may still log in."""

from pathlib import Path

import pytest

from migrate.errors import KmigError, Refused
from migrate.ports import Sites
from migrate.steps import AwaitMembers
from tests.execute.moving import closed, cut_over, rotated


def test_a_rotation_that_failed_keeps_its_wave_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)
    cut_over(tmp_path, [])

    def fails(self: AwaitMembers, sites: Sites) -> AwaitMembers:
        raise KmigError("the health hook failed")

    with monkeypatch.context() as broken:
        broken.setattr(AwaitMembers, "apply", fails)
        with pytest.raises(KmigError, match="the health hook failed"):
            rotated(tmp_path, [])
    with pytest.raises(Refused, match="the rotation of wave 1 was begun and has not ended"):
        closed(tmp_path, [])
    rotated(tmp_path, [])
    closed(tmp_path, [])


def test_a_wave_that_nobody_rotated_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)
    cut_over(tmp_path, [])
    closed(tmp_path, [])
