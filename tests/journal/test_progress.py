"""Which command `kmig status` names: a wave that stands half moved before everything else."""

from datetime import UTC, datetime

from migrate.documents.assessment import Finding
from migrate.documents.plan import Placement, Plan, Wave
from migrate.journal.entry import Event
from migrate.journal.progress import BlockedWave, next_command, paused, soonest, waiting
from migrate.journal.standing import Journal
from migrate.render import tables
from migrate.steps import CreateAcls, OpenWriteGate, Step, SwitchClients, WatchSource
from tests.estate import acls
from tests.journal.history import join

WAVES = tuple(
    Wave(
        number=n,
        name=f"public-{n}",
        workloads=(Placement(workload=f"w{n}", owner="o", reasons=()),),
        principals=(),
        owns_topics=(f"t{n}",),
        prepare=(),
    )
    for n in (1, 2, 3)
)
PLAN = Plan(
    migration="m",
    as_of=datetime(2026, 1, 1, tzinfo=UTC),
    source_cluster="s",
    inputs={},
    waves=WAVES,
    accounts=(),
)
STRAY = WatchSource(because="", until="", part="at the close", topics=("t1",), ends=(), seconds=0)
FENCE = CreateAcls(
    because="", part="topic fence", side="source", acls=acls("DENY WRITE on topic t to User:*")
)
GATE = OpenWriteGate(because="", topics=("t",), acls=())
STOP = SwitchClients(
    because="", workload="w3", role="producers", verb="stop", side="source", command=("x",),
    opposite=("y",), seconds=1,
)  # fmt: skip
Line = tuple[int, str, Event, Step | str]


def done(number: int, *stages: str) -> list[Line]:
    return [(number, stage, "end", f"wave {WAVES[number - 1].work}") for stage in stages]


MOVED = ("prepare", "replicate", "cutover")
STRAYED: list[Line] = [
    *done(1, *MOVED),
    (1, "close", "started", STRAY),
    (1, "close", "failed", STRAY),
    *done(2, *MOVED, "close"),
    *done(3, "prepare", "replicate"),
]


def strayed(lines: list[Line]) -> Journal:
    """The same, with the gate's own words."""
    said = {"detail": "records were written to the source after the fence: t1-0 offsets 5 to 5"}
    entries = join(lines).entries
    return Journal(
        entries=tuple(
            e.model_copy(update=said) if (e.event, e.step) == ("failed", STRAY) else e
            for e in entries
        )
    )


FINDING = Finding(
    rule="offset-beyond-end",
    test="migration",
    severity="block",
    subject="group g",
    evidence="t-0: committed 11, log ends at 10",
    remedy="reset the group",
)
BLOCKED = {n: BlockedWave((FINDING, FINDING), "kmig assess --why offset-beyond-end") for n in (3,)}


def test_a_blocked_wave_leads_to_its_findings_and_a_begun_cutover_goes_on() -> None:
    ready: list[Line] = [
        *done(1, *MOVED, "close"),
        *done(2, *MOVED, "close"),
        *done(3, "prepare", "replicate"),
    ]
    assert waiting(join(ready), PLAN) == {3}
    assert next_command(join(ready), PLAN, ("owner",), BLOCKED) == BLOCKED[3].way_on
    text = " ".join(" ".join(tables.status(PLAN, join(ready), (), BLOCKED)).split())
    assert (
        "open: wave 3: blocked by offset-beyond-end: group g: t-0: committed 11, log ends at 10 "
        "(and 1 more) next: kmig assess" in text
    )
    begun: list[Line] = [*ready, (3, "cutover", "started", STOP)]
    assert waiting(join(begun), PLAN) == frozenset()
    assert next_command(join(begun), PLAN, (), BLOCKED) == "kmig cutover 3"


def test_a_wave_with_stopped_writes_comes_before_an_earlier_one_with_a_finding() -> None:
    assert next_command(strayed(STRAYED), PLAN) == "kmig settle 1"
    # a leader that does not answer is no stray write
    assert next_command(join(STRAYED), PLAN) == "kmig close 1"
    killed: list[Line] = [
        *STRAYED,
        (3, "cutover", "run", ""),
        (3, "cutover", "started", STOP),
        (3, "cutover", "done", STOP),
        (3, "cutover", "started", FENCE),
    ]
    half = join(killed)
    assert next_command(half, PLAN) == "kmig cutover 3"
    assert soonest(half, 3) == "kmig rollback 3"
    opened: list[Line] = [*killed, (3, "cutover", "started", GATE)]
    assert soonest(join(opened), 3) == "kmig cutover 3"
    assert not soonest(half, 1)
    assert next_command(half, PLAN, stale=True) == "kmig plan"
    assert list(paused(half, WAVES[2])) == ["producers"]
    text = "\n".join(tables.status(PLAN, half))
    assert "open: wave 3: writes paused since 2026-01-01 " in text


def test_a_fence_alone_comes_first_too_and_a_rollback_goes_on_as_one() -> None:
    fenced: list[Line] = [*STRAYED, (3, "cutover", "run", ""), (3, "cutover", "done", FENCE)]
    assert next_command(join(fenced), PLAN) == "kmig cutover 3"
    journal = join([*fenced, (3, "cutover", "run", ""), (3, "cutover", "undoing", FENCE)])
    entries = list(journal.entries)
    entries[-2] = entries[-2].model_copy(update={"command": "kmig rollback 3"})
    assert next_command(Journal(entries=tuple(entries)), PLAN) == "kmig rollback 3"
    still = next_command(Journal(entries=tuple(entries)), PLAN, stale=True)
    assert still == "kmig rollback 3", "it needs no plan"


def test_of_two_half_moved_waves_the_one_whose_clients_stand_still_comes_first() -> None:
    both: list[Line] = [
        *done(1, *MOVED, "close"),
        *done(2, "prepare", "replicate"),
        *done(3, "prepare", "replicate"),
        (2, "cutover", "done", FENCE),
        (3, "cutover", "started", STOP),
    ]
    assert next_command(join(both), PLAN) == "kmig cutover 3"


def test_what_ended_is_not_half_moved_whatever_the_plan_says_now() -> None:
    other: list[Line] = [
        (1, "cutover", "done", FENCE),
        (1, "cutover", "end", "wave of a plan made before"),
    ]
    assert next_command(join(other), PLAN) == "kmig cutover 1"


def test_a_rollback_that_was_refused_undid_nothing_and_does_not_lead_on() -> None:
    """Behind the write gate it would be refused for ever."""
    gate = OpenWriteGate(because="", topics=("t",), acls=())
    begun: list[Line] = [
        *STRAYED,
        (3, "cutover", "run", ""),
        (3, "cutover", "done", STOP),
        (3, "cutover", "done", gate),
        (3, "cutover", "run", ""),
    ]
    entries = list(join(begun).entries)
    entries[-1] = entries[-1].model_copy(update={"command": "kmig rollback 3"})
    assert next_command(Journal(entries=tuple(entries)), PLAN) == "kmig cutover 3"


def test_a_wave_that_began_to_move_is_not_prepared_or_copied_again() -> None:
    """What it is bound to has changed since, as it does with another version: `apply` would refuse."""
    moved: list[Line] = [
        *((1, stage, "end", "wave of another version") for stage in ("prepare", "replicate")),
        (1, "cutover", "done", FENCE),
        (1, "cutover", "end", f"wave {WAVES[0].work}"),
    ]
    assert next_command(join(moved), PLAN) == "kmig close 1"
