"""Which stage `kmig rollback` undoes: the last one, and a prune wherever in time it was made."""

from datetime import UTC, datetime

import pytest

from migrate.execute.rollback import latest
from migrate.journal.entry import Entry
from migrate.journal.standing import Journal
from migrate.steps import CreateAcls, DeleteAcls
from tests.estate import acls

ONE = acls("ALLOW READ on topic t to User:a")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (("prepare",), "prepare"),
        (("prepare", "prune"), "prune"),
        (("prepare", "prune", "cutover"), "cutover"),
        (("prepare", "cutover", "prune"), "prune"),
        (("prepare", "replicate", "prune", "rotate"), "rotate"),
        ((), "prepare"),
    ],
)
def test_the_last_that_was_made_is_undone_first(order: tuple[str, ...], expected: str) -> None:
    entries = []
    for number, stage in enumerate(order, 1):
        kind = DeleteAcls if stage == "prune" else CreateAcls
        step = kind(because="test", part=stage, acls=ONE)
        entry = {"seq": number, "at": datetime(2026, 1, 1, tzinfo=UTC), "by": "me", "prev": ""}
        entries.append(Entry(**entry, event="done", wave=1, stage=stage, key=step.key, step=step))
    assert latest(Journal(entries=tuple(entries)), 1) == expected
