"""Which names MirrorMaker copies, asked of its own classes: no cluster is needed."""

import subprocess
from itertools import product
from pathlib import Path

import pytest

from migrate.model.mirrormaker import uncopied, uncopied_before_4
from migrate.rehearse.lab.local.home import VERSIONS, Home

PROGRAM = Path(__file__).parent / "MirrorMakerNames.java"
PARTS = ("", "_", "__", ".", "-", "mm2", "mm2-offsets.", "heartbeats", "checkpoints", "shop")
ENDS = (".internal", "-internal", ".replica", ".checkpoints.internal", "heartbeats", ".x", "-x")
NAMES = sorted({f"{first}{middle}{last}" for first, middle, last in product(PARTS, PARTS, ENDS)})


@pytest.mark.parametrize("version", VERSIONS)
def test_names_are_copied_or_not_as_mirrormaker_says(version: str, homes: dict[str, Home]) -> None:
    home = homes[version]
    command = [str(home.tools.java), "-cp", home.class_path, str(PROGRAM), *NAMES]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    copied = [line == "copied true" for line in ran.stdout.splitlines() if "copied " in line]
    assert len(copied) == len(NAMES)
    assert {
        name
        for name, one in zip(NAMES, copied, strict=True)
        if one is bool(uncopied(name) or (version < "4" and uncopied_before_4(name)))
    } == set()
