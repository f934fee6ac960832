"""A client program: how it lives, logs in and is cut off. What it writes and reads: `producing`, `consuming`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.history import ClientSpec
from migrate.rehearse.worlds.timeline import Timeline

SESSION_SECONDS = 45.0
RETRY_SECONDS = 5.0
GIVE_UP_SECONDS = 120.0
"""What a producer tries for, before it drops a record (delivery.timeout.ms)."""

RESTART_SECONDS = 30.0
LONGEST_RESTART, WORKS_SECONDS = 300.0, 600.0
"""A supervisor waits twice as long after each crash, up to five minutes; after ten minutes of work it has forgotten
earlier crashes (Kubernetes' CrashLoopBackOff)."""

TRANSACTION_SECONDS = 60.0


class Processed(NamedTuple):
    """A record that a consumer processed: when, in which group, on which side, and where it stood there."""

    at: float
    client: str
    group: str
    side: str
    place: TopicPartition
    offset: int
    number: int


class Reset(NamedTuple):
    """A position outside a log, from which a consumer went on as its auto.offset.reset says."""

    at: float
    group: str
    side: str
    place: TopicPartition
    before: int
    after: int


class Dropped(NamedTuple):
    """A record that a producer gave up: refused for good, or not written for two minutes; with the last refusal.

    `stopping` says that its `process` had been told to stop, and did not.
    """

    at: float
    client: str
    topic: str
    side: str
    code: str
    stopping: bool = False
    process: str = ""


class Login(NamedTuple):
    """What a client's files say: the side, and how it logs in there."""

    side: str
    mechanism: str
    password: str


@dataclass
class Doings:
    """What all clients did: what judges go by. `answers` says of a record which programs led to it, by reading."""

    processed: list[Processed] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    resets: list[Reset] = field(default_factory=list)
    refused: list[tuple[float, str, str, str]] = field(default_factory=list)
    began: dict[tuple[str, TopicPartition], tuple[int, str]] = field(default_factory=dict)
    answers: dict[int, frozenset[str]] = field(default_factory=dict)
    numbers: int = 0

    def next_number(self) -> int:
        """Return the identity of the next record."""
        self.numbers += 1
        return self.numbers


@dataclass
class Surroundings:
    """What a client sees of the world."""

    timeline: Timeline
    clusters: dict[str, Cluster]
    login: Callable[[ClientSpec], Login | None]
    typing: Callable[[], bool]
    doings: Doings


class Program:
    """One running program. It ends for good when it is stopped; a crash is followed by its restart."""

    def __init__(self, spec: ClientSpec, around: Surroundings, number: int) -> None:
        self.spec, self.around = spec, around
        self.id = f"{spec.name}-{number}"
        self.alive, self.connected, self.stopping = True, False, False
        self.login: Login | None = None
        self.crashed_by = ""
        self.born, self.told_to_stop = around.timeline.now, 0.0
        self.ended: float | None = None
        self._since = self._began = 0.0
        self._crashes = 0

    @property
    def cluster(self) -> Cluster:
        """The cluster that its files name."""
        assert self.login is not None
        return self.around.clusters[self.login.side]

    @property
    def principal(self) -> str:
        """Whom brokers know it as."""
        return f"User:{self.user}"

    @property
    def user(self) -> str:
        """Whom it logs in as."""
        return self.spec.user or self.spec.name

    @property
    def working(self) -> bool:
        """Whether it runs and is connected."""
        return self.alive and self.connected

    # its life

    def start(self) -> None:
        """Read the files, log in, and begin; a supervisor tries again where that fails."""
        if not self.alive:
            return
        self.login = self.around.login(self.spec)
        if self.login is None or not self._logs_in():
            self.again("SASL_AUTHENTICATION_FAILED")
            return
        self._since = self._began = self.around.timeline.now
        try:
            self.join()
        except BrokerError as error:
            self.again(error.code)
            return
        self.connected, self.crashed_by = True, ""
        self.begin()

    def stop(self, *, clean: bool) -> None:
        """End for good: a clean stop commits and leaves, a kill does neither."""
        if not self.alive:
            return
        if clean and self.connected:
            self.finish()
        self.alive, self.ended = False, self.around.timeline.now
        self._disconnect(at_once=clean)

    def join(self) -> None:
        """Get ready to work; raise where a broker says no."""

    def begin(self) -> None:
        """Begin to work."""

    def finish(self) -> None:
        """Finish what was begun, before a clean end."""

    def forget(self) -> None:
        """Forget the connection."""

    def again(self, code: str) -> None:
        """Crash, and be started again by a supervisor."""
        now = self.around.timeline.now
        self.crashed_by = code
        self.around.doings.refused.append((now, self.spec.name, self.side, code))
        if self.connected and now - self._began > WORKS_SECONDS:
            self._crashes = 0
        self._disconnect(at_once=True)
        wait = min(LONGEST_RESTART, RESTART_SECONDS * 2**self._crashes)
        self._crashes = min(self._crashes + 1, 10)
        self.around.timeline.after(wait, self.start)

    @property
    def side(self) -> str:
        """The side that its files name; empty where they name none."""
        return self.login.side if self.login else ""

    def _disconnect(self, *, at_once: bool) -> None:
        self.connected = False
        if self.login is None:
            return
        self.forget()
        if self.spec.group:
            leave = partial(self.cluster.groups.leave, self.spec.group, self.id)
            if at_once:
                leave()
            else:
                self.around.timeline.after(SESSION_SECONDS, leave)

    def _logs_in(self) -> bool:
        login = self.login
        assert login is not None
        return self.cluster.logs_in(self.user, login.mechanism, login.password)

    def still_authenticated(self) -> bool:
        """Log in again when the session's lifetime is over, with what was read at the start (KIP-368)."""
        lifetime, now = self.cluster.lifetime, self.around.timeline.now
        if lifetime and now - self._since > lifetime:
            if not self._logs_in():
                self.again("SASL_AUTHENTICATION_FAILED")
                return False
            self._since = now
        return True
