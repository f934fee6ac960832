"""A copy that somebody else runs: the operator's own commands stop it, start it, and end it for topics that move."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from migrate.model.copier import Copier
from migrate.model.mirrormaker import topic_patterns, topics_of
from migrate.ports.moving import Hooks

_AT_ONCE = 400
"""Topics in one call: a variable of a process holds 128 KiB, and a name has up to 249 characters."""

_SECONDS = 300.0


class ForeignCopy:
    """`migrate.ports.CopyCluster` for a copier that kmig does not configure.

    `commands` are its hooks by verb: stop, start and end. `known` are the topics of each copy by the journal; what
    was changed since, by this process, goes before it. Nobody tells how far it has copied: the maps do.
    """

    def __init__(
        self,
        hooks: Hooks,
        commands: Mapping[str, Sequence[str]],
        known: Callable[[], Mapping[str, tuple[str, ...]]],
    ) -> None:
        self._hooks, self._commands, self._known = hooks, commands, known
        self._changed: dict[str, tuple[str, ...]] = {}
        self._stopped: set[str] = set()

    def kafka_cluster_id(self) -> str:
        """See `CopyCluster`: it has none."""
        return ""

    def version(self) -> str:
        """See `CopyCluster`: it has none."""
        return ""

    def silent(self) -> tuple[str, ...]:
        """See `CopyCluster`: nobody is asked."""
        return ()

    def refusals(self, config: Mapping[str, str]) -> tuple[str, ...]:  # noqa: ARG002
        """See `CopyCluster`: nobody is asked."""
        return ()

    def copy(self, name: str) -> Copier | None:
        """See `CopyCluster`; it runs, unless this process has stopped it."""
        topics = self._topics(name)
        if not topics:
            return None
        state, tasks = ("STOPPED", ()) if name in self._stopped else ("RUNNING", ("RUNNING",))
        config = {"topics": topic_patterns(topics)}
        return Copier(name=name, config=config, state=state, tasks=tasks, foreign=True)

    def positions(self, names: Iterable[str]) -> None:
        """See `CopyCluster`: the maps tell."""

    def put(self, name: str, config: Mapping[str, str], *, stopped: bool = False) -> None:  # noqa: ARG002
        """See `CopyCluster`; the copy of topics that are left out is ended."""
        self._keep(name, topics_of(config))

    def delete(self, name: str) -> None:
        """See `CopyCluster`; the copy of all of its topics is ended."""
        self._keep(name, ())

    def _keep(self, name: str, topics: tuple[str, ...]) -> None:
        self._run("end", [topic for topic in self._topics(name) if topic not in topics])
        self._changed[name] = topics

    def stop(self, name: str) -> None:
        """See `CopyCluster`."""
        self._run("stop", self._topics(name))
        self._stopped.add(name)

    def resume(self, name: str) -> None:
        """See `CopyCluster`."""
        self._run("start", self._topics(name))
        self._stopped.discard(name)

    def forget(self, name: str, topics: Iterable[str]) -> None:
        """See `CopyCluster`: kmig adds no topic to it."""

    def _topics(self, name: str) -> tuple[str, ...]:
        return self._changed.get(name, self._known().get(name, ()))

    def _run(self, verb: str, topics: Sequence[str]) -> None:
        command = self._commands.get(verb, ())
        for begin in range(0, len(topics) if command else 0, _AT_ONCE):
            some = topics[begin : begin + _AT_ONCE]
            facts = {"KMIG_COPY": verb, "KMIG_TOPICS": ",".join(some)}
            self._hooks.run(command, facts, _SECONDS)
