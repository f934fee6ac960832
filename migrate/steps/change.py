"""The base classes of all steps: the methods by which the executor checks, applies and undoes a step."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, Self

from pydantic import Field

from migrate.errors import Indeterminate, KmigError
from migrate.model.base import Model
from migrate.ports import Sites


class Change(Model):
    """One change to one site.

    `NOTED` names the fields that `aim` and `apply` fill in; all others come from the plan. `evidence` is what `apply`
    saw, and by which method; a step read from a journal has none.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset()

    because: str
    evidence: tuple[str, ...] = Field(default=(), exclude=True)

    @property
    @abstractmethod
    def key(self) -> str:
        """Return the step's name in the journal, unique within a stage of a wave; frozen, as journals hold it."""

    @abstractmethod
    def describe(self) -> str:
        """Return the step as one line for people."""

    @abstractmethod
    def present(self, sites: Sites) -> bool:
        """Return whether the site already shows what the step would bring about."""

    @abstractmethod
    def apply(self, sites: Sites) -> "Change":
        """Make the change, wait until the site shows it, and return the step with what was noted.

        It may run again after a crash, and then changes only what is missing.
        """

    @abstractmethod
    def undo(self, sites: Sites) -> None:
        """Take the change back, by what the step itself noted: a rollback has no other source."""

    @classmethod
    def look_all(cls, steps: Sequence[Self], sites: Sites) -> list[tuple[Self, bool]]:
        """Return steps that do not depend on one another as `aim` makes them, and whether each is `present`."""
        aimed = [step.aim(sites) for step in steps]
        return [(step, step.present(sites)) for step in aimed]

    @classmethod
    def apply_all(cls, steps: Sequence[Self], sites: Sites) -> "Sequence[Change | KmigError]":
        """Return `apply` of each, or its error: what is raised is about all of them, and none was made."""
        made: list[Change | KmigError] = []
        for step in steps:
            try:
                made.append(step.apply(sites))
            except Indeterminate:
                raise
            except KmigError as error:
                made.append(error)
                break
        return made

    @classmethod
    def apply_each(
        cls, steps: Sequence[Self], sites: Sites
    ) -> "Iterator[Sequence[tuple[int, Change | KmigError]]]":
        """Yield the numbers of steps and what became of them, as soon as it is known; by default of all at once."""
        yield tuple(enumerate(cls.apply_all(steps, sites)))

    def apply_alone(self, sites: Sites) -> Self:
        """Return what `apply_all` makes of this step alone, or raise its error."""
        (made,) = self.apply_all([self], sites)
        if isinstance(made, KmigError):
            raise made
        assert isinstance(made, type(self))
        return made

    def guard(self, sites: Sites) -> None:
        """Raise `Refused` if the step must not be applied now; by default it may be."""

    def aim(self, sites: Sites) -> Self:  # noqa: ARG002
        """Return the step with the facts that must be noted before it is applied; by default there are none."""
        return self

    def extending(self, begun: Self, sites: Sites) -> Self | None:  # noqa: ARG002
        """Return the step that continues `begun`, if this one only adds to it; otherwise, and by default, None."""
        return None

    def again(self, sites: Sites) -> Self:  # noqa: ARG002
        """Return the step to apply after an earlier run started it and did not finish; by default unchanged."""
        return self

    def outcome(self) -> str:
        """Return the result of an applied step in words: no more than was seen."""
        return "; ".join(self.evidence)

    def seeing(self, *evidence: str) -> Self:
        """Return the step with this evidence."""
        return self.model_copy(update={"evidence": evidence})

    @property
    def settled(self) -> bool:
        """Whether a rerun of the command has nothing to add to the applied step."""
        return True

    def guard_undo(self, sites: Sites) -> None:
        """Raise `Refused` if the step cannot be undone; by default it can."""


class Gate(Change):
    """A check that must pass before the stage goes on. It changes nothing, and its answer holds only for the moment.

    `until` is the key of the step that makes the gate moot: a rerun asks the gate again while that step was not
    started. A gate whose `until` is its own key is asked until it has passed. A gate that failed, or did not answer,
    is asked again in any case. `repeats` are keys of earlier steps, which are applied again if the gate fails: the
    effect that it looked for was missing.
    """

    LOSABLE: ClassVar[bool] = False
    """Whether the stage can do without the answer once the step that makes the gate moot was started."""

    until: str
    repeats: tuple[str, ...] = ()

    @property
    def returns(self) -> bool:
        """Whether a rollback must see to it that what the gate saw is there again; by default not."""
        return False

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: an earlier answer does not hold now."""
        return False

    def undo(self, sites: Sites) -> None:
        """Do nothing: a gate changes nothing."""
