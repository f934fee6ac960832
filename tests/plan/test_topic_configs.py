from migrate.model.settings import SETTINGS, agreed, defaults
from migrate.plan.topic_configs import WHILE_COPIED, decide

COPIED = {**WHILE_COPIED, "compression.type": "producer"}
DEFAULTS = dict.fromkeys(COPIED)
KAFKA = {
    "log.cleanup.policy": "delete",
    "log.retention.hours": "168",
    "log.retention.bytes": "-1",
    "message.max.bytes": "1048588",
    "compression.type": "producer",
}


def test_what_is_set_is_kept_and_what_could_lose_records_waits() -> None:
    made = decide({"cleanup.policy": "compact", "compression.type": "lz4", "retention.ms": "1"})
    assert made.created == {**COPIED, "compression.type": "lz4"}
    assert made.restored == {
        **{key: None for key in DEFAULTS if key != "compression.type"},
        "cleanup.policy": "compact",
        "retention.ms": "1",
    }
    assert {one.fate for one in made.decided} == {"kept"}


def test_what_nobody_has_told_returns_to_the_brokers_default() -> None:
    assert decide({}).restored == DEFAULTS


def test_what_is_the_same_while_copied_needs_no_return() -> None:
    assert "retention.ms" not in decide({"retention.ms": "-1"}).restored


def test_what_the_target_does_not_know_is_dropped_or_translated_and_said() -> None:
    made = decide({"message.format.version": "2.0", "message.timestamp.difference.max.ms": "5"})
    assert made.created == COPIED
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


def test_what_the_sources_brokers_give_is_inherited_but_for_what_the_topic_sets() -> None:
    told = defaults({**KAFKA, "log.retention.ms": "-1"})
    made = decide({"max.message.bytes": "9"}, "apache", told)
    assert made.inherited == {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "compression.type": "producer",
    }
    assert made.restored == {
        key: None for key in sorted(WHILE_COPIED) if key.startswith("message.timestamp")
    } | {"max.message.bytes": "9", "segment.bytes": None}


def test_what_automq_does_not_know_is_not_inherited_either() -> None:
    told = {"min.insync.replicas": "2", "retention.ms": "-1"}
    assert decide({}, "automq-oss", told).inherited == {"retention.ms": "-1"}
    refused = decide({}, "automq-byoc", told).decided
    assert [(one.key, one.fate) for one in refused] == [("retention.ms", "refused")]
    assert refused[0].because == "AutoMQ BYOC allows 1 hour to 60 days; its brokers set it"


def test_a_copy_is_compressed_with_the_codec_that_the_topic_has() -> None:
    told = defaults(KAFKA)
    assert decide({}, "apache", told).created["compression.type"] == "producer"
    made = decide({}, "apache", told, "gzip")
    assert made.created["compression.type"] == "gzip"
    assert made.inherited["compression.type"] == "producer"
    made = decide({"compression.type": "lz4"}, "apache", told, "gzip")
    assert made.created["compression.type"] == "lz4"
    assert "compression.type" not in made.restored
    made = decide({}, "apache", {**told, "compression.type": "zstd"}, "gzip")
    assert made.created["compression.type"] == "zstd"


def test_a_segment_of_a_copy_holds_every_batch() -> None:
    told = {"segment.bytes": "1048576"}
    made = decide({}, "apache", told)
    assert (made.created["segment.bytes"], made.inherited) == ("67108864", told)
    made = decide({"segment.bytes": "1048576"}, "apache", told)
    assert made.created["segment.bytes"] == "67108864"
    assert made.restored["segment.bytes"] == "1048576"
    large = {"segment.bytes": "1073741824"}
    assert decide({}, "apache", large).created["segment.bytes"] == "1073741824"
    assert "segment.bytes" not in decide(large, "apache", told).restored


def test_older_and_newer_bounds_of_time() -> None:
    """Brokers of 3.6 to 3.9 have both; older ones have the difference alone, newer ones none."""
    longest = str(2**63 - 1)
    before, after = (f"log.message.timestamp.{side}.max.ms" for side in ("before", "after"))
    old = "log.message.timestamp.difference.max.ms"
    for told, wanted in (
        ({old: "5"}, ("5", "5")),
        ({old: "5", before: longest, after: longest}, ("5", "5")),
        ({old: longest, before: "7", after: longest}, ("7", longest)),
        ({before: longest, after: "3600000"}, (longest, "3600000")),
    ):
        found = defaults(told)
        sides = ("message.timestamp.before.max.ms", "message.timestamp.after.max.ms")
        assert tuple(found[side] for side in sides) == wanted


def test_what_brokers_differ_in_is_told_by_none() -> None:
    assert agreed([{"a": "1", "b": "2"}, {"a": "1", "b": "3"}]) == {"a": "1"}
    assert agreed([]) == {}
    assert len({one.key for one in SETTINGS}) == len(SETTINGS)
