"""`make soak`: random histories of scenario tiny through a real MirrorMaker 2 with its worker killed, all judged.

In some, retention overtakes the copier while its worker is down: then every record that is lost must have been named
before anybody was stopped.

python -m tests.moving.soak [HISTORIES] [SEED]
"""

import random
import re
import sys
import tempfile
import time
from pathlib import Path

import yaml
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from migrate.rehearse.lab.client import Client
from migrate.rehearse.scenario import Scenario, load
from tests.moving import arena as arenas

TOPICS = ("tiny.paid", "tiny.seen")
NAMED = re.compile(
    r"(\d[\d,]*) records? of (\S+-\d), source offsets? [\d to]+, (is|are) (missing|not comp)"
)


def varied(chance: random.Random, *, level: bool) -> Scenario:
    """Other rates, transaction sizes, shares of aborts, and lags; no lag where groups are to be `level`."""
    scenario = load("tiny")
    clients = tuple(_client(client, chance) for client in scenario.clients)
    behind = {"ledger": chance.choice((0, 10, 500)), "history": chance.choice((100, 3000))}
    behind = dict.fromkeys(behind, 0) if level else behind
    groups = tuple(g.model_copy(update={"behind": behind[g.name]}) for g in scenario.groups)
    return scenario.model_copy(update={"clients": clients, "groups": groups})


def _client(client: Client, chance: random.Random) -> Client:
    more = {
        "rate": client.rate * chance.choice((0.5, 1, 2)),
        "batch": chance.choice((1, 5, 40)),
        "abort": chance.choice((0.0, 0.3, 0.7)),
    }
    return client.model_copy(update=more if client.writes else {})


def overtake(arena: arenas.Arena, chance: random.Random) -> None:
    """Delete what a partition of the source holds, as retention does; its groups have read it."""
    login = arena.source.cluster.admin_login
    admin = AdminClient(
        {
            "bootstrap.servers": ",".join(
                f"{h}:{p}" for h, p in arena.source.cluster.admin_addresses
            ),
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": login.mechanism,
            "sasl.username": login.user,
            "sasl.password": login.password,
        }
    )
    commits: dict[tuple[str, int], list[int]] = {}
    for group in arena.source.reader.groups():
        for commit in group.commits:
            commits.setdefault(commit.place, []).append(commit.offset)
    places = sorted(place for place in commits if place[0] in TOPICS)
    place = chance.choice(places)
    for future in admin.delete_records([TopicPartition(*place, min(commits[place]))]).values():
        future.result(30)


def waived(moving: arenas.Moving) -> None:
    """Accept what is lost, for every reader."""
    people = moving.folder / "workloads.yaml"
    written = yaml.safe_load(people.read_text())
    waive = [
        {"topic": topic, "may": "miss", "because": "it is a soak", "until": "2099-01-01"}
        for topic in TOPICS
    ]
    people.write_text(yaml.safe_dump({**written, "waive": waive}))
    moving.must("plan")


def cut_over(moving: arenas.Moving) -> int:
    """Cut over; return how many records were named as lost before anybody was stopped."""
    ran = moving.kmig("cutover", "1", "--yes")
    if not ran.code:
        return 0
    assert ran.code == 4, ran.out + ran.err
    verified = " ".join(moving.kmig("replicate", "1", "--status").err.split())
    named = NAMED.findall(verified) or NAMED.findall(" ".join(ran.err.split()))
    assert named, ran.err + verified
    waived(moving)
    moving.must("cutover", "1", "--yes")
    return sum(int(found[0].replace(",", "")) for found in named)


def history(arena: arenas.Arena, number: int, chance: random.Random, folder: Path) -> str:
    """One history; returns a line about it, and raises when a record is lost, skipped, twice or out of order."""
    folder.mkdir()
    kills, rolled, overtaken = chance.randint(1, 3), chance.random() < 0.3, chance.random() < 0.4
    with arena.built(folder, varied(chance, level=overtaken)) as moving:
        moving.ready()
        assert moving.here.copier is not None
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 3))
            moving.here.copier.server.kill()
            if overtaken:
                time.sleep(chance.uniform(0.5, 3))
                overtake(arena, chance)
            moving.here.copier.start()
            moving.here.copier.wait_ready()
        if not overtaken:
            moving.wait_ready()
        if rolled and not overtaken:
            point = ("before", "started", "open_write_gate")
            moving.driven("killed_kmig.py", *point, "cutover", "1", "--yes")
            time.sleep(chance.uniform(0, 3))
            moving.must("rollback", "1", "--yes")
            time.sleep(chance.uniform(0, 3))
        named = cut_over(moving)
        time.sleep(chance.uniform(0, 3))
        found = moving.judged() if overtaken else moving.clean()
        # what the copy never had is lost to it: its groups have read that on the source
        assert found.skipped + found.duplicated + found.reordered == 0, found.model_dump_json(
            indent=1
        )
    back = ", rolled back once" if rolled and not overtaken else ""
    lost = f", {found.lost} lost to retention, {named} named" if overtaken else ""
    return f"{number:3}  {found.records:7,} records, worker killed {kills} times{back}{lost}: clean"


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
