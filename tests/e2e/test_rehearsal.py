"""A whole rehearsal with live clients the other way round, from the newer version to the older."""

import json
import os
from pathlib import Path

from migrate.rehearse.lab.command import kmig
from migrate.rehearse.lab.local.home import Home


def test_live_clients_move_from_the_newer_version_to_the_older(
    homes: dict[str, Home], tmp_path: Path
) -> None:
    folder = tmp_path / "tiny"
    versions = ["--source-version", "4.3.1", "--target-version", "3.9.1"]
    ran = kmig(["rehearse", "tiny", "--folder", str(folder), *versions], tmp_path, os.environ)
    assert ran.code == 0, ran.out + ran.err
    found = json.loads((folder / "reports" / "judge.json").read_text())
    assert [found[k] for k in ("lost", "skipped", "duplicated", "reordered")] == [0, 0, 0, 0]
    assert "proven" in ran.out
