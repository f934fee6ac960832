"""Each known defect still breaks its history, strictly: whoever mends one takes it off the list."""

import json
from pathlib import Path

import pytest

from migrate.rehearse.worlds.history import FORMAT, History
from migrate.rehearse.worlds.judges.verdict import Broken
from tests.worlds import kept
from tests.worlds.known import KNOWN, Known, expected
from tests.worlds.seeds import watched

EXAMPLE = Known("lost-aborts", "", "a record is lost", r"of orders\b", "silent loss", "It loses.")
LOST = Broken("a record is lost", "readers orders", "group readers never gets 3 records of orders")


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(one, id=one.name, marks=pytest.mark.xfail(strict=True, raises=AssertionError))
        for one in KNOWN
    ],
)
def test_a_known_defect_breaks_its_history(known: Known) -> None:
    broken = watched(kept.read(kept.file_of(known.name)).history)
    assert not [b for b in broken if known.matches(b)]


@pytest.mark.parametrize("file", sorted(kept.MENDED.glob("*.json")), ids=lambda one: one.stem)
def test_a_mended_defect_does_not_break_its_history(file: Path) -> None:
    one = kept.read(file)
    assert not [b for b in watched(one.history) if b.kind == one.kind]


def test_each_known_defect_has_its_history_and_each_history_a_defect() -> None:
    assert sorted(one.name for one in KNOWN) == sorted(f.stem for f in kept.FOLDER.glob("*.json"))


def test_a_defect_has_one_entry() -> None:
    assert len({one.name for one in KNOWN}) == len(KNOWN)


@pytest.mark.parametrize("known", KNOWN, ids=lambda one: one.name)
def test_a_kept_history_is_what_its_defect_is_matched_by(known: Known) -> None:
    one = kept.read(kept.file_of(known.name))
    assert known.matches(Broken(one.kind, "", one.told))


@pytest.mark.parametrize(
    ("broken", "is_expected"),
    [
        ((LOST,), True),
        ((LOST, LOST._replace(subject="other orders")), True),
        ((LOST, LOST._replace(told="group readers never gets 3 records of payments")), False),
        ((LOST._replace(kind="a privilege grows"),), False),
    ],
)
def test_a_seed_is_expected_where_each_of_its_faults_is_known(
    broken: tuple[Broken, ...], is_expected: bool
) -> None:
    assert expected(broken, (EXAMPLE,)) is is_expected


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    one = kept.Kept(seed=7, generation=3, kind="a kind", told="what broke", history=History())
    kept.write(tmp_path / "one.json", one)
    assert kept.read(tmp_path / "one.json") == one


@pytest.mark.parametrize("found", [FORMAT + 1, FORMAT - 1, None])
def test_a_history_of_another_format_is_refused(tmp_path: Path, found: int | None) -> None:
    file = tmp_path / "old.json"
    kept.write(file, kept.Kept(seed=1, generation=1, kind="", told="", history=History()))
    document = json.loads(file.read_text())
    document["history"]["format"] = found
    file.write_text(json.dumps(document))
    with pytest.raises(
        ValueError, match=rf"old\.json: history format {found} is not .* \({FORMAT}\)"
    ):
        kept.read(file)
