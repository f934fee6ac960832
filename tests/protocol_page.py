"""Writes docs/protocol.md: every probe against Kafka 3.9.1, 4.3.1 and two brokers that lie (some six minutes).

Run by `make soak`, and after a change to probes: python -m tests.protocol_page
"""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from bench.estate import CACHE
from migrate.adapters.kafka.reader import KafkaReader
from migrate.checks.protocol import Needs, api_versions
from migrate.model.probe import Need, Outcome
from migrate.probes.apis import Versions
from migrate.probes.catalogue import CATALOG
from migrate.probes.sandbox import ProbeFailed, Sandbox
from migrate.rehearse.lab.local import archives, home, tools
from tests import broker_restart, lying_broker
from tests.protocol_text import page
from tests.targets import Lie, Target, target

PAGE = Path(__file__).parents[1] / "docs" / "protocol.md"
TARGETS: dict[str, tuple[str, Lie | None]] = {
    "Kafka 3.9.1": ("3.9.1", None),
    "Kafka 4.3.1": ("4.3.1", None),
    "AutoMQ-like fake": ("3.9.1", lying_broker.automq_like),
    "incomplete fake": ("3.9.1", lying_broker.incomplete),
}
INTRO = """
# What a target really does

`kmig verify protocol` asks a target, instead of believing what it announces. It writes to topics, groups, a user, an
ACL and a quota of its own (`_kmig-probe-…`), reads back what it wrote, and removes them.

* Each probe runs in its own process, through librdkafka *and* kafka-python where both can. A client that crashes or
  hangs is a finding.
* The verdict counts what the estate or kmig needs. The table shows everything.
* A probe that fails or times out is repeated when all others have ended, with twice the time. Its evidence holds both
  attempts.
* `unknown` is what could not be asked: it is no pass.

What the target fails is asked of the source too. So you see whether it is a difference, or something that the source
never did. The source's answer is printed beside the target's, and does not change the verdict.

* On the source kmig uses topics, groups and transactions of its own, through the client that failed. It logs in as
  the principal of `source.write_command_config`.
* Users, ACLs and quotas are not made on the source.

```text
passed         through       seconds  evidence
codec-zstd     librdkafka        1.2  200 records, each as written
…
fail: max-timestamp through librdkafka, 2.2 s
  target     offset -1001, not 1 (repeated: the same)
  source     pass: offset 1 of 3
  needed by  orders-enricher, reports
  effect     tools that ask how fresh a topic is get an error or a lost connection

fail: 31 of 32 checks
```

No line is wider than 100 columns. Long evidence is cut with a count; `-o json` and the report have all of it.

## Where these answers come from

`python -m tests.protocol_page` writes this page, on one broker each. The source of `api-versions` is Kafka 3.9.1, and
the estate one that needs everything.

The two fakes are real Kafka 3.9.1 behind a proxy that rewrites some answers (`tests/lying_broker.py`). One does what
AutoMQ 1.6.7 and 1.7.3 were seen to do. The other announces what it does not do. **Neither is AutoMQ.**
"""


def main() -> None:
    """Ask all of them, and write the page."""
    found = tools.find(os.environ)
    homes = {v: home.fetch(v, CACHE, found, print) for v in home.VERSIONS}
    for one in homes.values():
        archives.ensure(one, dict(os.environ), print)
    columns: dict[str, list[Outcome]] = {}
    source: Versions = {}
    for name, (version, lie) in TARGETS.items():
        with (
            tempfile.TemporaryDirectory() as place,
            target(homes[version], Path(place), lie) as there,
        ):
            wire = there.wire()
            offered = dict(KafkaReader(wire).describe().apis)
            source = source or offered
            asked = [one for one in CATALOG if one.name not in ("api-versions", "broker-restart")]
            columns[name] = [
                api_versions(source, offered, EVERYTHING, 0.0),
                *_shown(name, there.probing.outcomes(asked)),
                *_shown(name, iter([_restarted(there)])),
            ]
            print(name, "left behind:", there.probing.sweep(wire) or "nothing")
            wire.close()
    PAGE.write_text(page(INTRO, columns))


EVERYTHING: Needs = dict.fromkeys(get_args(Need), ("everybody",))


def _restarted(there: Target) -> Outcome:
    """The one probe that restarts its broker."""
    began = time.monotonic()
    settings = there.probing.settings
    was = broker_restart.before(Sandbox(settings, "broker-restart"))
    there.restart()
    try:
        result, said = "pass", broker_restart.after(Sandbox(settings, "broker-restart"), was)
    except ProbeFailed as fault:
        result, said = "fail", str(fault)
    took = round(time.monotonic() - began, 2)
    return Outcome.model_validate(
        {"probe": "broker-restart", "client": "requests", "result": result}
        | {"seconds": took, "evidence": said}
    )


def _shown(name: str, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    for one in outcomes:
        print(
            f"{name}: {one.result:11} {one.probe:24} {one.client:12} {one.seconds:6.1f} {one.evidence}"
        )
        yield one


if __name__ == "__main__":
    main()
