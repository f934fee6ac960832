"""The judge of rehearsals: one row per kind of fault."""

import base64
import json
from urllib.parse import quote

import pytest

from migrate.logs.logmap import Heading, LogMap
from migrate.logs.stretches import Stretch, Word
from migrate.model.check import Verdict
from migrate.rehearse.judge import proven, rights, secret_search

WHO, TOPIC = "User:a", "topic t"


@pytest.mark.parametrize(
    ("source", "target", "verdict"),
    [
        pytest.param({"READ", "DESCRIBE"}, {"READ", "DESCRIBE"}, "pass", id="equal"),
        pytest.param(
            {"READ", "WRITE", "DESCRIBE"}, {"READ", "DESCRIBE"}, "pass", id="WRITE withheld"
        ),
        pytest.param({"WRITE", "DESCRIBE"}, set(), "pass", id="DESCRIBE came from WRITE alone"),
        pytest.param({"READ", "WRITE", "DESCRIBE"}, {"READ"}, "fail", id="DESCRIBE lost"),
        pytest.param({"READ"}, {"READ", "DELETE"}, "fail", id="grown"),
        pytest.param({"READ", "WRITE"}, {"READ", "WRITE"}, "fail", id="WRITE before the cutover"),
        pytest.param(set(), set(), "fail", id="nothing was found on source"),
    ],
)
def test_rights(source: set[str], target: set[str], verdict: str) -> None:
    key = (WHO, TOPIC)
    found = rights({key: frozenset(source)}, {key: frozenset(target)})
    assert found.verdict.value == verdict


def test_only_write_on_topics_is_excused() -> None:
    key = (WHO, "cluster")
    assert rights({key: frozenset({"WRITE"})}, {key: frozenset()}).verdict is Verdict.FAIL


SECRET = 'p/"+%&ü-and-much-more'


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(SECRET.encode(), id="raw"),
        pytest.param(quote(SECRET, safe="").encode(), id="URL"),
        pytest.param(json.dumps(SECRET).encode(), id="JSON"),
        pytest.param(json.dumps(SECRET, ensure_ascii=False).encode(), id="JSON, not ASCII"),
        pytest.param(SECRET.encode("latin-1"), id="another encoding"),
        pytest.param(b'p/\\"+%&\\u00fc-and-much-more', id="as a properties file has it"),
        *(
            pytest.param(
                base64.b64encode(b"u" * n + SECRET.encode() + b"tail"), id=f"base64 at {n}"
            )
            for n in range(4)
        ),
    ],
)
def test_a_secret_is_found_in_every_form(shape: bytes) -> None:
    found = secret_search({"app": SECRET}, [("a.log", b"x " + shape + b" y")])
    assert found.verdict is Verdict.FAIL
    assert found.evidence == ("the secret of app is in a.log",)
    assert SECRET not in found.model_dump_json()


def test_a_search_of_nothing_is_no_pass() -> None:
    assert secret_search({"app": SECRET}, []).verdict is Verdict.FAIL
    assert secret_search({"app": SECRET}, [("a", b"clean")]).verdict is Verdict.PASS


def test_copies_are_judged_by_the_maps() -> None:
    known = LogMap(Heading("paid", 0, ("s", "t"), ("1", "2"), "key"))
    known.add([Stretch(Word.EQUAL, (0, 100), (0, 101), (100, 100))])
    check = proven({"paid-0": known})
    assert check.verdict is Verdict.PASS
    assert check.evidence == ("100 records of 1 partitions read on both sides, and equal",)
    known.add([Stretch(Word.MISSING, (100, 103), (101, 101), (3, 0))])
    assert proven({"paid-0": known}).evidence == ("paid-0: 3 missing",)
    assert proven({}).verdict is Verdict.FAIL
