"""Maps on disk: only whole lines count, one process makes a map, and the key is made once."""

from pathlib import Path

import pytest

from migrate.adapters.local_disk import LOCAL_DISK
from migrate.adapters.map_files import MapFiles
from migrate.errors import KmigError, Refused

PLACE = ("paid", 3)


def files(folder: Path) -> MapFiles:
    return MapFiles(folder, LOCAL_DISK)


def test_lines_are_kept_by_partition(tmp_path: Path) -> None:
    maps = files(tmp_path)
    assert maps.lines(PLACE) == []
    maps.append(PLACE, ["one", "two"])
    maps.append(PLACE, ["three"])
    assert files(tmp_path).lines(PLACE) == ["one", "two", "three"]
    assert files(tmp_path).lines(("paid", 30)) == []


def test_a_torn_line_is_no_line_and_the_next_one_takes_its_place(tmp_path: Path) -> None:
    files(tmp_path).append(PLACE, ["one", "two"])
    path = tmp_path / "maps" / "paid-3.jsonl"
    path.write_bytes(path.read_bytes()[:-2])
    maps = files(tmp_path)
    assert maps.lines(PLACE) == ["one"]
    maps.append(PLACE, ["other"])
    assert files(tmp_path).lines(PLACE) == ["one", "other"]


def test_only_their_owner_reads_them(tmp_path: Path) -> None:
    maps = files(tmp_path)
    maps.key()
    with maps.lock("paid"):
        maps.append(PLACE, ["one"])
    for path in (tmp_path / "maps").iterdir():
        if path.suffix != ".lock":
            assert path.stat().st_mode & 0o777 == 0o600, path


def test_the_key_becomes_durable_with_the_first_map(tmp_path: Path) -> None:
    maps = files(tmp_path)
    key = maps.key()
    assert not (tmp_path / "maps").exists()
    assert files(tmp_path).key() != key
    with maps.lock("paid"):
        pass
    assert files(tmp_path).key() == key


def test_two_processes_that_begin_at_once_have_one_key(tmp_path: Path) -> None:
    first, second = files(tmp_path), files(tmp_path)
    first.key()
    second.key()
    with first.lock("paid"):
        pass
    with pytest.raises(Refused, match="with a key of its own"), second.lock("seen"):
        pass
    assert second.key() == first.key()
    with second.lock("seen"):
        pass


def test_one_process_makes_a_map(tmp_path: Path) -> None:
    one, other = files(tmp_path), files(tmp_path)
    one.key()
    with one.lock("paid"):
        other.key()
        with other.lock("seen"):
            pass
        with pytest.raises(Refused, match="map of topic paid is being made by another"):  # noqa: SIM117
            with other.lock("paid"):
                pass


def test_a_key_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "key.properties").write_text("key=no hex\n")
    with pytest.raises(KmigError, match=r"cannot read file .*key\.properties"):
        files(tmp_path).key()
