"""Who stands beside each command: for every `pass` that it printed or wrote, the world's own answer at that moment.

A gate is looked at when the journal calls it done, a check when the command that printed it has ended. An oracle
looks at the world alone. A check or a gate without an oracle is itself a fault: it could not be trusted.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from migrate.rehearse.worlds import oracles
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.oracles import watching
from migrate.rehearse.worlds.world import HOME, World

_JOURNAL = HOME / "journal.jsonl"


class Green(NamedTuple):
    """A check or gate that passed, what was wrong about it if anything, and the command that said it."""

    command: str
    check: str
    fault: str


class Witness:
    """Notes each green of a world as it appears."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: frozenset[str] = frozenset()
        self._watched = ""
        self._began = 0.0
        self._passed: list[tuple[str, str]] = []
        self._later: list[tuple[str, dict[str, Any]]] = []
        world.disk.appended = self._appended

    def look(self, ended: Ended) -> list[Green]:
        """Return the greens of a command that has just ended."""
        passed, later = self._passed, [*self._later, *self._reports()]
        self._passed, self._later = [], []
        made, checks = watching.watched(self._world)
        if ended.command.startswith("watch") and made != self._watched:
            later += [(c["name"], c) for c in checks if c["verdict"] == "pass"]
        self._watched = made
        if not ended.exit and ended.command.endswith("--status"):
            later.append(("replicate --status", {}))
        said = {"out": ended.out, "began": ended.began}
        passed += [(name, self._fault(name, {**about, **said})) for name, about in later]
        return [Green(ended.command, name, fault) for name, fault in passed]

    def _fault(self, name: str, about: dict[str, Any]) -> str:
        return oracles.fault(self._world, name, about)

    def _reports(self) -> Iterator[tuple[str, dict[str, Any]]]:
        names = frozenset(
            n for n in self._world.disk.listed(HOME / "reports") if n.endswith(".json")
        )
        for name in sorted(names - self._seen):
            report = json.loads(self._world.disk.content(HOME / "reports" / name))
            for check in report["checks"]:
                if check["verdict"] == "pass":
                    yield check["name"], check
        self._seen = names

    def _appended(self, path: Path, data: bytes) -> None:
        """Look at a gate in the moment in which the journal calls it done."""
        if path == _JOURNAL:
            for line in data.splitlines():
                self._entered(line)

    def _entered(self, line: bytes) -> None:
        if b'"event":"started"' in line:
            self._began = self._world.timeline.now
        if b'"event":"done"' not in line:
            return
        entry = {**json.loads(line), "began": self._began}
        step = entry["step"]
        # a gate is what is asked until some step; a revocation claims a proof of its own
        if "until" not in step and step["op"] != "revoke_credential":
            return
        name = f"gate {step['op']}"
        if name in oracles.AFTERWARDS:
            self._later.append((name, entry))
        else:
            self._passed.append((name, self._fault(name, entry)))
