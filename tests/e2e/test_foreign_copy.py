"""A copy that somebody else runs, on real clusters: kmig compares it, has it stopped, and moves the clients by it."""

import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import yaml

from migrate.folder import Folder
from migrate.model.cluster import Partition, Topic
from migrate.rehearse import live
from migrate.rehearse.scenario import load
from migrate.stages.replicate import connector_config, copier_acls
from tests.e2e.test_amended_copy import wait
from tests.moving.arena import Arena, Moving

pytestmark = pytest.mark.timeout(600)
PAID = "tiny.paid"

HOOK = '''#!{python}
"""Their copier's own tool: it knows its connector, and is told of topics by name."""
import os, re, sys, time, httpx
url, verb = "{url}/connectors/theirs", sys.argv[1]
topics = os.environ["KMIG_TOPICS"].split(",")
with open("told.txt", "a") as told:
    print(verb, os.environ["KMIG_COPY"], *topics, file=told)
if verb == "stop":
    httpx.put(url + "/stop", timeout=30).raise_for_status()
    while httpx.get(url + "/status", timeout=30).json()["tasks"]:
        time.sleep(0.2)
else:
    config = httpx.get(url + "/config", timeout=30).json()
    names = set(config["topics"].split(","))
    mine = {{re.escape(t) for t in topics}}
    names = mine if verb == "start" else names - mine
    if names:
        config["topics"] = ",".join(sorted(names))
        httpx.put(url + "/config", json=config, timeout=30).raise_for_status()
    if names and verb == "start":
        httpx.put(url + "/resume", timeout=30).raise_for_status()
'''


def theirs(moving: Moving, engine: str = "external") -> Callable[[tuple[str, ...]], None]:
    """Let kmig.yaml speak of another copier, and return what starts it: a MirrorMaker that nobody told kmig of."""
    assert moving.here.copier is not None
    url = moving.here.copier.url
    path = moving.folder / "kmig.yaml"
    own = Folder(moving.folder).config()
    assert own.replication is not None
    replication = own.replication
    written = yaml.safe_load(path.read_text())
    written["replication"] = {
        "engine": engine,
        "principal": replication.principal,
        **{verb: ["./theirs.py", verb] for verb in ("stop", "start", "end")},
    }
    path.write_text(yaml.safe_dump(written, sort_keys=False))
    hook = moving.folder / "theirs.py"
    hook.write_text(HOOK.format(python=sys.executable, url=url))
    hook.chmod(0o755)

    def start(topics: tuple[str, ...]) -> None:
        config = connector_config(own, replication, topics)
        answer = httpx.put(f"{url}/connectors/theirs/config", json=config, timeout=30)
        answer.raise_for_status()

    return start


def there(arena: Arena, topic: str) -> bool:
    return any(e.stable for e in arena.target.reader.ends([topic]).values())


def begun(arena: Arena, copier: str, topics: tuple[str, ...]) -> None:
    """Topics on the target as their copier would make them, and its right to write there."""
    source = {t.name: t for t in arena.source.reader.topics()}
    for name in topics:
        partitions = tuple(Partition(index=p.index) for p in source[name].partitions)
        made = Topic(name=name, replication_factor=1, configs={}, partitions=partitions)
        arena.target.writer.create_topic(made)
    arena.target.writer.create_acls(copier_acls(copier, topics))


def test_a_wave_moves_by_the_copy_of_another(arena: Arena, tmp_path: Path) -> None:
    folder = tmp_path / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as moving:
        start = theirs(moving)
        copier = f"{Folder(folder).config().replication.principal}"  # type: ignore[union-attr]
        topics = tuple(t.name for t in moving.here.scenario.topics)
        # their copy of one topic runs for long when kmig comes
        begun(arena, copier, (PAID,))
        start((PAID,))
        wait("their copy", 60, lambda: there(arena, PAID))
        moving.must("inventory")
        moving.must("plan")
        moving.must("apply", "1", "--yes")
        live.run(moving.here)
        said = moving.must("replicate", "1", "--yes").out
        assert "replicates" in said
        ran = moving.must("replicate", "1", "--status", code=1)
        assert "stands still" in ran.err
        start(topics)
        moving.wait_ready()
        moving.must("verify", "data")
        moving.must("watch", "--once", "--yes")

        moving.must("cutover", "1", "--yes")
        told = (folder / "told.txt").read_text().splitlines()
        assert [line.split()[0] for line in told] == ["stop", "end"]
        moving.must("verify", "offsets")
        moving.must("rotate", "1", "--yes")
        moving.must("close", "1", "--yes")
        moving.clean()


def test_a_rollback_has_it_started_again(arena: Arena, tmp_path: Path) -> None:
    folder = tmp_path / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as moving:
        start = theirs(moving)
        moving.must("inventory")
        moving.must("plan")
        moving.must("apply", "1", "--yes")
        live.run(moving.here)
        moving.must("replicate", "1", "--yes")
        start(tuple(t.name for t in moving.here.scenario.topics))
        moving.wait_ready()
        ran = moving.driven(
            "killed_kmig.py", "before", "started", "open_write_gate", "cutover", "1", "--yes"
        )
        assert ran.code < 0, ran.err
        moving.must("rollback", "1", "--yes")
        told = (folder / "told.txt").read_text().splitlines()
        assert [line.split()[0] for line in told] == ["stop", "end", "start"]
        assert set(told[0].split()[2:]) == set(told[2].split()[2:])
        moving.wait_ready()
        moving.must("cutover", "1", "--yes")
        moving.clean()


def test_a_copy_that_moves_records_is_not_identical(arena: Arena, tmp_path: Path) -> None:
    folder = tmp_path / "moving"
    folder.mkdir()
    with arena.built(folder, load("tiny")) as moving:
        start = theirs(moving, "identical")
        copier = f"{Folder(folder).config().replication.principal}"  # type: ignore[union-attr]
        topics = tuple(t.name for t in moving.here.scenario.topics)
        moving.must("inventory")
        moving.must("plan")
        said = moving.must("apply", "1", "--yes", code=4).err
        assert "a copier that keeps offsets makes it" in said
        begun(arena, copier, topics)
        start(topics)
        moving.must("apply", "1", "--yes")
        live.run(moving.here)
        moving.must("replicate", "1", "--yes")

        def found_out() -> bool:
            said = moving.must("replicate", "1", "--status", code=1).err
            return "the copy is not identical: what " in said

        wait("the first marker between records", 60, found_out)
