import pytest

from migrate.model.reference import is_secret, parse, references, secrecy


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("hunter2", "literal"),
        ("${file:/run/s.properties:pw}", "reference"),
        ("${env:PW}", "reference"),
        ("jdbc:x?user=a&password=${env:PW}", "mixed"),
        ("${env:A}${env:B}", "mixed"),
        ('X required username="a" password="${file:/s:pw}";', "reference"),
        ('X required username="a" password="hunter2";', "literal"),
        ('X required username="${env:U}" password="hunter2";', "mixed"),
        ("${topic}", "literal"),
    ],
)
def test_secrecy(value: str, expected: str) -> None:
    assert secrecy(value) == expected


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("connection.password", "x", True),
        ("topics", "a,b", False),
        ("connection.url", "mongodb://user:pw@host/db", True),
        ("connection.url", "jdbc:postgresql://host/db?password=x", True),
        ("sasl.jaas.config", "…", True),
        ("upload.token", "x", True),
        ("file", "/tmp/x", False),
        ("anything", "${env:X}", True),
        ("key", "-----BEGIN PRIVATE KEY-----", True),
    ],
)
def test_is_secret(key: str, value: str, expected: bool) -> None:
    assert is_secret(key, value) is expected


def test_a_reference_prints_as_it_was_written() -> None:
    for text in ("${env:NAME}", "${file:/path.properties:key}", "${dir:/path:name}"):
        assert str(parse(text)) == text
    assert references("a ${env:X} b ${dir:/p:y}") == ("${env:X}", "${dir:/p:y}")
    assert parse("x${env:X}") is None
