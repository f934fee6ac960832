"""`make soak`: random histories of scenario tiny through a real MirrorMaker 2 with its worker killed, all judged.

python -m tests.moving.soak [HISTORIES] [SEED]
"""

import random
import sys
import tempfile
import time
from pathlib import Path

from migrate.rehearse.lab.client import Client
from migrate.rehearse.scenario import Scenario, load
from tests.moving import arena as arenas


def varied(chance: random.Random) -> Scenario:
    """Other rates, transaction sizes, shares of aborts, and lags."""
    scenario = load("tiny")
    clients = tuple(_client(client, chance) for client in scenario.clients)
    behind = {"ledger": chance.choice((0, 10, 500)), "history": chance.choice((100, 3000))}
    groups = tuple(g.model_copy(update={"behind": behind[g.name]}) for g in scenario.groups)
    return scenario.model_copy(update={"clients": clients, "groups": groups})


def _client(client: Client, chance: random.Random) -> Client:
    more = {
        "rate": client.rate * chance.choice((0.5, 1, 2)),
        "batch": chance.choice((1, 5, 40)),
        "abort": chance.choice((0.0, 0.3, 0.7)),
    }
    return client.model_copy(update=more if client.writes else {})


def history(arena: arenas.Arena, number: int, chance: random.Random, folder: Path) -> str:
    """One history; returns a line about it, and raises when a record is lost, skipped, twice or out of order."""
    folder.mkdir()
    kills, rolled = chance.randint(1, 3), chance.random() < 0.3
    with arena.built(folder, varied(chance)) as moving:
        moving.ready()
        assert moving.here.copier is not None
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 3))
            moving.here.copier.server.kill()
            moving.here.copier.start()
            moving.here.copier.wait_ready()
        moving.wait_ready()
        if rolled:
            point = ("before", "started", "open_write_gate")
            moving.driven("killed_kmig.py", *point, "cutover", "1", "--yes")
            time.sleep(chance.uniform(0, 3))
            moving.must("rollback", "1", "--yes")
            time.sleep(chance.uniform(0, 3))
        moving.must("cutover", "1", "--yes")
        time.sleep(chance.uniform(0, 3))
        found = moving.clean()
    back = ", rolled back once" if rolled else ""
    return f"{number:3}  {found.records:7,} records, worker killed {kills} times{back}: clean"


def main(histories: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        shared = Path(scratch) / "shared"
        shared.mkdir()
        with arenas.opened(shared) as arena:
            for number in range(1, histories + 1):
                chance = random.Random(seed * 1_000 + number)
                print(history(arena, number, chance, Path(scratch) / str(number)), flush=True)
    print(f"{histories} histories, seed {seed}: every group's sequence equals the produced one")


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["20"])[0]), int((sys.argv[2:] or ["1"])[0]))
