"""docs/troubleshooting.md has an entry for each error message that the package can construct, and for no other."""

import ast
import re

import pytest

from migrate.documents.authored import PHRASES
from tests import messages
from tests.messages import HEADING, PAGE, documented, says_something

TEXT = PAGE.read_text(encoding="utf-8")
ENTRY = re.compile(r"Exit ([\d, or]+)\. \*\*Cause\*\*:\s(.+?)\s\*\*Remedy\*\*:\s(.+)", re.DOTALL)


def test_every_message_has_words_to_be_found_by() -> None:
    assert [m for m in messages.messages() if not says_something(m.pattern)] == []


def test_every_message_has_an_entry_and_every_entry_a_message() -> None:
    known = {m.pattern for m in messages.messages()}
    entries = set(documented(TEXT))
    assert sorted(known - entries) == []
    assert sorted(entries - known) == []


def test_an_entry_stands_once_and_has_an_exit_code_a_cause_and_a_remedy() -> None:
    headings = documented(TEXT)
    assert len(headings) == len(set(headings))
    bodies = [part.partition("\n## ")[0].strip() for part in HEADING.split(TEXT)[2::2]]
    codes: dict[str, set[int]] = {}
    for message in messages.messages():
        codes.setdefault(message.pattern, set()).add(message.exit)
    for heading, body in zip(headings, bodies, strict=True):
        entry = ENTRY.fullmatch(body)
        assert entry, f"{heading}\n{body}"
        written = {int(code) for code in re.findall(r"\d+", entry[1])}
        assert written == codes[heading], heading


def test_no_entry_catches_everything() -> None:
    """Each names fixed words, and no other entry's words are the same."""
    fixed = [" ".join(re.findall(r"[A-Za-z`]+", heading)) for heading in documented(TEXT)]
    assert [words for words in fixed if len(words) < 8] == []
    assert sorted(words for words in set(fixed) if fixed.count(words) > 1) == []


CASES = {
    "a text": ('Refused("no wave here")', ["no wave here"]),
    "with holes": ('Refused(f"no wave {n} in {path}: {why}")', ["no wave … in …: …"]),
    "a list of lines": ('Refused([f"{n} things block it", *more])', ["… things block it"]),
    "either": ('Refused("this one" if a else "that one")', ["this one", "that one"]),
    "a name": ('text = f"of {x} name"\n    Refused(text)', ["of … name"]),
    "a sum": ('Refused("begin " + "end")', ["begin end"]),
    "another error's": ("Refused(error.message)", []),
    "what cannot be seen": ("Refused(unknown(x))", ["…"]),
}


@pytest.mark.parametrize("case", CASES)
def test_messages_are_read_from_the_source(case: str) -> None:
    source, patterns = CASES[case]
    tree = ast.parse(f"def f():\n    {source}\n")
    found = [
        messages.tidy(pattern)
        for call, scope in messages._calls(tree, [], {"Refused": 4})
        for pattern in messages._patterns(call.args[0], scope, {})
    ]
    assert found == patterns


def test_a_message_without_an_entry_is_seen() -> None:
    """The page as it was before an entry was written lacks exactly that one."""
    some = messages.messages()[0].pattern
    shorter = TEXT.replace(f"### `` {some} ``", "")
    assert {m.pattern for m in messages.messages()} - set(documented(shorter)) == {some}


def test_phrases_of_authored_files_are_messages() -> None:
    found = {m.pattern for m in messages.messages()}
    for phrase in PHRASES.values():
        assert messages.tidy(f"… `…` {phrase}") in found


def test_classes_that_other_modules_derive_count_too() -> None:
    codes = messages.tree_of_errors()
    assert codes["Blocked"] == 1
    assert any(message.exit == 4 for message in messages.messages())
