"""Stop or start a workload's clients through its switch hook, and put the configuration file of one side in place."""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.ports import Sites
from migrate.steps.change import Change

Side = Literal["source", "target"]
Verb = Literal["stop", "start"]
Role = Literal["consumers", "producers"]


class SwitchClients(Change):
    """One hook, and its opposite for undo. Hooks may run twice: they get an attempt id and must be idempotent.

    `unseen` says why no gate looks at what became of the clients. It explains, and is not held against a begun step.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"unseen"})

    op: Literal["switch_clients"] = "switch_clients"
    workload: str
    role: Role
    verb: Verb
    side: Side
    command: tuple[str, ...]
    opposite: tuple[str, ...]
    seconds: float
    unseen: str = ""

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"{self.verb}_clients {self.workload}"

    def describe(self) -> str:
        """One line."""
        return f"{self.verb} {self.workload} on {self.side}"

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Only the clients' own traces tell, and a gate asks for those."""
        return False

    def apply(self, sites: Sites) -> "SwitchClients":
        """Run the hook."""
        self._run(sites, self.command, self.verb)
        unseen = f"its clients were not looked at: {self.unseen}" if self.unseen else ""
        return self.seeing("hook exited 0", *filter(None, [unseen]))

    def guard_undo(self, sites: Sites) -> None:  # noqa: ARG002
        """Producers that were started on target may have written what source lacks."""
        if (self.role, self.verb, self.side) == ("producers", "start", "target"):
            raise Refused(
                f"{self.workload} was started on target: the point of no return is behind this wave",
                "go forward: run the same kmig cutover again",
            )

    def undo(self, sites: Sites) -> None:
        """Run its opposite."""
        self._run(sites, self.opposite, "start" if self.verb == "stop" else "stop")

    def _run(self, sites: Sites, command: tuple[str, ...], verb: str) -> None:
        facts = {
            "KMIG_WORKLOAD": self.workload,
            "KMIG_SIDE": self.side,
            "KMIG_ATTEMPT": f"{verb} {self.workload} {self.side}",
        }
        sites.moving.hooks.run(command, facts, self.seconds)


class PointClients(Change):
    """A client configuration file, replaced in one rename while the clients are stopped.

    `kept` says that what was there first is kept beside it: put once more, the file must not take its place.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"kept"})

    op: Literal["point_clients"] = "point_clients"
    workload: str
    path: str
    by: str
    kept: bool = False

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"point_clients {self.workload}"

    def describe(self) -> str:
        """One line."""
        return f"point {self.workload} at target"

    def aim(self, sites: Sites) -> "PointClients":
        """See that both files can be read."""
        sites.moving.files.replaced(self.path, self.by)
        return self

    def present(self, sites: Sites) -> bool:
        """Whether it is in place."""
        return sites.moving.files.replaced(self.path, self.by)

    def apply(self, sites: Sites) -> "PointClients":
        """Put it in place; what was there is kept beside it."""
        sites.moving.files.replace(self.path, self.by, keep=not self.kept)
        if not self.present(sites):
            raise Refused(f"{self.path} was changed by someone else while kmig replaced it")
        return self.model_copy(update={"kept": True})

    def guard_undo(self, sites: Sites) -> None:
        """Refuse when somebody has changed the file since, or what was kept is gone (promise 7)."""
        if why := sites.moving.files.restorable(self.path, self.by):
            raise Refused(
                why, f"see to it by hand: {self.workload} must find source there, then again"
            )

    def undo(self, sites: Sites) -> None:
        """Put back what was kept."""
        sites.moving.files.restore(self.path)


class ForgetFile(Change):
    """What a client's file held before it was pointed at the target: removed, as nothing puts it back any more."""

    op: Literal["forget_file"] = "forget_file"
    path: str

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"forget_file {self.path}"

    def describe(self) -> str:
        """One line."""
        return f"remove what {self.path} held before its switch"

    def present(self, sites: Sites) -> bool:
        """Whether nothing is kept."""
        return not sites.moving.files.keeps(self.path)

    def apply(self, sites: Sites) -> "ForgetFile":
        """Remove it."""
        sites.moving.files.forget(self.path)
        return self

    def guard_undo(self, sites: Sites) -> None:  # noqa: ARG002
        """It cannot be brought back."""
        raise Refused(f"what {self.path} held before its switch is removed")

    def undo(self, sites: Sites) -> None:
        """Refused before."""
