"""Take topics out of a stopped copy connector; one left without topics is deleted."""

from typing import ClassVar, Literal

from migrate.errors import StepFailed
from migrate.model.words import listed
from migrate.ports import Sites
from migrate.steps.change import Change


class EndCopy(Change):
    """Topics of one connector that are written on the target from now on; `before` is the connector's config."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["end_copy"] = "end_copy"
    connector: str
    topics: tuple[str, ...]
    rest: dict[str, str] | None
    before: dict[str, str] | None = None

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"end_copy {self.connector}"

    def describe(self) -> str:
        """One line."""
        return f"end the copy of {listed(self.topics, 'topic')}"

    def outcome(self) -> str:
        """What became of the connector."""
        return f"connector {self.connector} deleted" if self.rest is None else ""

    def aim(self, sites: Sites) -> "EndCopy":
        """Note the config."""
        found = sites.moving.copy.copy(self.connector)
        if found is None:
            raise StepFailed(
                f"connector {self.connector} is missing: kmig started it, and Connect does not have it now",
                "create it again, stopped, with the config that journal.jsonl holds in its start_copy; then run the "
                "same command again",
            )
        return self.model_copy(update={"before": found.config})

    def present(self, sites: Sites) -> bool:
        """Whether the connector is gone, or has only the rest."""
        found = sites.moving.copy.copy(self.connector)
        if self.rest is None or found is None:
            return found is None
        return found.config.get("topics") == self.rest["topics"]

    def apply(self, sites: Sites) -> "EndCopy":
        """Its stored positions stay, and are ignored."""
        if self.rest is None:
            sites.moving.copy.delete(self.connector)
        else:
            sites.moving.copy.put(self.connector, self.rest)
        return self

    def undo(self, sites: Sites) -> None:
        """The former config again, stopped; under the same name, so that it goes on where it was."""
        config = {k: v for k, v in (self.before or {}).items() if k != "name"}
        sites.moving.copy.put(self.connector, config, stopped=True)
