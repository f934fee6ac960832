"""A MirrorMaker 2 source connector as Connect shows it."""

from migrate.model.base import Model
from migrate.model.words import count


class Copier(Model):
    """State of the connector and its tasks, and the cause in each trace.

    The state is empty where Connect has the connector, and no status of it.
    """

    name: str
    config: dict[str, str]
    state: str
    tasks: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The state in words."""
        if not self.state:
            return "unknown: Connect has no status of it yet"
        return f"{self.state}, {count(len(self.tasks), 'task')}"

    @property
    def running(self) -> bool:
        """Whether the connector and at least one task run, and no task does anything else."""
        return self.state == "RUNNING" and set(self.tasks) == {"RUNNING"}

    @property
    def quiet(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.state == "STOPPED" and not self.tasks

    @property
    def failure(self) -> str:
        """What is wrong with it in one line, or nothing."""
        failed = [self.state, *self.tasks].count("FAILED")
        if not failed:
            return ""
        return f"connector {self.name}: {failed} failed: " + (self.traces or ("no trace",))[0]
