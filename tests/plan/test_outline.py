"""The plan's lines for later stages are what the stages do: same kinds of steps, in the same order."""

from typing import Any

import pytest

from migrate.documents.plan import Plan, StageName
from migrate.documents.workloads import Workloads
from migrate.journal.copying import CopyConnector
from migrate.model.cluster import ScramCredential
from migrate.model.rights import SourceView
from migrate.plan.build import build
from migrate.preflight.facts import Ahead
from migrate.stages import replicate
from migrate.stages.close import close, waves_ended_by
from migrate.stages.cutover import cutover
from migrate.stages.move import Move
from migrate.stages.rotate import rotate
from migrate.stages.stage import Stage, Together
from migrate.steps import PointClients, ReturnRetention, Step
from tests.estate import acls, config, group, inventory, people, reads, topic, workload

SWITCH = {"command": {"stop": ["stop"], "start": ["start"]}}
WATCHED = {"command": {"stop": ["stop"], "start": ["start"], "health": ["health"]}}
FILE = {**SWITCH, "file": {"path": "a.properties", "target": "b.properties"}}
BATCH = {"batch": "nightly", "file": FILE["file"]}
SECRET = "${file:s.properties:till}"
ROTATED = {
    "credential": {"mechanism": "SCRAM-SHA-512", "secret": SECRET, "carry": True},
    "rotation": {
        "strategy": "mechanism-overlap",
        "deliver": {"file": "s.properties", "key": "till", "mechanism_key": "till.mechanism"},
    },
}
REPLICATION = {"engine": "mirrormaker2", "connect": "http://mm2:8083", "principal": "User:copier"}


def till(**more: Any) -> dict[str, Any]:
    return workload("till", "internal", writes=reads("paid"), switch=WATCHED, **more)


ESTATES: dict[str, list[dict[str, Any]]] = {
    "a producer alone": [till()],
    "one that nothing shows at work": [
        workload("till", "internal", writes=reads("paid"), switch=SWITCH)
    ],
    "a producer and its consumer": [
        till(),
        workload("book", "internal", reads=reads("paid"), groups=["book"], switch=SWITCH),
    ],
    "a consumer whose producer stays": [
        workload("book", "public", reads=reads("paid"), groups=["book"], switch=FILE),
        till(),
    ],
    "a service that reads what stays and writes what moves": [
        workload("app", "public", reads=reads("paid"), writes=reads("kept"), groups=["book"])
        | {"switch": FILE},
        till(),
    ],
    "clients that find their side in a file": [
        workload("till", "internal", writes=reads("paid"), switch=FILE),
        workload("book", "internal", reads=reads("paid"), groups=["book"], switch=FILE),
    ],
    "a batch job beside a consumer": [
        till(),
        workload("night", "internal", reads=reads("paid"), groups=["night"], switch=BATCH),
        workload("book", "internal", reads=reads("paid"), groups=["book"], switch=SWITCH),
    ],
    "batch jobs alone": [
        workload("load", "internal", writes=reads("paid"), switch=BATCH),
        workload("night", "internal", reads=reads("paid"), groups=["night"], switch=BATCH),
    ],
    "a reader without a group": [
        till(),
        workload("own", "internal", reads=reads("paid"), switch=WATCHED),
    ],
    "a rotated credential": [till(**ROTATED)],
    "a rotated credential that two log in with": [
        till(**ROTATED),
        workload("twin", "internal", reads=reads("paid"), groups=["book"], switch=SWITCH)
        | {"principal": "User:till", "credential": ROTATED["credential"]},
    ],
    "a topic whose configs are the copy's own": [
        workload("till", "internal", writes=reads("same"), switch=WATCHED)
    ],
}


def made(name: str) -> tuple[Plan, Workloads]:
    who = people(*ESTATES[name])
    rights = [
        f"ALLOW WRITE on topic {s.topic} to {w.principal}" for w in who.workloads for s in w.writes
    ]
    groups = [g for w in who.workloads for g in w.groups]
    mentioned = {s.topic or "" for w in who.workloads for s in (*w.reads, *w.writes)}
    forever = {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "message.timestamp.type": "CreateTime",
        "message.timestamp.before.max.ms": str(2**63 - 1),
        "message.timestamp.after.max.ms": str(2**63 - 1),
    }
    topics = [topic(t, 1, **(forever if t == "same" else {})) for t in sorted(mentioned)]
    credentials = [
        ScramCredential(user="till", mechanism="SCRAM-SHA-512", iterations=4096)
        for w in who.workloads[:1]
        if w.credential
    ]
    found = inventory(
        topics=tuple(topics),
        acl=acls(*sorted(set(rights))),
        groups=tuple(group(g, "paid") for g in groups),
        scram=tuple(credentials),
    )
    return build(config(replication=REPLICATION), who, found), who


