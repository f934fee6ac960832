"""Who stands beside each command: for every `pass` that it printed or wrote, the world's own answer at that moment.

An oracle looks at the world alone. A check or a gate without an oracle is itself a fault: it could not be trusted.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from migrate.rehearse.worlds import oracles
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.world import HOME, World


class Green(NamedTuple):
    """A check or gate that passed, what was wrong about it if anything, and the command that said it."""

    command: str
    check: str
    fault: str


@dataclass
class Witness:
    """Notes each green of a world as it appears."""

    world: World
    seen_lines: int = 0
    seen_reports: frozenset[str] = frozenset()

    def look(self, ended: Ended) -> list[Green]:
        """Return the greens of a command that has just ended."""
        found = [*self._reports(), *self._gates()]
        if not ended.exit and ended.command.endswith("--status"):
            found.append(("replicate --status", {}))
        said = {"out": ended.out, "began": ended.began}
        return [
            Green(ended.command, name, oracles.fault(self.world, name, {**about, **said}))
            for name, about in found
        ]

    def _reports(self) -> Iterator[tuple[str, dict[str, Any]]]:
        names = frozenset(
            n for n in self.world.disk.listed(HOME / "reports") if n.endswith(".json")
        )
        for name in sorted(names - self.seen_reports):
            report = json.loads(self.world.disk.content(HOME / "reports" / name))
            for check in report["checks"]:
                if check["verdict"] == "pass":
                    yield check["name"], check
        self.seen_reports = names

    def _gates(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the steps that the journal calls done since the last look."""
        try:
            lines = self.world.disk.content(HOME / "journal.jsonl").splitlines()
        except FileNotFoundError:
            return
        for line in lines[self.seen_lines :]:
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # torn
            # a gate is what is asked until some step; a revocation claims a proof of its own
            step = entry.get("step") or {}
            claims = "until" in step or step.get("op") == "revoke_credential"
            if entry["event"] == "done" and claims:
                yield f"gate {entry['step']['op']}", entry
        self.seen_lines = len(lines)
