from migrate.plan.topic_configs import WHILE_COPIED, decide

DEFAULTS = dict.fromkeys(WHILE_COPIED)


def test_what_is_set_is_kept_and_what_could_lose_records_waits() -> None:
    made = decide({"cleanup.policy": "compact", "compression.type": "lz4", "retention.ms": "1"})
    assert made.created == {"compression.type": "lz4", **WHILE_COPIED}
    assert made.restored == {**DEFAULTS, "cleanup.policy": "compact", "retention.ms": "1"}
    assert {one.fate for one in made.decided} == {"kept"}


def test_what_was_not_set_returns_to_the_brokers_default() -> None:
    assert decide({}).restored == DEFAULTS


def test_what_is_the_same_while_copied_needs_no_return() -> None:
    assert "retention.ms" not in decide({"retention.ms": "-1"}).restored


def test_what_the_target_does_not_know_is_dropped_or_translated_and_said() -> None:
    made = decide({"message.format.version": "2.0", "message.timestamp.difference.max.ms": "5"})
    assert made.created == WHILE_COPIED
    assert made.restored == {
        **DEFAULTS,
        "message.timestamp.before.max.ms": "5",
        "message.timestamp.after.max.ms": "5",
    }
    assert [one.fate for one in made.decided] == ["dropped", "translated"]


def test_explicit_bounds_are_not_overwritten_by_the_old_one() -> None:
    made = decide(
        {"message.timestamp.after.max.ms": "7", "message.timestamp.difference.max.ms": "5"}
    )
    assert made.restored == {
        **DEFAULTS,
        "message.timestamp.before.max.ms": "5",
        "message.timestamp.after.max.ms": "7",
    }
