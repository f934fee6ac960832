"""Remove topics from a stopped MirrorMaker connector, and delete a connector that has none left."""

from typing import ClassVar, Literal

from migrate.errors import StepFailed
from migrate.model.words import listed
from migrate.ports import Sites
from migrate.steps.change import Change


class EndCopy(Change):
    """Remove from one connector the topics that are written on the target from now on.

    `rest` is its config without them, None if no topic is left; `before` is its config until now.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["end_copy"] = "end_copy"
    connector: str
    topics: tuple[str, ...]
    rest: dict[str, str] | None
    before: dict[str, str] | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"end_copy {self.connector}"

    def describe(self) -> str:
        """See `Change`."""
        return f"end the copy of {listed(self.topics, 'topic')}"

    def outcome(self) -> str:
        """See `Change`."""
        return f"connector {self.connector} deleted" if self.rest is None else ""

    def aim(self, sites: Sites) -> "EndCopy":
        """Note the connector's config."""
        connector = sites.moving.copy.copy(self.connector)
        if connector is None:
            raise StepFailed(
                f"connector {self.connector} is missing: kmig started it, and Connect does not have it now",
                "recreate it, stopped, with the config that journal.jsonl holds in its start_copy; "
                "then rerun the command",
            )
        return self.model_copy(update={"before": connector.config})

    def present(self, sites: Sites) -> bool:
        """Whether the connector is deleted, or copies only the other topics."""
        connector = sites.moving.copy.copy(self.connector)
        if self.rest is None or connector is None:
            return connector is None
        return connector.config.get("topics") == self.rest["topics"]

    def apply(self, sites: Sites) -> "EndCopy":
        """Delete the connector or reduce its topics; Connect keeps the offsets of the removed topics."""
        if self.rest is None:
            sites.moving.copy.delete(self.connector)
        else:
            sites.moving.copy.put(self.connector, self.rest)
        return self

    def undo(self, sites: Sites) -> None:
        """Recreate the connector, stopped, under the same name: it continues at the offsets that Connect kept."""
        config = {k: v for k, v in (self.before or {}).items() if k != "name"}
        sites.moving.copy.put(self.connector, config, stopped=True)