def move(plan: Plan, who: Workloads, number: int) -> Move:
    """As the journal would have it after everything before."""
    wave = plan.waves[number - 1]
    names = {p.workload for p in wave.workloads}
    gone = {t for earlier in plan.waves[: number - 1] for t in earlier.owns_topics}
    copies = {
        f"kmig-{w.number}": CopyConnector(tuple(t for t in w.copies if t not in gone), {})
        for w in plan.waves[:number]
        if set(w.copies) - gone
    }
    return Move(
        wave=wave,
        workloads=tuple(w for w in who.workloads if w.name in names),
        policy=config().policy,
        source_acls=(),
        view=SourceView(),
        copies=copies,
        copier="User:copier",
        ahead=Ahead(wave=number, owned=wave.owns_topics, copied=(), groups=(), clients=()),
    )


def echoed(stage: Stage) -> list[Step]:
    steps: list[Step] = []
    wanted = next(stage, None)
    while wanted is not None:
        if isinstance(wanted, Together):
            steps += wanted.steps
        elif "verdict" in wanted.__dict__:
            # as if it were proven: the last step of a rotation depends on it
            wanted = wanted.model_copy(update={"verdict": "proven"})
            steps.append(wanted)
        else:
            steps.append(wanted)
        try:
            wanted = stage.send(wanted)
        except StopIteration:
            break
    return steps


def waiting(switched: list[Step]) -> tuple[ReturnRetention, ...]:
    """The steps of a cutover as they are when a group has yet to read everything."""
    left = (s for s in switched if isinstance(s, ReturnRetention))
    return tuple(s.model_copy(update={"waits": dict.fromkeys(s.topics, ("why",))}) for s in left)


PARTS = (
    "create_acls",
    "watch_source",
    "await_members",
    "await_quiet",
    "read_positions",
    "await_passed",
)


def kinds(steps: list[Step], producers: tuple[str, ...] = ()) -> list[str]:
    """Each kind once, where it first comes: what it is told apart by is its role, its verb or its part."""
    seen: dict[tuple[Any, ...], str] = {}
    roles = {
        s.workload: "producers" if s.workload in producers else "consumers"
        for s in steps
        if hasattr(s, "workload")
    }
    read = {group: s.part for s in steps if s.op == "read_positions" for group in s.groups}
    for step in steps:
        part = getattr(step, "part", "") if step.op in PARTS else ""
        if step.op in ("commit_offsets", "prove_offsets"):
            part = read[step.group]
        verb = getattr(step, "verb", "")
        role = roles.get(getattr(step, "workload", ""), "") if step.op != "issue_secret" else ""
        seen.setdefault((step.op, part, verb, role), step.op)
    return list(seen.values())


@pytest.mark.parametrize("name", ESTATES)
def test_each_stage_does_what_the_plan_says_it_will(name: str) -> None:
    plan, who = made(name)
    pointed: dict[int, list[str]] = {}
    for wave in plan.waves:
        moving = move(plan, who, wave.number)
        replication = config(replication=REPLICATION).replication
        assert replication is not None
        switched = echoed(cutover(moving))
        pointed[wave.number] = [s.path for s in switched if isinstance(s, PointClients)]
        waves = waves_ended_by(wave.number, lambda number: bool(plan.waves[number - 1].owns_topics))
        files = tuple(path for number in waves for path in pointed[number])
        does: dict[StageName, list[Step]] = {
            "replicate": list(replicate.steps(config(replication=REPLICATION), replication, wave)),
            "cutover": switched,
            "rotate": echoed(rotate(moving, {})),
            "close": echoed(close(moving, (), files, waiting(switched))),
        }
        for stage, steps in does.items():
            said = [t.op for t in wave.templates if t.stage == stage]
            if stage == "rotate":
                assert set(said) == set(kinds(steps)), (wave.number, stage)
            else:
                assert said == kinds(steps, wave.producers), (wave.number, stage)


@pytest.mark.parametrize("name", ESTATES)
def test_each_line_has_its_reason_its_site_and_its_way_back(name: str) -> None:
    plan, _ = made(name)
    for wave in plan.waves:
        for line in wave.templates:
            assert all((line.because, line.undo, line.does)), line
            assert wave.subjects(line) or line.op in (
                "look_ahead",
                "keep_copies",
                "await_pace",
                "prove_copies",
            ), line
        assert [gate.before for gate in wave.gates] == ["replicate", "cutover", "rotate", "close"]
        assert all(gate.owners and gate.evidence and gate.stop for gate in wave.gates)
