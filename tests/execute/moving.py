"""A wave in memory: two topics whose producer moves, two groups, a rotation; every write may be the last."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from migrate.documents.config import Policy
from migrate.documents.plan import Account, Placement, Restored, Wave
from migrate.execute import later, rollback
from migrate.execute.act import Invocation
from migrate.journal.copying import CopyConnector
from migrate.model.acl import Acl
from migrate.model.cluster import Partition, ScramCredential, Topic
from migrate.model.record import VisibleRecord
from migrate.model.rights import SourceView
from migrate.ports import JournalHead, MovingPorts, Site, Sites, WritableSite
from migrate.ports.maps import Maps
from migrate.preflight.facts import Ahead
from migrate.stages.close import close
from migrate.stages.cutover import cutover
from migrate.stages.move import Move
from migrate.stages.rotate import rotate
from migrate.stages.stage import Stage
from migrate.steps import CreateAcls, StartCopy
from tests.estate import SITE, acls, config, inventory, people, workload
from tests.execute.test_crash import DyingFolder, DyingJournal, stamp, tick
from tests.fakes.command_context import command_context
from tests.fakes.memory import MemoryClock, MemoryCluster, MemoryHeads
from tests.fakes.memory_maps import MemoryMaps
from tests.fakes.memory_moving import MemoryCopy, MemoryFiles, MemoryHooks, MemorySecrets

TOPICS = ("paid", "seen")
CONFIG = {"topics": "paid,seen"}
SOURCE_ACLS = acls(
    "ALLOW READ on group ledger to User:ledger",
    "ALLOW READ on group old to User:old",
    "ALLOW READ on topic paid to User:ledger",
    "ALLOW READ on topic seen to User:old",
)
OWN = acls("ALLOW ALTER on cluster kafka-cluster to User:kmig")
GRANTS = acls("ALLOW WRITE on topic paid to User:till", "ALLOW WRITE on topic seen to User:till")


def switched(name: str, **fields: Any) -> dict[str, Any]:
    command = {"stop": ["stop", name], "start": ["start", name]}
    file = {"path": f"{name}.properties", "target": f"{name}.target"}
    return workload(name, switch={"command": command, "file": file}, **fields)


PEOPLE = people(
    switched("till", writes=[{"topic": t} for t in TOPICS]),
    switched(
        "ledger",
        reads=[{"topic": "paid"}],
        groups=["ledger"],
        credential={"mechanism": "SCRAM-SHA-256", "secret": "${file:s:ledger}", "carry": True},
        rotation={
            "strategy": "mechanism-overlap",
            "deliver": {"file": "s", "key": "ledger", "mechanism_key": "ledger.mechanism"},
        },
    ),
    switched("old", reads=[{"topic": "seen"}], groups=["old"]),
)
WAVE = Wave(
    number=1,
    name="w",
    workloads=tuple(Placement(workload=w.name, owner="o", reasons=()) for w in PEOPLE.workloads),
    principals=("User:till", "User:ledger", "User:old"),
    copies=TOPICS,
    owns_topics=TOPICS,
    groups=("ledger", "old"),
    producers=("till",),
    prepare=(CreateAcls(because="test", part="allow", acls=SOURCE_ACLS),),
    grants=GRANTS,
    restores=(Restored(configs={"cleanup.policy": None, "retention.ms": None}, topics=("paid",)),),
)


def owning(*owned: str) -> tuple[Wave, Any]:
    """The wave and its people when only these topics' producers move; the others stay, and are copied on."""
    till = [switched("till", writes=[{"topic": t} for t in owned])] if owned else []
    others = [w for w in PEOPLE.workloads if w.name != "till"]
    made = people(*till)
    both = made.model_copy(update={"workloads": (*made.workloads, *others)})
    wave = WAVE.model_copy(
        update={
            "workloads": tuple(
                Placement(workload=w.name, owner="o", reasons=()) for w in both.workloads
            ),
            "owns_topics": owned,
            "producers": ("till",) if owned else (),
            "grants": tuple(a for a in GRANTS if a.resource_name in owned),
            "restores": tuple(r for r in WAVE.restores if set(r.topics) <= set(owned)),
        }
    )
    return wave, both


