"""Long lines of Markdown are broken at spaces, and mean what they meant."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.render.plain import markdown, plain
from migrate.render.wrap import _MARK, WIDTH, wrapped

LONG = "word " * 40
MARKS = ("", "- ", "12. ", "   - ", "> ")
SAFE = re.compile(r"(?!\d+[.)]$)[^\W_]|[(\"'$&`\\]|\*\*")
NAMES = st.text(min_size=1, max_size=40).map(lambda name: markdown(plain(name)))


@pytest.mark.parametrize("mark", MARKS)
def test_a_long_line_is_broken_under_its_own_text(mark: str) -> None:
    first, *rest = wrapped([mark + LONG.strip()])
    assert first.startswith(f"{mark}word word")
    assert rest
    assert all(len(line) <= WIDTH for line in (first, *rest))
    assert all(
        line.startswith("> word" if mark == "> " else " " * len(mark) + "word") for line in rest
    )


@pytest.mark.parametrize(
    "line", ["", "short", f"| {LONG} |", f"# {LONG}", f"    {LONG}", "x" * 300]
)
def test_what_cannot_be_broken_stays(line: str) -> None:
    assert list(wrapped([line])) == [line]


def test_a_command_is_not_broken() -> None:
    command = "`kmig rollback 1 --yes`"
    lines = list(wrapped([f"{'x' * 100} then {command} goes back"]))
    assert any(command in line for line in lines)


def test_no_line_begins_like_a_list_or_a_heading() -> None:
    for word in ("-", "+", "*", "1.", "#", ">", "|", "---", "="):
        line = f"{'x' * 110} {word} {LONG}"
        assert not [part for part in wrapped([line]) if part.startswith(word)]


@given(st.sampled_from(MARKS), st.lists(NAMES, min_size=1, max_size=12))
def test_whatever_is_named_the_words_stay_in_their_order(mark: str, names: list[str]) -> None:
    line = mark + " and ".join(names)
    begins = _MARK.match(line)  # a name may look like one, as `1. ` does
    whole = begins.group() if begins else ""
    rest = whole[: whole.index(">") + 2].ljust(len(whole)) if ">" in whole else " " * len(whole)
    first, *others = wrapped([line])
    assert " ".join([first, *(part.removeprefix(rest) for part in others)]).split() == line.split()
    assert all(SAFE.match(part.removeprefix(rest).split(" ")[0]) for part in others)
