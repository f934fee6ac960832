"""What `make compose` writes before any container starts."""

import os
from pathlib import Path

import pytest
import yaml

from migrate.rehearse import compose


@pytest.mark.parametrize(("target", "profile"), [("apache", "apache"), ("automq", "automq-oss")])
def test_kmig_yaml_declares_the_target_that_compose_runs(
    tmp_path: Path, target: str, profile: str
) -> None:
    folder = tmp_path / "trial"
    compose.write(folder, dict(os.environ), print, target)
    config = yaml.safe_load((folder / "kmig.yaml").read_text())
    assert config["target"].get("profile", "apache") == profile
    assert config["source"].get("profile", "apache") == "apache"


def test_no_worker_notes_the_topics_of_its_connectors(tmp_path: Path) -> None:
    """A status for each record of a topic not yet noted: on AutoMQ the status topic falls minutes behind."""
    folder = tmp_path / "trial"
    compose.write(folder, dict(os.environ), print, "automq")
    settings = list((folder / "clusters").rglob("worker.properties"))
    assert len(settings) == 2
    for one in settings:
        assert "topic.tracking.enable=false\n" in one.read_text()
