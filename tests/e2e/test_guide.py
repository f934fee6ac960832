"""docs/guide.md is typed from beginning to end, on clusters that it starts itself; then every record is counted."""

import os
import re
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from migrate.rehearse.lab.local.home import Home
from tests.conftest import CACHE
from tests.e2e.typist import MAIN, Block, Terminal, blocks

PAGE = Path(__file__).parents[2] / "docs" / "guide.md"
TARGET = "127.0.0.1:12092"
LAST = "Tidy up"


class Reader:
    """Who reads the page and does what it says, in an empty folder."""

    def __init__(self, home: Path, cleanup: ExitStack) -> None:
        self._home, self._cleanup = home, cleanup
        self._terminals: dict[str, Terminal] = {}
        kept = ("HOME", "USER", "LANG", "JAVA_HOME", "PATH")
        self._environ = {key: os.environ[key] for key in kept if key in os.environ}
        self._environ["PATH"] = f"{Path(sys.executable).parent}:{self._environ['PATH']}"
        self._environ["XDG_CACHE_HOME"] = str(CACHE.parent)
        self.folder = home / "kmig-guide"

    def do(self, block: Block) -> None:
        """Write a file, or type what stands in a console."""
        if block.language != "console":
            self._terminals[MAIN].write(self.folder / block.name, block.text)
            return
        if block.name not in self._terminals:
            self._terminals[block.name] = Terminal(self._home, self._environ)
            self._cleanup.callback(self._terminals[block.name].close)
        *lines, last = block.typed
        for typed in lines:
            self._terminals[block.name].type(typed)
        self._terminals[block.name].type(last, stays=block.name != MAIN)


@pytest.mark.timeout(600)
def test_whoever_types_the_guide_moves_a_shop(homes: dict[str, Home], tmp_path: Path) -> None:
    page = blocks(PAGE.read_text())
    end = next(n for n, block in enumerate(page) if block.heading == LAST)
    with ExitStack() as cleanup:
        cleanup.callback(end_what_runs, tmp_path)
        reader = Reader(tmp_path, cleanup)
        for block in page[:end]:
            reader.do(block)
        old_passwords_are_dead(reader.folder / "clients")
        every_record_was_read_once(reader.folder)
        for block in page[end:]:
            reader.do(block)
        assert list(running(tmp_path).values()) == []


def old_passwords_are_dead(clients: Path) -> None:
    for name in ("web", "stats"):
        now, before = (read(clients / f"{name}{end}") for end in (".properties", ".target"))
        assert now["sasl.password"] != before["sasl.password"]
        assert logs_in(now)
        assert not logs_in(before)
        assert not logs_in({**before, "sasl.mechanism": "SCRAM-SHA-512"})
    assert logs_in(read(clients / "report.target")), "it was not rotated"


def every_record_was_read_once(folder: Path) -> None:
    clients = folder / "clients"
    for writer, reader, topic in (("web", "stats", "clicks"), ("shop", "billing", "orders")):
        written = lines(clients / f"{writer}.log")
        numbers = sorted(int(line.removeprefix(f"{writer} ")) for line in written)
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > 500
        seen = Counter(one for one in lines(clients / f"{reader}.log") if one.startswith(writer))
        assert set(written) - seen.keys() == set(), "lost or skipped"
        assert seen.total() - len(seen) == 0, "duplicated"
        assert Counter(chain.from_iterable(records_on_target(folder, topic).values())) == seen
    nightly = lines(clients / "report.log")
    assert len(nightly) == len(set(nightly)), "its second run began where the first had ended"
    for values in records_on_target(folder, "clicks").values():
        mine = [value for value in nightly if value in set(values)]
        assert mine == values[: len(mine)], "nothing skipped, nothing out of order"
        assert len(mine) > 100


def read(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines(file))


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def logs_in(login: dict[str, str]) -> bool:
    refused: list[str] = []
    client = AdminClient({**login, "error_cb": lambda e: refused.append(e.name()), "log_level": 0})
    try:
        client.list_topics(timeout=8)
    except KafkaException:
        client.poll(1)
        assert "_AUTHENTICATION" in refused, refused
        return False
    return True


def records_on_target(folder: Path, topic: str) -> dict[int, list[str]]:
    """All records of a topic on the target, by partition, read as its administrator."""
    jaas = (folder / "trial" / "target-admin.properties").read_text()
    login = re.search(r'username="(.+)" password="(.+)"', jaas)
    assert login
    consumer = Consumer(
        {
            "bootstrap.servers": TARGET,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": login[1],
            "sasl.password": login[2],
            "group.id": "count",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    found: dict[int, list[str]] = {0: [], 1: []}
    ended: set[int] = set()
    consumer.assign([TopicPartition(topic, partition, 0) for partition in found])
    deadline = time.monotonic() + 30
    while len(ended) < len(found):
        assert time.monotonic() < deadline, ended
        for message in consumer.consume(500, timeout=1):
            if message.error():
                ended.add(message.partition())
            else:
                found[message.partition()].append(message.value().decode())
    consumer.close()
    return found


def running(folder: Path) -> dict[int, str]:
    """What the reader has started and still runs, by process id, apart from the shells."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            place = (process / "cwd").readlink()
        except OSError:
            continue
        here = str(folder) in line or folder in (place, *place.parents)
        if here and not line.startswith("bash "):
            found[int(process.name)] = line
    return found


def end_what_runs(folder: Path) -> None:
    """After a failure the programs of the page would run on."""
    for pid in running(folder):
        os.kill(pid, signal.SIGKILL)
