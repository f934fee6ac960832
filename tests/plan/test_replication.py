"""`replication` in kmig.yaml: each engine has keys of its own, and what is missing or means nothing is named."""

from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.folder import CONFIG, Folder

BASE = """version: 1
name: m
source: {bootstrap_servers: "s:9092"}
target: {bootstrap_servers: "t:9092"}
replication: %s
"""


@pytest.mark.parametrize(
    ("written", "by"),
    [
        ('{connect: "http://c:8083", principal: "User:c"}', "kmig"),
        ('{engine: mirrormaker2, connect: "http://c:8083", principal: "User:c"}', "kmig"),
        ("{engine: external, stop: [a], start: [b]}", "external"),
        ('{engine: external, principal: "User:c", stop: [a], start: [b], end: [c]}', "external"),
        ("{engine: identical, stop: [a], start: [b], megabytes_per_second: 4}", "identical"),
    ],
)
def test_engines_are_read(tmp_path: Path, written: str, by: str) -> None:
    (tmp_path / CONFIG).write_text(BASE % written)
    config = Folder(tmp_path).config()
    assert config.copied_by == by
    assert [name for name, _ in config.connects] == (
        ["Connect that copies"] if by == "kmig" else []
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            '{principal: "User:c"}',
            "`replication.connect` is missing, and engine mirrormaker2 needs it",
        ),
        (
            '{connect: "http://c:8083"}',
            "`replication.principal` is missing, and engine mirrormaker2 needs it",
        ),
        (
            "{engine: external, stop: [a]}",
            "`replication.start` is missing, and engine external needs it",
        ),
        (
            "{engine: identical, start: [a]}",
            "`replication.stop` is missing, and engine identical needs it",
        ),
        (
            '{engine: external, stop: [a], start: [b], connect: "http://c:8083"}',
            "`replication.connect` means nothing to engine external",
        ),
        (
            '{connect: "http://c:8083", principal: "User:c", stop: [a]}',
            "`replication.stop` means nothing to engine mirrormaker2",
        ),
        ("{engine: brooklin, stop: [a], start: [b]}", "`replication.engine`"),
    ],
)
def test_what_an_engine_lacks_or_does_not_know_is_named(
    tmp_path: Path, written: str, said: str
) -> None:
    (tmp_path / CONFIG).write_text(BASE % written)
    with pytest.raises(UsageError) as refused:
        Folder(tmp_path).config()
    assert "kmig.yaml:5: " in refused.value.message
    assert said in refused.value.message
