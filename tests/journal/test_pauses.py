"""Who stands still, for how long, by the events of a cutover: over several runs, and not after a rollback."""

from datetime import UTC, datetime, timedelta

from migrate.journal.pauses import Pauses, Stopwatch
from migrate.steps import AwaitMembers, Step, SwitchClients

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def switch(verb: str, workload: str, role: str = "consumers") -> SwitchClients:
    side = "source" if verb == "stop" else "target"
    fields = {"command": ("true",), "opposite": ("true",), "seconds": 1.0, "because": "test"}
    return SwitchClients.model_validate(
        {"workload": workload, "role": role, "verb": verb, "side": side, **fields}
    )


SEEN = AwaitMembers(
    because="test", until="", part="consumers", groups=("a", "b"), health={}, seconds=1.0
)


def after(*events: tuple[str, Step]) -> Stopwatch:
    """Ten seconds between one and the next."""
    made = Stopwatch()
    for index, (event, step) in enumerate(events):
        made.note(event, step, BEGIN + timedelta(seconds=10 * index))
    return made


def test_consumers_stand_still_until_all_of_them_were_seen_at_work() -> None:
    events: list[tuple[str, Step]] = [
        ("started", switch("stop", "a")),
        ("started", switch("stop", "b")),
        ("done", switch("start", "a")),
    ]
    assert "consumers" in after(*events).still(), "b is not back"
    events += [("done", switch("start", "b")), ("started", SEEN), ("failed", SEEN)]
    assert "consumers" in after(*events).still(), "nobody saw them"
    again = after(*events, ("started", SEEN), ("done", SEEN))
    assert again.pauses() == Pauses(consumers=70.0)
    assert not again.still()


def test_producers_are_back_when_the_last_is_started() -> None:
    made = after(
        ("started", switch("stop", "x", "producers")),
        ("started", switch("stop", "y", "producers")),
        ("done", switch("start", "x", "producers")),
        ("done", switch("start", "y", "producers")),
    )
    assert made.pauses() == Pauses(writes=30.0)


def test_what_was_rolled_back_is_no_pause_of_the_next_cutover() -> None:
    events: list[tuple[str, Step]] = [
        ("started", switch("stop", "a")),
        ("done", switch("start", "a")),
        ("started", SEEN),
        ("undoing", switch("start", "a")),
        ("undone", switch("start", "a")),
        ("undoing", switch("stop", "a")),
    ]
    assert "consumers" in after(*events).still(), "they stand still while they are taken back"
    events.append(("undone", switch("stop", "a")))
    assert after(*events).pauses() == Pauses()
    assert not after(*events).still()
    events += [("started", switch("stop", "a")), ("done", switch("start", "a"))]
    assert after(*events).pauses() == Pauses(consumers=10.0)
