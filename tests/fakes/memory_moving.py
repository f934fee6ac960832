"""The copy, hooks, files and secrets in memory, beside `memory.MemoryCluster`. They prove nothing either."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.errors import StepFailed
from migrate.model.copier import Copier
from migrate.model.own_files import SECRETS
from migrate.model.record import TopicPartition, VisibleRecord
from migrate.model.reference import Reference
from migrate.ports.moving import HookCall
from tests.fakes.memory import MemoryCluster


@dataclass
class MemoryCopy:
    """`migrate.ports.CopyCluster` in memory: a running connector has copied everything whenever somebody looks."""

    source: MemoryCluster
    target: MemoryCluster
    connectors: dict[str, Copier] = field(default_factory=dict)
    copied: dict[str, dict[TopicPartition, int]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    shift: int = 3

    def kafka_cluster_id(self) -> str:
        """The target's."""
        return self.target.describe().cluster_id

    def version(self) -> str:
        """The newest."""
        return "4.3.1"

    def silent(self) -> tuple[str, ...]:
        """Nobody."""
        return ()

    def refusals(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """What was put there."""
        return self.faults

    def copy(self, name: str) -> Copier | None:
        """A connector; one that runs has copied."""
        found = self.connectors.get(name)
        if found is not None and found.running:
            self._copy(found)
        return found

    def positions(self, names: Iterable[str]) -> dict[TopicPartition, int]:
        """Where they are."""
        found: dict[TopicPartition, int] = {}
        for name in names:
            self.copy(name)
            found |= self.copied.get(name, {})
        return found

    def put(self, name: str, config: Mapping[str, str], *, stopped: bool = False) -> None:
        """Create or replace."""
        there = self.connectors.get(name)
        state = there.state if there else "STOPPED" if stopped else "RUNNING"
        tasks = ("RUNNING",) if state == "RUNNING" else ()
        self.connectors[name] = Copier(name=name, config=dict(config), state=state, tasks=tasks)
        self.target.changed(f"put connector {name}")

    def stop(self, name: str) -> None:
        """Stopped at once."""
        found = self.copy(name)
        if found is not None:
            self.connectors[name] = found.model_copy(update={"state": "STOPPED", "tasks": ()})
        self.target.changed(f"stop connector {name}")

    def resume(self, name: str) -> None:
        """Running at once."""
        running = {"state": "RUNNING", "tasks": ("RUNNING",)}
        self.connectors[name] = self.connectors[name].model_copy(update=running)
        self.target.changed(f"resume connector {name}")

    def forget(self, name: str, topics: Iterable[str]) -> None:
        """Gone at once."""
        gone, known = set(topics), self.copied.get(name, {})
        assert self.connectors[name].state == "STOPPED"
        self.copied[name] = {place: at for place, at in known.items() if place[0] not in gone}
        self.target.changed(f"forget offsets of connector {name}")

    def delete(self, name: str) -> None:
        """Gone; its positions stay."""
        self.connectors.pop(name, None)
        self.target.changed(f"delete connector {name}")

    def _copy(self, connector: Copier) -> None:
        topics = connector.config["topics"].replace("\\", "").split(",")
        done = self.copied.setdefault(connector.name, {})
        for place, records in self.source.logs.items():
            if place[0] not in topics:
                continue
            there = self.target.logs.setdefault(place, [])
            for record in records:
                if record.offset > done.get(place, -1):
                    # offsets of the copy run apart from those of the source, as a transaction's marker makes them
                    offset = there[-1].offset + 1 if there else self.shift
                    there.append(VisibleRecord(offset, record.mark))
                    done[place] = record.offset


@dataclass
class MemoryHooks:
    """`migrate.ports.Hooks`: what was run, and what it does to the clusters."""

    effect: Callable[[Sequence[str], Mapping[str, str]], None] = lambda *_: None
    ran: list[tuple[str, ...]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)

    def run(self, command: Sequence[str], facts: Mapping[str, str], seconds: float) -> None:
        """Note it, and let it have its effect."""
        self.ran.append(tuple(command))
        self.effect(command, facts)

    def run_all(
        self, calls: Sequence[HookCall], most: int
    ) -> Iterator[tuple[int, StepFailed | None]]:
        """One after the other."""
        for number, call in enumerate(calls):
            try:
                self.run(call.command, call.facts, call.seconds)
                yield number, None
            except StepFailed as error:
                yield number, error

    def lacking(self, command: Sequence[str]) -> str:
        """Whether it is one that does not exist here."""
        return "there is no such file" if command[0] in self.missing else ""


@dataclass
class MemoryFiles:
    """`migrate.ports.ClientFiles`: which paths are replaced, and which of them can be restored."""

    changed: Callable[[str], None] = lambda _: None
    replacements: dict[str, str] = field(default_factory=dict)
    before: set[str] = field(default_factory=set)
    leads: dict[str, str | None] = field(default_factory=dict)

    def lacking(self, path: str, by: str) -> str:
        """Every file is there."""
        return ""

    def leads_to(self, by: str) -> str | None:
        """To the target, unless it is said otherwise."""
        return self.leads.get(by, "id-target")

    def replace(self, path: str, by: str, *, keep: bool = True) -> None:
        """Note it."""
        self.before.add(path)
        self.changed(f"keep {path}")
        self.replacements[path] = by
        self.changed(f"replace {path}")

    def restore(self, path: str) -> None:
        """Forget it."""
        self.replacements.pop(path, None)
        self.before.discard(path)
        self.changed(f"restore {path}")

    def replaced(self, path: str, by: str) -> bool:
        """Whether it was noted."""
        return path in self.before and self.replacements.get(path) == by

    def restorable(self, path: str, by: str) -> str:
        """Nobody else is here."""
        return ""

    def keeps(self, path: str) -> bool:
        """Whether it can be restored."""
        return path in self.before

    def forget(self, path: str) -> None:
        """It can be restored no more."""
        self.before.discard(path)
        self.changed(f"forget {path}")


@dataclass
class MemorySecrets:
    """`migrate.ports.SecretStore`, whose secrets the clusters resolve: two files, each durable by itself."""

    values: dict[str, str]
    changed: Callable[[str], None] = lambda _: None

    def where(self, path: str, key: str, *, which: str) -> Reference:
        """Beside the delivered file, but for the current one."""
        if which == "current":
            return Reference(provider="file", path=path, key=key)
        return Reference(provider="file", path=f"{SECRETS}/{path}", key=f"{key}.kmig-{which}")

    def issue(self, path: str, key: str) -> None:
        """A new one, unless one waits."""
        name = self._name(path, key, "pending")
        self.values.setdefault(name, f"secret {len(self.values)}")
        self.changed(f"issue {key}")

    def provide(self, path: str, key: str) -> None:
        """A new one, unless one is there."""
        self.values.setdefault(self._name(path, key, "current"), f"secret {len(self.values)}")
        self.changed(f"provide {key}")

    def provided(self, path: str, key: str) -> bool:
        """Whether one is there."""
        return self.holds(path, key, which="current")

    def deliver(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """Pending to current to old."""
        self._shift(path, key, ("pending", "old"), mechanism_key, mechanism)

    def withdraw(self, path: str, key: str, mechanism_key: str, mechanism: str) -> None:
        """Old to current to pending."""
        self._shift(path, key, ("old", "pending"), mechanism_key, mechanism)

    def forget(self, path: str, key: str, *, which: str) -> None:
        """Remove it."""
        self.values.pop(self._name(path, key, which), None)
        self.changed(f"forget {key}")

    def discard(self, path: str) -> None:
        """Remove all of the file's."""
        for place in (path, f"{SECRETS}/{path}"):
            for name in [n for n in self.values if n.startswith(f"${{file:{place}:")]:
                del self.values[name]

    def holds(self, path: str, key: str, *, which: str) -> bool:
        """Whether it is there."""
        return self._name(path, key, which) in self.values

    def apart(self, path: str) -> bool:
        """Nothing was ever left there."""
        return True

    def _shift(
        self, path: str, key: str, way: tuple[str, str], mechanism_key: str, mechanism: str
    ) -> None:
        comes, goes = (self._name(path, key, which) for which in way)
        current = self._name(path, key, "current")
        if comes in self.values:
            if self.values.get(current) not in (None, self.values[comes]):
                self.values[goes] = self.values[current]
                self.changed(f"keep {key}")
            self.values[current] = self.values[comes]
            self.values[self._name(path, mechanism_key, "current")] = mechanism
            self.changed(f"{way[0]} to current {key}")
            del self.values[comes]
        self.changed(f"shift {key}")

    def _name(self, path: str, key: str, which: str) -> str:
        return str(self.where(path, key, which=which))
