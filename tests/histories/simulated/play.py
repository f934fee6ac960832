"""One history's run in a world of its own, and an operation's answer there; modules beside this one add to it."""

from dataclasses import dataclass, field
from functools import singledispatch
from typing import Literal

from migrate.rehearse.worlds.calls import Calls
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.connect import Connect
from migrate.rehearse.worlds.consuming import Process
from migrate.rehearse.worlds.facts import Facts
from migrate.rehearse.worlds.hands import WorldSession
from migrate.rehearse.worlds.history import ClusterSpec
from migrate.rehearse.worlds.log import Log, Transaction
from migrate.rehearse.worlds.producing import Writer
from migrate.rehearse.worlds.programs import Doings
from migrate.rehearse.worlds.timeline import Timeline
from tests.histories import ops
from tests.histories.history import History
from tests.histories.ops import OK, Answer

Side = Literal["source", "target"]
ADMIN = "User:admin"
_STEP = 0.25


class NotModelledError(Exception):
    """The world has nothing like it; the message says what."""


@dataclass
class Producer:
    """A producer that began; `transaction` is the one that it goes on with."""

    principal: str
    tx: str
    timeout: float
    transaction: Transaction | None = None


@dataclass
class Play:
    """The state of one history."""

    source: Cluster
    target: Cluster
    connect: Connect
    doings: Doings = field(default_factory=Doings)
    side: Side = "source"
    user: str = ""
    values: dict[int, str | None] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    batches: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    dynamic: frozenset[str] = frozenset()
    producers: dict[str, Producer] = field(default_factory=dict)
    sessions: dict[tuple[Side, str], WorldSession] = field(default_factory=dict)
    consumers: dict[str, tuple[Process, int]] = field(default_factory=dict)
    writers: dict[str, Writer] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        return self.source if self.side == "source" else self.target

    @property
    def timeline(self) -> Timeline:
        return self.source.timeline

    @property
    def principal(self) -> str:
        return f"User:{self.user}" if self.user else ADMIN

    def log(self, topic: str, partition: int = 0) -> Log:
        return self.cluster.log(topic, partition)

    def require_admin(self, what: str) -> None:
        """Nobody but administrators and kmig does such things in a world, and they may."""
        if self.user:
            raise NotModelledError(f"the right to {what}")

    def require(self, operation: str, kind: str, name: str) -> None:
        self.cluster.require(self.principal, operation, kind, name, self.cluster.broker_ids[0])


@singledispatch
def answer(op: object, play: Play) -> Answer:
    raise NotModelledError(type(op).__name__)


@answer.register
def _(op: ops.OnTarget, play: Play) -> Answer:
    before, play.side = play.side, "target"
    try:
        return answer(op.op, play)
    finally:
        play.side = before


@answer.register
def _(op: ops.As, play: Play) -> Answer:
    before, play.user = play.user, op.user
    session = play.sessions.get((play.side, op.user))
    try:
        if session is not None and not session.alive():
            return "DISCONNECTED"
        return answer(op.op, play)
    except BrokerError as error:
        return error.code
    finally:
        play.user = before


@answer.register
def _(op: ops.Wait, play: Play) -> Answer:
    play.timeline.advance(op.seconds)
    return OK


@answer.register
def _(op: ops.Until, play: Play) -> Answer:
    until = play.timeline.now + op.seconds
    while (found := _told(op.op, play)) != op.answer and play.timeline.now < until:
        play.timeline.advance(_STEP)
    return found


def _told(op: object, play: Play) -> Answer:
    try:
        return answer(op, play)
    except BrokerError as error:
        return error.code


def played(history: History, version: str) -> tuple[Answer, ...]:
    """All answers of one history, in a world of that version."""
    timeline, facts = Timeline(), Facts()
    # what a time-out of an hour ago, and records of ten days ago, need before them
    timeline.advance(1_000_000.0)
    spec = ClusterSpec(
        version=version, brokers=1, lifetime=0.0, defaults={"offsets.retention.minutes": "1"}
    )
    source = Cluster("source", timeline, facts, spec)
    target = Cluster("target", timeline, facts, spec.model_copy(update={"allow_everyone": True}))
    play = Play(source, target, Connect(source, target, ADMIN, version))
    for user in history.users:
        _told(ops.SetPassword(user, user), play)
    return tuple(_told(op, play) for op, _ in history.turns)


def calls(play: Play) -> Calls:
    """kmig's calls, with no faults."""
    return Calls(play.timeline)
