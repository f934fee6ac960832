"""Each question to the journal, after each event that can come: one fold answers all of them."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, get_args

import pytest

from migrate.documents.plan import Placement, Wave
from migrate.journal.copying import copy_connectors
from migrate.journal.entry import Event
from migrate.journal.positions import committed, frozen, quiet_commits
from migrate.journal.progress import Status, failure, status_of
from migrate.journal.standing import (
    Journal,
    acls_on_target,
    before_cutover,
    begun,
    created,
    fences,
    granted,
    last_change,
    last_touched,
    on_target,
    pointed,
    restorable,
    targets,
    undoable,
    verdicts,
    waves,
)
from migrate.logs.translate import Translation
from migrate.model.record import Position
from migrate.steps import (
    AwaitPace,
    AwaitQuiet,
    CommitOffsets,
    CreateAcls,
    CreateCredential,
    DeleteAcls,
    EndCopy,
    ForgetFile,
    FreezeTopics,
    OpenWriteGate,
    PointClients,
    RevokeCredential,
    StartCopy,
    Step,
    SwitchClients,
)
from tests.estate import acls
from tests.journal.history import history, join

ACLS = acls("ALLOW WRITE on topic t to User:a")
OTHERS = acls("DENY WRITE on topic t to User:*")
ENDS = (Position(topic="t", partition=0, offset=7),)
MOVED = (
    Translation(
        topic="t", partition=0, source=7, target=9, lag=0, method="drained", proof="exact",
        evidence="", reread=0,
    ),
)  # fmt: skip
COPY = StartCopy(because="", prefix="p", topics=("t", "u"), config={"a": "b"}, name="c")
POINTED = PointClients(because="", workload="a", path="app", by="target")
GATE = AwaitPace(because="", until="", carried={})
WAVE = Wave(
    number=1,
    name="public-1",
    workloads=(Placement(workload="a", owner="o", reasons=()),),
    principals=(),
    prepare=(),
)
CREATED = history(("done", CreateAcls(because="", part="allow", acls=ACLS)), stage="prepare")


def after_creation(later: Journal) -> Journal:
    """Return a history that goes on where ACLs were created."""
    rest = (e.model_copy(update={"seq": e.seq + CREATED.count}) for e in later.entries)
    return Journal(entries=(*CREATED.entries, *rest))


STANDS: dict[str, tuple[Step, str, Callable[[Journal], object]]] = {
    "granted": (
        OpenWriteGate(because="", topics=("t",), acls=ACLS),
        "cutover",
        lambda j: bool(granted(j)),
    ),
    "created": (
        CreateAcls(because="", part="allow", acls=ACLS),
        "prepare",
        lambda j: bool(created(j, "target")),
    ),
    "acls_on_target": (
        CreateAcls(because="", part="allow", acls=ACLS),
        "prepare",
        lambda j: acls_on_target(j) == frozenset(ACLS),
    ),
    "fences": (
        CreateAcls(because="", part="fence", side="source", acls=OTHERS),
        "cutover",
        lambda j: bool(fences(j)),
    ),
    "carried": (COPY, "replicate", lambda j: "c" in copy_connectors(j)),
    "ended copies": (
        EndCopy(because="", connector="c", topics=("t",), rest=None),
        "cutover",
        lambda j: (
            copy_connectors(Journal(entries=(*history(("done", COPY)).entries, *j.entries)))[
                "c"
            ].topics
            == ("u",)
        ),
    ),
    "before_cutover": (COPY, "replicate", lambda j: before_cutover(j) == ((1, COPY),)),
    "pointed": (POINTED, "cutover", lambda j: pointed(j, (1,)) == ("app",)),
    "restorable": (POINTED, "cutover", lambda j: restorable(j) == ("app",)),
    "forgotten": (
        ForgetFile(because="", path="app"),
        "close",
        lambda j: (
            not restorable(Journal(entries=(*history(("done", POINTED)).entries, *j.entries)))
        ),
    ),
    "on_target": (
        CreateCredential(
            because="",
            user="a",
            source_user="a",
            mechanism="SCRAM-SHA-256",
            iterations=4096,
            secret="${env:A}",
        ),
        "prepare",
        lambda j: [mechanism for mechanism, _ in on_target(j, "a")] == ["SCRAM-SHA-256"],
    ),
    "undoable": (COPY, "replicate", lambda j: undoable(j, 1, "replicate") == (COPY,)),
    "begun": (COPY, "replicate", lambda j: COPY.key in begun(j, 1, "replicate")),
    "frozen": (
        FreezeTopics(because="", until="", topics=("t",), fence=(), ends=ENDS, seconds=1),
        "cutover",
        lambda j: frozen(j, 1) == ENDS,
    ),
}
"""Questions that count what may be there: a step of the kind, its stage, and whether the answer has it."""

QUIET = AwaitQuiet(
    because="", until="", part="consumers", groups=("g",), window=1, seconds=1, commits={"g": ENDS}
)
DONE_ONLY: dict[str, tuple[Step, str, Callable[[Journal], object]]] = {
    "committed": (
        CommitOffsets(
            because="", group="g", uptos=(), connectors=(), reads=(), uncommitted="refuse",
            translations=MOVED,
        ),
        "cutover",
        lambda j: committed(j, WAVE) == {"g": MOVED},
    ),
    "deleted on the target": (
        DeleteAcls(because="", part="copier", acls=ACLS),
        "cutover",
        lambda j: not acls_on_target(after_creation(j)),
    ),
    "verdicts": (
        RevokeCredential(
            because="", user="a", mechanism="SCRAM-SHA-256", file="f", name="n", verdict="proven"
        ),
        "rotate",
        lambda j: [v.user for v in verdicts(j, 1)] == ["a"],
    ),
    "finished": (COPY, "replicate", lambda j: begun(j, 1, "replicate")[COPY.key].finished),
}  # fmt: skip
"""Questions that count only what ended well."""

ROWS: tuple[tuple[tuple[Event, ...], Status], ...] = (
    (("started",), Status.BEGUN),  # killed before or after the request: it may have happened
    (("done",), Status.BEGUN),  # found in place
    (("started", "done"), Status.BEGUN),
    (("started", "failed"), Status.FAILED),  # a part of it may have happened
    (("started", "rejected"), Status.FAILED),
    (("started", "started"), Status.BEGUN),
    (("started", "undoing"), Status.BEGUN),
    (("started", "failed", "started"), Status.BEGUN),
    (("started", "failed", "done"), Status.BEGUN),
    (("started", "failed", "undoing"), Status.BEGUN),
    (("started", "failed", "undoing", "undone"), Status.UNDONE),
    (("started", "rejected", "started"), Status.BEGUN),
    (("started", "rejected", "done"), Status.BEGUN),
    (("done", "done"), Status.BEGUN),  # it had something to add
    (("done", "started"), Status.BEGUN),
    (("done", "undoing"), Status.BEGUN),
    (("done", "undoing", "undone"), Status.UNDONE),
    (("done", "undoing", "failed"), Status.FAILED),
    (("done", "undoing", "undoing"), Status.BEGUN),
    (("done", "undoing", "started"), Status.BEGUN),  # forward again
    (("done", "undoing", "done"), Status.BEGUN),
    (("done", "undoing", "undone", "started"), Status.BEGUN),
    (("done", "undoing", "undone", "done"), Status.BEGUN),
)
"""What can happen to one step, and how its stage shows."""

LEADS: dict[str, set[str]] = {
    "": {"started", "done"},
    "started": {"started", "done", "failed", "rejected", "undoing"},
    "done": {"started", "done", "undoing"},
    "failed": {"started", "done", "undoing"},
    "rejected": {"started", "done"},
    "undoing": {"undoing", "undone", "failed", "started", "done"},
    "undone": {"started", "done"},
}
"""What the executor can write after what: `run` and `walk` start, end or find in place, `undo` takes back."""


def test_every_combination_that_can_be_reached_has_a_row() -> None:
    seen = {pair for events, _ in ROWS for pair in pairwise(("", *events))}
    assert seen == {(before, after) for before, some in LEADS.items() for after in some}
    without_step = {"run", "end", "torn", "approved"}
    assert set(LEADS) - {""} == set(get_args(Event)) - without_step


def cases(questions: dict[str, Any]) -> list[Any]:
    return [
        pytest.param(*questions[name], events, id=f"{name}: {' '.join(events)}")
        for name in questions
        for events, _ in ROWS
    ]


@pytest.mark.parametrize(("step", "stage", "ask", "events"), cases(STANDS))
def test_what_may_be_there_counts(
    step: Step, stage: str, ask: Callable[[Journal], bool], events: tuple[Event, ...]
) -> None:
    found = history(*((event, step) for event in events), stage=stage)
    ended = events[-1] in ("undone", "rejected")
    # a gate's answer ends as soon as anything of its stage is undone, its own undoing included
    moot = isinstance(step, FreezeTopics) and events[-1] == "undoing"
    assert ask(found) is not (ended or moot)


@pytest.mark.parametrize(("step", "stage", "ask", "events"), cases(DONE_ONLY))
def test_what_ended_well_counts(
    step: Step, stage: str, ask: Callable[[Journal], bool], events: tuple[Event, ...]
) -> None:
    found = history(*((event, step) for event in events), stage=stage)
    if events[-1] in ("undone", "rejected") and step is COPY:
        assert not begun(found, 1, "replicate")
    else:
        assert ask(found) is (events[-1] == "done")


@pytest.mark.parametrize("events", [events for events, _ in ROWS], ids=" ".join)
def test_commits_that_a_gate_has_seen_count_though_it_failed(events: tuple[Event, ...]) -> None:
    """Its groups are stopped, and what they have committed may expire before the next attempt."""
    found = history(*((event, QUIET) for event in events), stage="cutover")
    known = {"g": ENDS} if events[-1] in ("done", "failed") else {}
    assert quiet_commits(found, 1) == known


def test_a_gate_goes_back_with_what_is_undone_if_it_has_seen_what_must_return() -> None:
    alone = history(("started", QUIET), ("failed", QUIET), stage="cutover")
    assert undoable(alone, 1, "cutover") == ()
    stop = switch("a")
    with_stop: tuple[tuple[Event, Step], ...] = (
        ("done", stop),
        ("started", QUIET),
        ("failed", QUIET),
    )
    assert undoable(history(*with_stop, stage="cutover"), 1, "cutover") == (stop, QUIET)
    # a rollback that was killed between the two
    later: tuple[tuple[Event, Step], ...] = (*with_stop, ("undoing", A), ("undone", A))
    assert undoable(history(*later, stage="cutover"), 1, "cutover") == (stop, QUIET)
    gone: tuple[tuple[Event, Step], ...] = (*later, ("undoing", QUIET), ("undone", QUIET))
    assert undoable(history(*gone, stage="cutover"), 1, "cutover") == (stop,)


@pytest.mark.parametrize(("events", "status"), ROWS, ids=lambda row: " ".join(row))
def test_a_stage_shows(events: tuple[Event, ...], status: Status) -> None:
    found = history(*((event, COPY) for event in events), stage="replicate")
    assert status_of(found, WAVE, "replicate") is status
    assert bool(failure(found, WAVE)) is (status is Status.FAILED)


A, B = (CreateAcls(because="", part=part, acls=ACLS) for part in ("a", "b"))
END = f"wave {WAVE.work}"


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], Status.NOTHING),
        ([("run", "")], Status.NOTHING),
        ([("end", END)], Status.DONE),  # nothing was to do
        ([("done", A), ("end", END)], Status.DONE),
        ([("done", A), ("end", "wave of a plan made since")], Status.BEGUN),
        ([("started", A), ("failed", A), ("done", A), ("end", END)], Status.DONE),
        ([("done", A), ("end", END), ("undoing", A)], Status.BEGUN),
        ([("done", A), ("done", B), ("end", END), ("undone", B)], Status.BEGUN),
        ([("done", A), ("done", B), ("end", END), ("undone", B), ("undone", A)], Status.UNDONE),
        ([("done", A), ("end", END), ("undone", A), ("end", END)], Status.DONE),
        # what a broker rejected is not there, and cannot be undone
        ([("done", A), ("started", B), ("rejected", B), ("undone", A)], Status.UNDONE),
        ([("done", GATE), ("done", A), ("undone", A)], Status.UNDONE),
        ([("started", GATE)], Status.BEGUN),
        ([("started", GATE), ("failed", GATE)], Status.FAILED),
    ],
)
def test_a_stage_of_several_steps_shows(
    events: list[tuple[Event, Step | str]], status: Status
) -> None:
    assert status_of(history(*events, stage="prepare"), WAVE, "prepare") is status


def test_answers_of_gates_end_when_anything_of_their_stage_is_undone() -> None:
    other = CreateAcls(because="", part="fence", side="source", acls=OTHERS)
    answered = [(1, "cutover", "done", GATE), (2, "cutover", "done", GATE)]
    undoing = [(1, "cutover", "done", other), (1, "cutover", "undoing", other)]
    found = join([*answered, *undoing])  # type: ignore[list-item]
    assert GATE.key not in begun(found, 1, "cutover")
    assert GATE.key in begun(found, 2, "cutover")


def switch(workload: str) -> SwitchClients:
    return SwitchClients(
        because="",
        workload=workload,
        role="producers",
        verb="start",
        side="target",
        command=("true",),
        opposite=("true",),
        seconds=1.0,
    )


ASKED, OTHER = switch("asked"), switch("other")
LOOK = GATE.model_copy(update={"until": GATE.key, "repeats": (ASKED.key, "point_clients asked")})


@pytest.mark.parametrize(
    ("events", "finished"),
    [
        ([("started", LOOK)], [ASKED, OTHER]),  # killed: nothing was denied
        ([("started", LOOK), ("failed", LOOK)], [OTHER]),
        ([("started", LOOK), ("failed", LOOK), ("started", ASKED)], [OTHER]),
        ([("started", LOOK), ("failed", LOOK), ("done", ASKED)], [ASKED, OTHER]),
        ([("started", LOOK), ("done", LOOK)], [ASKED, OTHER, LOOK]),
        ([("done", LOOK), ("started", LOOK), ("failed", LOOK)], [OTHER]),
        ([("failed", LOOK), ("done", LOOK)], [OTHER, LOOK]),
        ([("started", OTHER), ("failed", OTHER)], [ASKED]),  # no gate: it speaks for itself
        ([("undoing", ASKED), ("undone", ASKED), ("failed", LOOK)], [OTHER]),
    ],
)
def test_a_gate_that_said_no_unsettles_what_it_asked_for(
    events: list[tuple[Event, Step]], finished: list[Step]
) -> None:
    """It stands all the same: a rollback undoes it."""
    made = history(("done", ASKED), ("done", OTHER), *events)
    found = begun(made, 1, "cutover")
    assert {one.step.key for one in found.values() if one.finished} == {s.key for s in finished}
    undone = [event for event, _ in events if event == "undone"]
    assert [s.key for s in undoable(made, 1, "cutover")] == (
        [OTHER.key] if undone else [ASKED.key, OTHER.key]
    )


def test_what_stands_again_stands_behind_what_was_made_meanwhile() -> None:
    found = history(("done", A), ("done", B), ("undone", A), ("done", A), stage="prepare")
    assert undoable(found, 1, "prepare") == (B, A)


def test_the_same_key_in_another_wave_or_stage_is_another_step() -> None:
    found = join(
        [(1, "prepare", "done", A), (2, "prepare", "done", A), (2, "prepare", "undone", A)]
    )
    assert undoable(found, 1, "prepare") == (A,)
    assert undoable(found, 2, "prepare") == ()
    assert created(found, "target") == frozenset(ACLS)


def test_acls_that_were_there_before_are_not_ours() -> None:
    step = A.model_copy(update={"before": ACLS})
    assert created(history(("done", step), stage="prepare"), "target") == frozenset()


def test_the_last_proof_of_each_principal_is_its_verdict() -> None:
    first = RevokeCredential(
        because="", user="a", mechanism="SCRAM-SHA-256", file="f", name="n", verdict="not proven"
    )
    last = first.model_copy(update={"verdict": "proven"})
    found = history(("done", first), ("done", last), ("end", END), stage="rotate")
    assert verdicts(found, 1) == (last,)
    assert status_of(found, WAVE, "rotate") is Status.PROVEN
    found = history(("done", first), ("end", END), stage="rotate")
    assert status_of(found, WAVE, "rotate") is Status.NOT_PROVEN
    assert status_of(history(("end", END), stage="rotate"), WAVE, "rotate") is Status.DONE


def test_what_counts_every_event_counts_it_whatever_became_of_the_step() -> None:
    found = join(
        [
            (1, "prepare", "run", ""),
            (1, "prepare", "done", A),
            (2, "cutover", "started", B),
            (2, "cutover", "rejected", B),
        ]
    )
    entries = list(found.entries)
    entries[0] = entries[0].model_copy(update={"target": "id"})
    found = Journal(entries=tuple(entries))
    assert waves(found) == (1, 2)
    assert waves(found, "cutover") == (2,)
    assert (last_touched(found, 2, "cutover"), last_touched(found, 1, "cutover")) == (4, 0)
    assert last_change(found) == found.entries[-1].at
    assert targets(found) == {"id"}
    assert (last_change(Journal()), waves(Journal()), targets(Journal())) == (None, (), frozenset())
