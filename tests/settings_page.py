"""docs/topic-settings.md, made of kmig's own tables: `python -m tests.settings_page` writes it."""

from collections.abc import Iterator
from pathlib import Path

from migrate.model.automq import DROPPED, LIMITS_BYOC
from migrate.model.settings import BROKERS_ALONE, RETENTION, SETTINGS, Setting
from migrate.plan.topic_configs import DROPPED_ALWAYS, FOREIGN, LARGEST, WHILE_COPIED

PAGE = Path(__file__).parents[1] / "docs" / "topic-settings.md"

HEAD = """# Settings of topics and brokers

What a topic keeps and takes is decided by its own configs, or else by its brokers'. Brokers of two clusters rarely
say the same. So a topic gets on the target what it *effectively* had on the source: each of the configs below.

* What the topic sets itself, it sets on the target too.
* What the source's brokers gave it (static, dynamic, or Kafka's own default) is set where the target's brokers give
  another value, or do not tell it. `kmig cutover` compares when it restores: a default may change in the meantime.
* Until its producers have moved, a copied topic keeps everything as it came: the column "while it is copied".

`python -m tests.settings_page` writes this page. The inventory has the source's values: `kmig show topics --all`.

## Topics
"""

BETWEEN = f"""
Retention returns last, when it deletes nothing that a group of a wave which is not closed has yet to read:
[kmig cutover](cutover.md#retention-returns-last).

**Compression.** The copier writes uncompressed, and the target's brokers compress, with the codec that most
compressed batches of the source have. The inventory looks at three batches of every topic: one at a start, one in the
middle, one at an end. A topic without any stays without: its consumers may know no codec.

The price: the wire between worker and target carries plain records, and the target's brokers compress. In return one
connector copies every topic, whatever its codec. A record may have {LARGEST - 428_800:,} bytes before compression
(`producer.override.max.request.size`); `kmig plan` names the topics that allow more.

Other configs that a topic sets itself are kept, but for these:

| config | on the target | because |
|---|---|---|
"""

BROKERS = """
`kmig apply` lets the target validate every topic before it makes the first step (`validate_only`), as it is copied
and as it is behind its switch. A refusal, or a value that the target would change, ends the command with its reason.

## Brokers alone

No topic can carry these. `kmig apply` compares them before it makes the first step.

| config of the brokers | a difference |
|---|---|
"""


def page() -> str:
    """The whole page."""
    return "".join(
        [
            HEAD,
            "\n| config | decides | from the brokers' | while it is copied | on AutoMQ |\n|---|---|---|---|---|\n",
            *map(_row, SETTINGS),
            BETWEEN,
            *_others(),
            BROKERS,
            *(f"| `{key}` | {said} |\n" for key, said in BROKERS_ALONE.items()),
            "| `min.insync.replicas` | blocks a wave whose topic would need more replicas than there are brokers |\n",
        ]
    )


def _row(one: Setting) -> str:
    brokers = ", ".join(f"`{name}`" for name, _ in one.brokers)
    copied = f"`{WHILE_COPIED[one.key]}`" if one.key in WHILE_COPIED else "its own"
    if one.key == "compression.type":
        copied = "the codec of its batches"
    if one.key == "segment.bytes":
        copied = f"its own, at least {copied}"
    automq = "not set" if one.key in DROPPED else "the same"
    if one.key in LIMITS_BYOC:
        automq = f"BYOC: {LIMITS_BYOC[one.key][2]}, else refused by `kmig plan`"
    late = " (returns last)" if one.key in RETENTION else ""
    return f"| `{one.key}` | {one.decides} | {brokers} | {copied}{late} | {automq} |\n"


def _others() -> Iterator[str]:
    yield "| `message.timestamp.difference.max.ms` | becomes the two bounds above | split in two by KIP-937 |\n"
    for key, why in DROPPED_ALWAYS.items():
        yield f"| `{key}` | left out | {why} |\n"
    for prefix in FOREIGN:
        yield f"| `{prefix}*` | left out | unknown to the target, which would refuse it |\n"
    for key, why in DROPPED.items():
        if key not in {one.key for one in SETTINGS}:
            yield f"| `{key}` | AutoMQ: left out | {why} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
