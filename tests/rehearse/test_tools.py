from pathlib import Path

import pytest

from migrate.errors import CannotTell, Exit
from migrate.rehearse.lab.local import tools


def fake(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_missing_java_and_maven_is_one_message_that_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(CannotTell) as error:
        tools.find({"PATH": str(tmp_path)})
    assert "Java 17 or newer (none found) and Maven" in error.value.message
    assert "openjdk-17-jre-headless maven" in error.value.hint
    assert error.value.exit is Exit.UNKNOWN


@pytest.mark.parametrize(
    ("version", "found"), [("1.8.0_412", "found 8"), ("11.0.2", "found 11"), ("17.0.15", "")]
)
def test_java_must_be_new_enough(tmp_path: Path, version: str, found: str) -> None:
    fake(tmp_path / "java", f"echo 'openjdk version \"{version}\"' >&2")
    fake(tmp_path / "mvn", "true")
    if not found:
        assert tools.find({"PATH": str(tmp_path)}).java == str(tmp_path / "java")
        return
    with pytest.raises(CannotTell, match=found):
        tools.find({"PATH": str(tmp_path)})
