"""A seed is the same history in every process, byte for byte: no hash, address or clock is in it."""

import os
import subprocess
import sys

SEEDS = (0, 4, 19)
PROGRAM = f"""
from migrate.rehearse.worlds.generate import generate
from migrate.rehearse.worlds.judges import judged
from migrate.rehearse.worlds.play import play
from tests.worlds.digest import digest
from tests.worlds.typed import run
for seed in {SEEDS}:
    played = play(generate(seed), run)
    print(seed, digest(played), judged(played))
"""


def test_a_seed_is_the_same_history_whatever_python_hashes_with() -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": hashes},
        )
        for hashes in ("1", "2")
    ]
    first, second = ((one.communicate()[0], one.returncode) for one in started)
    assert first == second
    assert (first[1], len(first[0].splitlines())) == (0, len(SEEDS))
