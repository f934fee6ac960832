"""How Connect is reached, as kmig.yaml says it: an address alone, or addresses with TLS and a login."""

from pathlib import Path

import pytest
import yaml

from migrate.documents.config import ConnectConfig
from migrate.errors import UsageError
from migrate.folder import CONFIG, Folder

BASE = """version: 1
name: m
source: {bootstrap_servers: "s:9092"}
target: {bootstrap_servers: "t:9092"}
connect:
  - name: main
    source: %s
"""
SECRET = "hunter2-is-here"


@pytest.mark.parametrize(
    "short", ['"http://c:8083"', '["http://c:8083"]', '{addresses: ["http://c:8083"]}']
)
def test_an_address_alone_is_written_as_before(short: str) -> None:
    """A plan keeps the digest of kmig.yaml: one made by an earlier version holds."""
    read = ConnectConfig.model_validate({"name": "main", "source": yaml.safe_load(short)})
    assert read.source.addresses == ("http://c:8083",)
    assert read.model_dump(mode="json", exclude_defaults=True) == {
        "name": "main",
        "source": "http://c:8083",
    }


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (f'"http://kmig:{SECRET}@c:8083"', "is not in the form that it needs"),
        (f'{{addresses: ["http://kmig:{SECRET}@c:8083"]}}', "is not in the form that it needs"),
        ("[]", "has too few entries"),
        ('{user: a, password: "${env:A}"}', "is required, but missing"),
        ('{addresses: ["http://c:1"], user: a}', "`user` and `password` belong together"),
        ('{addresses: ["http://c:1"], password: "${env:A}"}', "belong together"),
        (f'{{addresses: ["http://c:1"], user: a, password: {SECRET}}}', "not a reference"),
        (f'{{addresses: ["http://c:1"], token: {SECRET}}}', "not a reference"),
        (
            '{addresses: ["http://c:1"], user: a, password: "${env:A}", token: "${env:B}"}',
            "are two logins: keep one",
        ),
        ('{addresses: ["http://c:1"], tls: {ssl.truststore.location: a}}', "begin with https://"),
        ('{addresses: ["https://c:1"], tls: {truststore: a}}', "is no `ssl.*` property"),
        (
            f'{{addresses: ["https://c:1"], tls: {{ssl.keystore.password: {SECRET}}}}}',
            "holds a secret: write a reference in its place",
        ),
        ('{addresses: ["https://c:1"], trust: a}', "is an unknown key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_no_secret(
    tmp_path: Path, written: str, said: str
) -> None:
    (tmp_path / CONFIG).write_text(BASE % written)
    with pytest.raises(UsageError) as refused:
        Folder(tmp_path).config()
    assert "kmig.yaml:7: " in refused.value.message
    assert said in refused.value.message
    assert SECRET not in refused.value.message
