"""Stop or start a workload's clients through its switch hook, and replace their configuration file."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from migrate.errors import KmigError, Refused
from migrate.ports import Sites
from migrate.ports.moving import HookCall
from migrate.steps.change import Change

Side = Literal["source", "target"]
Verb = Literal["stop", "start"]
Role = Literal["consumers", "producers"]


class SwitchClients(Change):
    """Run one hook; undo runs its `opposite`. A hook may run twice: it gets an attempt id and must be idempotent.

    `unseen` says why no gate checks the clients afterwards. It only explains: a step begun with another text is the
    same step. `attempt` counts the runs of the hook, and `at_once` how many run with others beside them at most. One
    with `says` must print that line: it tells what kmig cannot see.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"unseen", "attempt", "at_once", "says"})

    op: Literal["switch_clients"] = "switch_clients"
    workload: str
    role: Role
    verb: Verb
    side: Side
    command: tuple[str, ...]
    opposite: tuple[str, ...]
    seconds: float
    unseen: str = ""
    attempt: int = 1
    at_once: int = 1
    says: str = ""

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"{self.verb}_clients {self.workload}"

    def describe(self) -> str:
        """See `Change`."""
        return f"{self.verb} {self.workload} on {self.side}"

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: only a gate can see whether the clients run."""
        return False

    def again(self, sites: Sites) -> "SwitchClients":  # noqa: ARG002
        """Count the run: whether the last one did anything is unknown."""
        return self.model_copy(update={"attempt": self.attempt + 1})

    def apply(self, sites: Sites) -> "SwitchClients":
        """Run the hook."""
        ((_, made),) = next(self.apply_each([self], sites))
        if isinstance(made, KmigError):
            raise made
        return made

    @classmethod
    def apply_each(
        cls, steps: Sequence["SwitchClients"], sites: Sites
    ) -> "Iterator[Sequence[tuple[int, SwitchClients | KmigError]]]":
        """Run the hooks at once; each is over by itself, and one that fails keeps the waiting ones from running."""
        calls = [replace(step._call(step.command, step.verb), says=step.says) for step in steps]
        for number, failed in sites.moving.hooks.run_all(calls, steps[0].at_once):
            yield ((number, failed or steps[number]._ran()),)

    def _ran(self) -> "SwitchClients":
        unseen = f"its clients were not checked: {self.unseen}" if self.unseen else ""
        said = f"it said `{self.says}`" if self.says else ""
        return self.seeing("hook exited 0", *filter(None, [said, unseen]))

    def guard_undo(self, sites: Sites) -> None:  # noqa: ARG002
        """Refuse for producers started on the target: they may have written records that the source lacks."""
        if (self.role, self.verb, self.side) == ("producers", "start", "target"):
            raise Refused(
                f"no rollback: producers of {self.workload} were started on the target; "
                "the point of no return is passed",
                "go forward: rerun kmig cutover",
            )

    def undo(self, sites: Sites) -> None:
        """Run the opposite hook."""
        back = self._call(self.opposite, "start" if self.verb == "stop" else "stop")
        sites.moving.hooks.run(back.command, back.facts, back.seconds)

    def _call(self, command: tuple[str, ...], verb: str) -> HookCall:
        facts = {
            "KMIG_WORKLOAD": self.workload,
            "KMIG_SIDE": self.side,
            "KMIG_ATTEMPT": f"{verb} {self.workload} {self.side} {self.attempt}",
        }
        return HookCall(command, facts, self.seconds)


class PointClients(Change):
    """Replace a client's configuration file in one rename, while the clients are stopped.

    `kept`: the original file is kept beside it; another run of the step must not replace what is kept.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"kept"})

    op: Literal["point_clients"] = "point_clients"
    workload: str
    path: str
    by: str
    kept: bool = False

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"point_clients {self.workload}"

    def describe(self) -> str:
        """See `Change`."""
        return f"point {self.workload} at target"

    def aim(self, sites: Sites) -> "PointClients":
        """Check that both files can be read."""
        sites.moving.files.replaced(self.path, self.by)
        return self

    def present(self, sites: Sites) -> bool:
        """Whether the file is replaced."""
        return sites.moving.files.replaced(self.path, self.by)

    def apply(self, sites: Sites) -> "PointClients":
        """Replace the file, and keep the original beside it."""
        sites.moving.files.replace(self.path, self.by, keep=not self.kept)
        if not self.present(sites):
            raise Refused(
                f"{self.path} was changed by another process while kmig replaced it",
                "find out which process writes it, then rerun the command",
            )
        return self.model_copy(update={"kept": True})

    def guard_undo(self, sites: Sites) -> None:
        """Refuse if the file was changed since, or the original is not kept any more (promise 7)."""
        if why := sites.moving.files.restorable(self.path, self.by):
            raise Refused(
                f"the client file cannot be restored: {why}",
                f"write the source's settings of {self.workload} into it by hand, then rerun the command",
            )

    def undo(self, sites: Sites) -> None:
        """Restore the original file."""
        sites.moving.files.restore(self.path)


class ForgetFile(Change):
    """Remove the kept original of a client's configuration file: no rollback needs it any more."""

    op: Literal["forget_file"] = "forget_file"
    path: str

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"forget_file {self.path}"

    def describe(self) -> str:
        """See `Change`."""
        return f"remove what {self.path} held before its switch"

    def present(self, sites: Sites) -> bool:
        """Whether no original is kept."""
        return not sites.moving.files.keeps(self.path)

    def apply(self, sites: Sites) -> "ForgetFile":
        """Remove the kept original."""
        sites.moving.files.forget(self.path)
        return self

    def guard_undo(self, sites: Sites) -> None:  # noqa: ARG002
        """Refuse: the original does not exist any more."""
        raise Refused(
            f"the original of {self.path}, kept before its switch, was removed when the wave was closed",
            "write the file by hand if the clients must return to the source",
        )

    def undo(self, sites: Sites) -> None:
        """Do nothing: `guard_undo` refuses."""
