"""Brokers that lie, before real Kafka: every lie is a `fail`, nothing hangs or crashes, nothing is taken for done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from migrate.adapters.clock import SystemClock
from migrate.adapters.kafka.logins import KafkaLogins
from migrate.adapters.kafka.reader import KafkaReader
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.adapters.secrets import Secrets
from migrate.errors import KmigError
from migrate.execute.run import run
from migrate.model.automq import contradiction, signs
from migrate.model.probe import Outcome
from migrate.ports import Site, Sites, WritableSite
from migrate.probes.catalogue import CATALOG
from migrate.rehearse.lab.local.home import Home
from migrate.steps import CreateAcls, CreateCredential, CreateTopic, Step
from tests import lying_broker
from tests.fakes.memory_moving import MemorySecrets
from tests.live.test_kafka_defects import Hurried
from tests.steps_table import STEPS
from tests.targets import Target, target


@pytest.fixture(scope="module")
def automq(homes: dict[str, Home], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(homes["3.9.1"], tmp_path_factory.mktemp("automq"), lying_broker.automq_like) as it:
        yield it


@pytest.fixture(scope="module")
def incomplete(
    homes: dict[str, Home], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    with target(homes["3.9.1"], tmp_path_factory.mktemp("lies"), lying_broker.incomplete) as it:
        yield it


def asked(there: Target, *names: str) -> dict[tuple[str, str], Outcome]:
    probes = [one for one in CATALOG if one.name in names]
    there.probing.attempts = 1
    found: dict[tuple[str, str], Outcome] = {
        (o.probe, o.client): o for o in there.probing.outcomes(probes, 40.0)
    }
    wire = there.wire()
    there.probing.sweep(wire)
    wire.close()
    return found


ISSUED = "KMIG_TEST_ISSUED"
LIES = {
    ("validate-only", "requests"): "the topic was created",
    ("acls", "requests"): "expected 1 result, got 0",
    ("scram", "requests"): "waiting for the user to be listed",
    ("scram", "librdkafka"): "waiting for the user to be listed",
    ("scram", "kafka-python"): "waiting for the user to be listed",
    ("denials", "requests"): "waiting for the user to be listed",
    ("max-timestamp", "requests"): "closed",
    ("max-timestamp", "librdkafka"): "",
    ("commit-for-empty-group", "requests"): "metadata '' was read back",
}


def test_every_lie_of_an_incomplete_broker_is_a_failure(incomplete: Target) -> None:
    found = asked(incomplete, *{name for name, _ in LIES}, "codec-none", "delete-offsets")
    for key, said in LIES.items():
        assert found[key].result == "fail", found[key]
        assert said in found[key].evidence
        assert found[key].seconds < 40, "its bound"
    truths = {key: one.result for key, one in found.items() if key not in LIES}
    assert set(truths.values()) == {"pass"}


def test_an_automq_like_broker_passes_but_for_what_it_does_not_offer(automq: Target) -> None:
    names = (
        "create-topic",
        "consumer-protocol",
        "codec-zstd",
        "idempotence",
        "validate-only",
        "acls",
    )
    found = asked(automq, *names)
    results = {key: one.result for key, one in found.items()}
    assert results.pop(("consumer-protocol", "librdkafka")) == "not offered"
    assert set(results.values()) == {"pass"}
    assert (
        "also set, without a request: min.insync.replicas"
        in found["create-topic", "requests"].evidence
    )


@contextmanager
def sites(there: Target, clock: SystemClock) -> Iterator[tuple[Sites, KafkaReader]]:
    """The same target on both sides: nothing of it is read from source."""
    wire = there.wire()
    secrets = Secrets({ISSUED: "pw-of-life"}, Path())
    reader, writer = KafkaReader(wire), KafkaWriter(wire, secrets)
    logins = KafkaLogins(wire, secrets, None, 5.0)
    source = Site("source", reader, logins, None)  # type: ignore[arg-type]
    side = WritableSite("target", reader, logins, None, writer)  # type: ignore[arg-type]
    try:
        yield Sites(source, side, clock, store=Given({})), reader
    finally:
        wire.close()


class Given(MemorySecrets):
    """A store whose secret is there."""

    def provided(self, path: str, key: str) -> bool:
        return True


def step(kind: type[Step]) -> Step:
    return next(s for s in STEPS if isinstance(s, kind))


def test_topics_and_acls_are_replayed_onto_an_automq_like_broker(automq: Target) -> None:
    with sites(automq, SystemClock()) as (world, reader):
        facts = reader.describe()
        seen = list(signs(facts.apis, facts.features, {}))
        assert contradiction("apache", seen)
        assert not contradiction("automq-oss", seen)
        steps = [step(CreateTopic), *(s for s in STEPS if isinstance(s, CreateAcls))]
        assert events(world, steps) == ["started", "done"] * len(steps)
        assert events(world, steps) == ["kept"] * len(steps)


def events(world: Sites, steps: Sequence[Step]) -> list[str]:
    """What became of each step, up to the first that failed; errors are what the executor tells, or raises."""
    found: list[str] = []
    try:
        for one in run(steps, world, {}):
            found.append(one.event)
    except KmigError as error:
        found.append(type(error).__name__)
    return found


@pytest.mark.parametrize("kind", [CreateAcls, CreateCredential])
def test_nothing_that_an_incomplete_broker_only_says_is_taken_for_done(
    kind: type[Step], incomplete: Target
) -> None:
    wanted = step(kind)
    if isinstance(wanted, CreateCredential):
        wanted = wanted.model_copy(update={"issued": True, "secret": f"${{env:{ISSUED}}}"})
    with sites(incomplete, Hurried()) as (world, _):
        assert events(world, [wanted])[:2] == ["started", "failed"]