@dataclass
class DurableHeads(MemoryHeads):
    """What the target keeps of the journal's head outlives a kill too."""

    changed: Callable[[], None] = lambda: None

    def record(self, head: JournalHead) -> None:
        super().record(head)
        self.changed()


@dataclass
class World:
    """Both clusters and all hands, pickled at every write; the countdown may kill the process right after."""

    file: Path
    source: MemoryCluster
    target: MemoryCluster
    copy: MemoryCopy
    files: MemoryFiles
    hooks: MemoryHooks
    secrets: MemorySecrets
    heads: DurableHeads = field(default_factory=DurableHeads)
    countdown: list[int] = field(default_factory=list)
    maps: Maps = field(default_factory=MemoryMaps)

    def durable(self, _: str = "") -> None:
        state = (
            self.source,
            self.target,
            self.copy,
            self.files,
            self.hooks.ran,
            self.secrets.values,
        )
        self.file.write_bytes(pickle.dumps([*map(_plain, state), self.heads.head]))
        tick(self.countdown)

    def sites(self) -> Sites:
        source, target = self.source, self.target
        return Sites(
            Site("source", source, source, source),
            WritableSite("target", target, target, target, target),
            MemoryClock(),
            MovingPorts(source, self.copy, self.hooks, self.files),
            store=self.secrets,
            maps=self.maps,
        )

    def client(self, command: Any, facts: Any) -> None:
        """What a workload's clients do when they are switched: members come and go, and read to the end."""
        verb, name = command
        if verb == "health":
            return
        there = name in {p.partition(".")[0] for p in self.files.replacements}
        side = self.target if there else self.source
        if verb == "stop":
            self.source.member_set.pop(name, None)
            self.target.member_set.pop(name, None)
        elif name != "till":
            side.member_set[name] = name
            for place in list(side.commits.get(name, {})):
                records = side.logs[place]
                if there and records:
                    side.commits[name][place] = (records[-1].offset + 1, "")
        self.durable()


def _plain(one: Any) -> Any:
    if hasattr(one, "__dict__"):
        return {k: v for k, v in one.__dict__.items() if k not in ("changed", "source", "target")}
    return one


def world(folder: Path, countdown: list[int]) -> World:
    """As it was left, or new."""
    secrets = {"${file:s:ledger}": "old secret"}
    source, target = (MemoryCluster(side, secrets=secrets) for side in ("source", "target"))
    made = World(
        folder / "world.pickle",
        source,
        target,
        MemoryCopy(source, target),
        MemoryFiles(),
        MemoryHooks(),
        MemorySecrets(secrets),
    )
    made.hooks.effect = made.client
    if made.file.exists():
        parts = pickle.loads(made.file.read_bytes())
        for one, state in zip((source, target, made.copy, made.files), parts[:4], strict=True):
            one.__dict__.update(state)
        made.hooks.ran, values, made.heads.head = parts[4:7]
        secrets.clear()
        secrets.update(values)
        source.secrets = target.secrets = secrets
    else:
        _begin(made)
    made.countdown = countdown
    made.heads.changed = made.durable
    for cluster in (source, target):
        cluster.changed = made.durable  # type: ignore[method-assign,assignment]
    made.files.changed = made.secrets.changed = made.durable
    return made


