"""The copier: a MirrorMaker 2 source connector with the state that Connect reports, or what somebody else runs."""

from migrate.model.base import Model
from migrate.model.words import count


class Copier(Model):
    """Config and state of the connector and its tasks, and the last cause of each stack trace.

    `state` is empty while Connect has no status of the connector. Of a `foreign` copier nobody reports one: it is
    what kmig's hooks made of it.
    """

    name: str
    config: dict[str, str]
    state: str
    tasks: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    foreign: bool = False

    @property
    def shown(self) -> str:
        """The state for a table cell or a message."""
        if not self.state:
            return "unknown: Connect has no status of it yet"
        return f"{self.state}, {count(len(self.tasks), 'task')}"

    @property
    def running(self) -> bool:
        """Whether the connector, at least one task, and all of its tasks run."""
        return self.state == "RUNNING" and set(self.tasks) == {"RUNNING"}

    @property
    def quiet(self) -> bool:
        """Whether the connector is stopped and has no task left."""
        return self.state == "STOPPED" and not self.tasks

    @property
    def resume_hint(self) -> str:
        """What to do about a connector that is stopped or paused; empty where it is not.

        kmig cannot start it again for every wave: a connector may have been made with an earlier one.
        """
        if self.state not in ("STOPPED", "PAUSED"):
            return ""
        return (
            "a cutover of another wave that has not ended stops it too: see `kmig status`. Where somebody else "
            f"did, send Connect PUT /connectors/{self.name}/resume: the copy continues where it stopped"
        )

    @property
    def failure(self) -> str:
        """The failure in one line; empty where nothing has failed."""
        failed = self.tasks.count("FAILED")
        if self.state != "FAILED" and not failed:
            return ""
        cause = (self.traces or ("no stack trace",))[0]
        tasks = "" if self.state == "FAILED" else f"{count(failed, 'task')} of "
        return f"{tasks}connector {self.name} failed: {cause}"
