"""What is refused behind the first stop was asked before it, or nobody could know it."""

from pathlib import Path

from migrate.preflight import clients, groups, rights, topics
from tests.execute.moving import world
from tests.preflight import later
from tests.preflight.test_groups import AHEAD


def asked_before(folder: Path) -> set[str]:
    """The names of everything that preflight asks."""
    here = world(folder, [])
    rooms = (groups, topics, rights, clients)
    named = {one.name for room in rooms for one in room.ask(here.sites(), AHEAD)}
    return named | {"await_pace", "prove_copies"}


def test_every_refusal_behind_the_first_stop_is_asked_before_or_nobody_can_know_it() -> None:
    said = later.found()
    assert not later.ASKED.keys() & later.LATER.keys()
    known = later.ASKED.keys() | later.LATER.keys()
    assert sorted(said - known) == [], "ask it in preflight, or say in later.py why nobody can know"
    assert sorted(known - said) == [], "no step can say this any more"


def test_what_is_said_to_be_asked_is_asked(tmp_path: Path) -> None:
    assert set(later.ASKED.values()) <= asked_before(tmp_path)


def test_the_page_says_what_the_code_says() -> None:
    assert later.PAGE.read_text(encoding="utf-8") == later.page()