def _begin(made: World) -> None:
    source, target = made.source, made.target
    for topic, size in (("paid", 40), ("seen", 25)):
        source.logs[topic, 0] = [VisibleRecord(2 * n, b"%d" % n) for n in range(size)]
        target.logs[topic, 0] = []
        target.topic_set[topic] = Topic(
            name=topic,
            replication_factor=1,
            configs={"retention.ms": "-1"},
            partitions=(Partition(index=0),),
        )
    source.commits = {"ledger": {("paid", 0): (79, "kept")}, "old": {("seen", 0): (12, "")}}
    source.member_set = {"ledger": "ledger", "old": "old"}
    source.acl_set = {*SOURCE_ACLS, *GRANTS, *OWN}
    credential = ScramCredential(user="ledger", mechanism="SCRAM-SHA-256", iterations=4096)
    target.scram["ledger", "SCRAM-SHA-256"] = (credential, "old secret")
    target.acl_set = {*(_copier(t) for t in TOPICS), *SOURCE_ACLS, *OWN}
    made.copy.put("copy", CONFIG)


def _copier(topic: str) -> Acl:
    return acls(f"ALLOW WRITE on topic {topic} to User:copier")[0]


CONNECT = {"connect": "http://mm2:8083", "principal": "User:copier"}
PROFILE = "apache"
POLICY: dict[str, Any] = {"quiet_seconds": 0.1, "watch_seconds": 1}
INVENTORY = inventory()


def directory(folder: Path, countdown: list[int]) -> DyingFolder:
    """A migration whose wave is planned, prepared and copied."""
    target = {**SITE, "bootstrap_servers": "t:9092", "profile": PROFILE}
    said = config(replication=CONNECT, policy=POLICY, target=target)
    made = DyingFolder(folder, said, PEOPLE, INVENTORY)
    made.countdown = []
    accounts = tuple(Account(kind="acl", fate="workload", acl=acl) for acl in SOURCE_ACLS)
    made.made = made.made.model_copy(update={"waves": (WAVE,), "accounts": accounts})
    journal = made.open_journal(stamp)
    if not journal.journal.count:
        step = StartCopy(because="test", prefix="p", topics=TOPICS, config=CONFIG, name="copy")
        journal.append(event="end", wave=1, stage="prepare", detail=f"wave {WAVE.work}")
        journal.append(event="done", wave=1, stage="replicate", key=step.key, step=step)
        journal.append(event="end", wave=1, stage="replicate", detail=f"wave {WAVE.work}")
    made.countdown = countdown
    return made


def opened(folder: Path, countdown: list[int]) -> DyingJournal:
    """The journal."""
    return directory(folder, countdown).open_journal(stamp)


def table(folder: Path, countdown: list[int]) -> Invocation:
    """What acting on the wave needs."""
    here = world(folder, countdown)
    return command_context(directory(folder, countdown), here.sites(), here.heads, stamp)


def stages() -> tuple[Stage, ...]:
    """The later stages, to be looked at."""
    made = Move(
        WAVE,
        PEOPLE.workloads,
        Policy(),
        SOURCE_ACLS,
        SourceView(),
        {"copy": CopyConnector(TOPICS, CONFIG)},
        "User:copier",
        ahead=Ahead(wave=1, owned=TOPICS, copied=TOPICS, groups=(), clients=()),
    )
    return cutover(made), rotate(made, {}), close(made, (), ("ledger.properties",))


def blindly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cutovers not look ahead: what is behind the first stop must hold by itself, whatever happens in between."""
    monkeypatch.setattr(later, "ahead", lambda *_, **__: None)


def cut_over(folder: Path, countdown: list[int]) -> None:
    later.cutover(table(folder, countdown), 1)


def rotated(folder: Path, countdown: list[int]) -> None:
    later.rotate(table(folder, countdown), 1)


def closed(folder: Path, countdown: list[int]) -> None:
    later.close(table(folder, countdown), 1)


def roll_back(folder: Path, countdown: list[int]) -> None:
    """Of the cutover alone: what it stands on stays."""
    here = table(folder, countdown)
    if rollback.latest(here.folder.executed(), 1) == "cutover":
        rollback.roll_back(here, 1)
