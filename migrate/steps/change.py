"""What every step has: the verbs with which the executor looks at it, makes it, and undoes it."""

from typing import ClassVar, Self

from pydantic import Field

from migrate.model.base import Model
from migrate.ports import Sites


class Change(Model):
    """One change to one site. `NOTED` are the fields that looking and making fill in; the rest is the plan's.

    `evidence` is what was seen when it was made, and by which method; a step that comes out of a journal has none.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset()

    because: str
    evidence: tuple[str, ...] = Field(default=(), exclude=True)

    def guard(self, sites: Sites) -> None:
        """Raise `Refused` when it must not be made now; by default nothing stands in the way."""

    def aim(self, sites: Sites) -> Self:  # noqa: ARG002
        """The step with what must be known before it is made; by default nothing more is."""
        return self

    def extending(self, begun: Self, sites: Sites) -> Self | None:  # noqa: ARG002
        """This step as the continuation of a begun one that it only adds to; by default it adds to none."""
        return None

    def again(self, sites: Sites) -> Self:  # noqa: ARG002
        """The step as it is made after a run that began it and did not end it; by default as that one would have."""
        return self

    def outcome(self) -> str:
        """What came of it once it is made: no more than was seen."""
        return "; ".join(self.evidence)

    def seeing(self, *evidence: str) -> Self:
        """The step with what was seen when it was made."""
        return self.model_copy(update={"evidence": evidence})

    @property
    def settled(self) -> bool:
        """Whether the same command again has nothing to add to it, once it is made."""
        return True

    def guard_undo(self, sites: Sites) -> None:
        """Raise `Refused` when it cannot be undone; by default it can."""


class Gate(Change):
    """A question that must be answered before the stage goes on. It changes nothing, and is true only when asked.

    `until` is the key of the step that makes it moot: it is asked again on resume while that one was not started. A
    gate whose `until` is its own key is asked until it was answered; one that last said no, or did not answer, is
    asked again in any case. `repeats` are the keys of steps before it, which are made again where it said no: what
    they were to bring about was not there.
    """

    until: str
    repeats: tuple[str, ...] = ()

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: an answer of a moment ago is no answer."""
        return False

    def undo(self, sites: Sites) -> None:
        """Nothing was changed."""
