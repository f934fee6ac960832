"""The clients of workloads: programs that hooks start and stop, each as its people wrote it."""

from dataclasses import replace
from functools import partial

from migrate.rehearse.worlds.consuming import Process
from migrate.rehearse.worlds.history import ClientSpec
from migrate.rehearse.worlds.programs import RESTART_SECONDS, Surroundings


class Client:
    """A workload's program: what its hooks start and stop. An old process may outlive its stop hook."""

    def __init__(self, spec: ClientSpec, around: Surroundings) -> None:
        self.spec, self._around = spec, around
        self.processes: list[Process] = []
        self.trials: set[str] = set()
        self._started = 0

    @property
    def process(self) -> Process | None:
        """The process that the last start hook began, while it was not stopped."""
        newest = self.processes[-1] if self.processes else None
        return newest if newest is not None and newest.alive and not newest.stopping else None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process is not None:
            return
        self._started += 1
        made = Process(self.spec, self._around, self._started)
        self.processes.append(made)
        wait = {"late": 8.0, "fails once": RESTART_SECONDS}.get(self.spec.start, 0.0)
        if wait and self._started > 1:
            self._around.timeline.after(wait, made.start)
        else:
            made.start()

    def try_on(self, side: str, seconds: float) -> None:
        """Run beside its files' words on a side for a while, as somebody who tries whether it works there does.

        Where its files name another side, this is no process of the workload's: `trials` has its id.
        """
        found = self._around.login(self.spec)
        if found is not None:
            there = replace(self._around, login=lambda _: found._replace(side=side))
            self._started += 1
            tried = Process(self.spec, there, self._started)
            if side != found.side:
                self.trials.add(tried.id)
            tried.start()
            self._around.timeline.after(seconds, partial(tried.stop, clean=True))

    def stop(self) -> None:
        """Do what its stop hook really does."""
        running = self.process
        if running is None:
            return
        running.stopping, running.told_to_stop = True, self._around.timeline.now
        if self.spec.stop == "late":
            self._around.timeline.after(20.0, partial(running.stop, clean=True))
        elif self.spec.stop != "ignored":
            running.stop(clean=self.spec.stop == "clean")

    def idle_by_hook(self, at: float) -> bool:
        """Whether its stop hook had stopped it by then, and nobody had started it again."""
        before = [process for process in self.processes if process.born < at]
        return bool(before) and before[-1].stopping and before[-1].told_to_stop <= at

    def idle_by_owner(self, since: float, until: float) -> bool:
        """Whether nothing of it ran from a time until another, and its stop hook is not the cause."""
        ran = any(p.born < until and (p.ended is None or p.ended > since) for p in self.processes)
        return not ran and not self.idle_by_hook(until)

    @property
    def ailment(self) -> str:
        """What its health check says where it does not work; empty where it does."""
        process = self.process
        if process is None:
            return "does not run"
        if process.connected:
            return ""
        return f"does not work: {process.crashed_by or 'it starts'}"

    def wake(self) -> None:
        """Let its processes write more often while somebody works on the migration."""
        for process in self.processes:
            if process.alive and process.connected:
                process.wake()
