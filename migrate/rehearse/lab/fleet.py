"""All live clients of a rehearsal in one process, switched by files: `python -m migrate.rehearse.lab.fleet FOLDER`.

FOLDER holds fleet.json, and for each workload `NAME.wanted`: `run`, `stop` or `finish` (its producers), and a token.
When it is done, `NAME.state` says so. `migrate.rehearse.lab.switch` writes the first and waits for the second.
"""

import json
import signal
import sys
import time
from pathlib import Path

from migrate.errors import KmigError
from migrate.rehearse.lab.client import Client
from migrate.rehearse.lab.live_clients import (
    ClientLog,
    JavaClient,
    LibrdkafkaClient,
    RunningClient,
    configured,
)

_EVERY = 0.02


class Fleet:
    """All live clients, by workload."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        spec = json.loads((folder / "fleet.json").read_text(encoding="utf-8"))
        self._base = Path(spec["base"])
        self._java: dict[str, list[str]] = spec["java"]
        self._clients = [Client.model_validate(client) for client in spec["clients"]]
        self._logs = {c.name: ClientLog(folder / f"{c.name}.log") for c in self._clients}
        self._numbers = {c.name: [0] for c in self._clients}
        self._running: dict[str, list[tuple[Client, RunningClient]]] = {}
        self._done: dict[str, str] = {}

    def switch_all(self) -> None:
        """Do what the files want and what was not done yet."""
        for workload in sorted({c.workload for c in self._clients}):
            file = self._folder / f"{workload}.wanted"
            wanted = file.read_text(encoding="utf-8") if file.exists() else ""
            if wanted in ("", self._done.get(workload)):
                continue
            try:
                self._switch(workload, wanted.split()[0])
                answer = wanted
            except KmigError as error:
                answer = f"{wanted} failed: {error.message}"
            self._done[workload] = wanted
            arriving = self._folder / f"{workload}.state.new"
            arriving.write_text(answer, encoding="utf-8")
            arriving.replace(self._folder / f"{workload}.state")

    def _switch(self, workload: str, verb: str) -> None:
        if verb == "run" and workload not in self._running:
            mine = [c for c in self._clients if c.workload == workload]
            self._running[workload] = [(client, self._start(client)) for client in mine]
        elif verb in ("stop", "finish"):
            running = self._running.pop(workload, [])
            ending = [one for one in running if verb == "stop" or one[0].writes]
            if rest := [one for one in running if one not in ending]:
                self._running[workload] = rest
            for _, client in ending:
                client.stop()

    def _start(self, client: Client) -> RunningClient:
        file = self._folder / f"{client.workload}.properties"
        log, numbers = self._logs[client.name], self._numbers[client.name]
        if client.kind.startswith("java-"):
            return JavaClient(client, self._java[client.kind], file, log, numbers)
        return LibrdkafkaClient(client, configured(file, self._base), log, numbers)


def main(folder: Path) -> None:
    """Switch clients until killed: the process dies with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fleet = Fleet(folder)
    while True:
        fleet.switch_all()
        time.sleep(_EVERY)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
