"""The rest of kmig's ports in a world: logins, sessions, access, the copy, hooks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from migrate.errors import CannotTell, NotAuthenticated, NotAuthorized, StepFailed, Unreachable
from migrate.model.access import AccessQuestion, EffectiveAccess
from migrate.model.acl import TOPIC_OPERATIONS
from migrate.model.copier import Copier
from migrate.model.record import TopicPartition
from migrate.model.reference import Reference
from migrate.ports.moving import HookCall
from migrate.rehearse.worlds.calls import Calls
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.codes import BrokerError
from migrate.rehearse.worlds.connect import Connect

_Answer = TypeVar("_Answer")
_GROUP_OPERATIONS = ("READ", "DESCRIBE", "DELETE")
_CLUSTER_OPERATIONS = ("CREATE", "ALTER", "DESCRIBE", "IDEMPOTENT_WRITE")


class WorldLogins:
    """See `migrate.ports.Logins`."""

    def __init__(self, cluster: Cluster, calls: Calls, secret: Callable[[Reference], str]) -> None:
        self._cluster, self._calls, self._secret = cluster, calls, secret

    def refused_by(self, user: str, mechanism: str, secret: Reference) -> tuple[str, ...]:
        """See `Logins`."""
        password, side = self._secret(secret), self._cluster.side

        def ask() -> tuple[str, ...]:
            if self._cluster.logs_in(user, mechanism, password):
                return ()
            return tuple(f"{side}-{broker}:9092" for broker in self._cluster.broker_ids)

        return self._calls.read(f"{side}.refused_by", ask)

    def offers(self, mechanism: str) -> bool:
        """See `Logins`."""
        return self._calls.read(f"{self._cluster.side}.offers", lambda: bool(mechanism))

    def sessions(self, user: str, mechanism: str, secret: Reference) -> tuple["WorldSession", ...]:
        """See `Logins`."""
        password, side = self._secret(secret), self._cluster.side

        def open_all() -> tuple[WorldSession, ...]:
            if not self._cluster.logs_in(user, mechanism, password):
                raise NotAuthenticated(f"cannot log in as `{user}` on {side}-1:9092: (58)")
            now = self._cluster.timeline.now
            return tuple(
                WorldSession(self._cluster, self._calls, f"{side}-{broker}:9092", now)
                for broker in self._cluster.broker_ids
            )

        return self._calls.read(f"{side}.sessions", open_all)


@dataclass
class WorldSession:
    """See `migrate.ports.Session`: brokers close it at its first request after its lifetime."""

    cluster: Cluster
    calls: Calls
    broker: str
    began: float

    @property
    def lifetime(self) -> float:
        """See `Session`."""
        return self.cluster.lifetime

    def alive(self) -> bool:
        """See `Session`."""

        def ask() -> bool:
            lifetime = self.cluster.lifetime
            return not lifetime or self.cluster.timeline.now - self.began <= lifetime

        return self.calls.read(f"{self.cluster.side}.alive", ask)

    def close(self) -> None:
        """See `Session`."""


class WorldAccess:
    """See `migrate.ports.Access`: what brokers authorize, asked with the login of each workload."""

    def __init__(self, cluster: Cluster, calls: Calls, secret: Callable[[Reference], str]) -> None:
        self._cluster, self._calls, self._secret = cluster, calls, secret

    def of(
        self, user: str, mechanism: str, secret: Reference, question: AccessQuestion
    ) -> EffectiveAccess:
        """See `Access`."""
        password, side = self._secret(secret), self._cluster.side

        def ask() -> EffectiveAccess:
            if not self._cluster.logs_in(user, mechanism, password):
                raise NotAuthenticated(f"cannot log in as `{user}` on {side}-1:9092: (58)")
            return self._effective(f"User:{user}", question)

        return self._calls.read(f"{side}.access", ask)

    def anonymous(self, question: AccessQuestion) -> EffectiveAccess | None:  # noqa: ARG002
        """See `Access`: every listener of a world wants a login."""
        return None

    def stranger(self, question: AccessQuestion) -> EffectiveAccess:
        """See `Access`."""
        return self._calls.read(
            f"{self._cluster.side}.stranger",
            lambda: self._effective("User:kmig-stranger", question),
        )

    def mechanism(self, place: Reference, otherwise: str) -> str:
        """See `Access`."""
        return self._secret_or(place, otherwise)

    def _secret_or(self, place: Reference, otherwise: str) -> str:
        try:
            return self._secret(place)
        except (KeyError, StepFailed, CannotTell):
            return otherwise

    def _effective(self, principal: str, question: AccessQuestion) -> EffectiveAccess:
        broker = self._cluster.broker_ids[0]

        def may(kind: str, name: str, operations: Iterable[str]) -> frozenset[str]:
            return frozenset(
                o for o in operations if self._cluster.allows(principal, o, kind, name, broker)
            )

        cluster = may("CLUSTER", "kafka-cluster", _CLUSTER_OPERATIONS)
        return EffectiveAccess(
            topics={t: may("TOPIC", t, TOPIC_OPERATIONS) for t in question.topics},
            groups={g: may("GROUP", g, _GROUP_OPERATIONS) for g in question.groups},
            cluster=cluster,
            describes={
                i: bool(may("TRANSACTIONAL_ID", i, ("DESCRIBE",)))
                for i in question.transactional_ids
            },
            lists_acls="DESCRIBE" in cluster,
        )


class WorldCopy:
    """See `migrate.ports.CopyCluster`: Connect's REST interface as kmig's adapter asks it."""

    def __init__(self, connect: Connect, calls: Calls) -> None:
        self._connect, self._calls = connect, calls

    def kafka_cluster_id(self) -> str:
        """See `CopyCluster`."""
        return self._read("kafka_cluster_id", lambda: self._connect.target.id)

    def version(self) -> str:
        """See `CopyCluster`."""
        return self._read("version", lambda: self._connect.version)

    def silent(self) -> tuple[str, ...]:
        """See `CopyCluster`."""
        return ()

    def refusals(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """See `CopyCluster`."""

        def ask() -> tuple[str, ...]:
            wanted = config.get("exactly.once.support") == "required"
            if wanted and not self._connect.exactly_once:
                return ("http://mm2:8083: exactly.once.support: the worker does not support it",)
            return ()

        return self._read("refusals", ask)

    def copy(self, name: str) -> Copier | None:
        """See `CopyCluster`."""
        return self._read("copy", lambda: self._copier(name))

    def _copier(self, name: str) -> Copier | None:
        connector = self._connect.connectors.get(name)
        if connector is None:
            return None
        unsettled = self._connect.unsettled_until > self._connect.timeline.now
        return Copier(
            name=name,
            config=dict(connector.config),
            state="" if unsettled else connector.state,
            tasks=tuple(task.state for task in connector.tasks),
            traces=tuple(task.trace for task in connector.tasks if task.trace),
        )

    def positions(self, names: Iterable[str]) -> dict[TopicPartition, int]:
        """See `CopyCluster`."""
        wanted = list(names)

        def ask() -> dict[TopicPartition, int]:
            own = (self._connect.positions.get(n, {}) for n in wanted)
            return {place: offset for some in own for place, offset in some.items()}

        return self._read("positions", ask)

    def put(self, name: str, config: Mapping[str, str], *, stopped: bool = False) -> None:
        """See `CopyCluster`."""
        self._write("put", name, lambda: self._connect.put(name, config, stopped=stopped))

    def stop(self, name: str) -> None:
        """See `CopyCluster`."""
        self._write("stop", name, lambda: self._connect.stop(name))

    def resume(self, name: str) -> None:
        """See `CopyCluster`."""
        self._write("resume", name, lambda: self._connect.resume(name))

    def forget(self, name: str, topics: Iterable[str]) -> None:
        """See `CopyCluster`."""
        self._write("forget", name, lambda: self._connect.forget(name, topics))

    def delete(self, name: str) -> None:
        """See `CopyCluster`."""
        self._write("delete", name, lambda: self._connect.delete(name))

    def _require_answer(self, request: str) -> None:
        if not self._connect.up:
            raise Unreachable("Connect at http://mm2:8083 does not answer")
        if self._connect.timeline.now < self._connect.refuses_until:
            raise NotAuthorized(
                f"Connect at http://mm2:8083 does not authorize kmig: HTTP 401 to {request}",
                "correct kmig's login to that Connect cluster in kmig.yaml: the worker refused it",
            )

    def _read(self, name: str, ask: Callable[[], _Answer]) -> _Answer:
        def up() -> _Answer:
            self._require_answer(name)
            return ask()

        return self._calls.read(f"connect.{name}", up)

    def _write(self, request: str, name: str, act: Callable[[], None]) -> None:
        def up() -> None:
            self._require_answer(request)
            try:
                act()
            except BrokerError:
                raise StepFailed(
                    f"Connect at http://mm2:8083 rejected {request} of {name}: HTTP 404",
                    "see the Connect worker's log",
                ) from None
            note = self._connect.target.note
            note("connector", name, "User:kmig", (request,))

        self._calls.write(f"connect.{request}", up)


class WorldHooks:
    """See `migrate.ports.Hooks`: the operator's commands act on the clients of the world."""

    def __init__(
        self, run: Callable[[Sequence[str], Mapping[str, str], float], None], calls: Calls
    ) -> None:
        self._run, self._calls = run, calls

    def run(self, command: Sequence[str], facts: Mapping[str, str], seconds: float) -> None:
        """See `Hooks`."""
        name = " ".join(command)
        self._calls.write(f"hook {name}", lambda: self._run(command, facts, seconds))

    def run_all(
        self, calls: Sequence[HookCall], most: int
    ) -> Iterator[tuple[int, StepFailed | None]]:
        """See `Hooks`: one after the other, as if each took no time."""
        del most
        for number, call in enumerate(calls):
            try:
                self.run(call.command, call.facts, call.seconds)
                yield number, None
            except StepFailed as error:
                yield number, error

    def lacking(self, command: Sequence[str]) -> str:
        """See `Hooks`: every command exists."""
        del command
        return ""
