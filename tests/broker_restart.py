"""What must outlive a restart. No target is restarted for a probe: `make soak` restarts a broker of its own."""

from dataclasses import dataclass

from migrate.adapters.kafka.answers import code_name
from migrate.errors import StepFailed
from migrate.probes.records import end_of, produced, producer_id
from migrate.probes.sandbox import Sandbox, expect, until
from migrate.probes.transactions import committed


@dataclass(frozen=True)
class BeforeRestart:
    """What was there: a commit, and one batch of a producer."""

    topic: str
    group: str
    producer: tuple[int, int]


def before(sandbox: Sandbox) -> BeforeRestart:
    """Commit an offset, and write one batch with a producer id."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    leader = sandbox.leader(topic)
    producer = producer_id(sandbox)
    code, _ = produced(sandbox.wire, topic, leader, (*producer, 0))
    expect(code == 0, f"the first batch: {code_name(code)}")
    sandbox.writer.commit_offsets(group, {(topic, 0): (1, "")})
    return BeforeRestart(topic, group, producer)


def _loaded(sandbox: Sandbox, group: str) -> dict[int, int]:
    """Commits, or none while the coordinator still loads them."""
    try:
        return committed(sandbox, group)
    except StepFailed:
        return {}


def after(sandbox: Sandbox, was: BeforeRestart) -> str:
    """The commit is there, and the same batch again is not stored again."""
    until("a leader after the restart", lambda: sandbox.has_leaders(was.topic, 1))
    until("the commit after the restart", lambda: _loaded(sandbox, was.group) == {0: 1})
    produced(sandbox.wire, was.topic, sandbox.leader(was.topic), (*was.producer, 0))
    end = end_of(sandbox, was.topic)
    expect(end == 1, f"one batch, sent before and after, is stored {end} times")
    return "the commit is there; a batch sent before and after is stored once"
