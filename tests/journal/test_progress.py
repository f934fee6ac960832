"""What status says of a stage, from the journal alone."""

from datetime import UTC, datetime

import pytest

from migrate.documents.plan import Wave
from migrate.journal.entries import ROOT, Entry, Event, Journal
from migrate.journal.progress import Standing, standing

WAVE = Wave(number=1, name="public-1", workloads=(), principals=(), prepare=())
OTHER = "wave digest of a plan made since"


def journal(*events: tuple[Event, str]) -> Journal:
    entries = []
    for event, key in events:
        detail = f"wave {WAVE.work}" if event == "end" and not key else key
        entries.append(
            Entry(
                seq=1,
                at=datetime(2026, 1, 1, tzinfo=UTC),
                by="me",
                event=event,
                wave=1,
                stage="prepare",
                key="" if event == "end" else key,
                detail=detail,
                prev=ROOT,
            )
        )
    return Journal(entries=tuple(entries))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], Standing.NOTHING),
        ([("run", "")], Standing.NOTHING),
        ([("started", "a")], Standing.BEGUN),
        ([("started", "a"), ("done", "a")], Standing.BEGUN),
        ([("started", "a"), ("done", "a"), ("end", "")], Standing.DONE),
        ([("end", "")], Standing.DONE),
        ([("started", "a"), ("failed", "a")], Standing.FAILED),
        ([("started", "a"), ("failed", "a"), ("done", "a"), ("end", "")], Standing.DONE),
        ([("started", "a"), ("done", "a"), ("end", OTHER)], Standing.BEGUN),
        ([("done", "a"), ("done", "b"), ("end", ""), ("undone", "b")], Standing.BEGUN),
        (
            [("done", "a"), ("done", "b"), ("end", ""), ("undone", "b"), ("undone", "a")],
            Standing.UNDONE,
        ),
        ([("done", "a"), ("end", ""), ("undoing", "a")], Standing.BEGUN),
        ([("done", "a"), ("end", ""), ("undone", "a"), ("end", "")], Standing.DONE),
    ],
)
def test_standing(events: list[tuple[Event, str]], expected: Standing) -> None:
    assert standing(journal(*events), WAVE, "prepare") is expected
