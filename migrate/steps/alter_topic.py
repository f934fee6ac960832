"""Restore a topic's own configs on the target, once its copy has ended and WRITE is granted."""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle


class AlterTopic(Change):
    """Set these configs of a topic, None being the broker's default; `before` are the values that they replace."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["alter_topic"] = "alter_topic"
    name: str
    configs: dict[str, str | None]
    before: dict[str, str | None] | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"alter_topic {self.name}"

    def describe(self) -> str:
        """See `Change`."""
        return f"give {self.name} its own {count(len(self.configs), 'config')} back"

    def aim(self, sites: Sites) -> "AlterTopic":
        """Note the current values."""
        return self.model_copy(update={"before": self._now(sites)})

    def present(self, sites: Sites) -> bool:
        """Whether the topic has these configs."""
        return self._now(sites) == self.configs

    def apply(self, sites: Sites) -> "AlterTopic":
        """Set the configs, and wait until the target shows them."""
        sites.target.writer.alter_topic(self.name, self.configs)
        settle(sites.clock, f"configs of {self.name}", lambda: self.present(sites))
        return self

    def undo(self, sites: Sites) -> None:
        """Restore the earlier values."""
        if self.before is not None:
            sites.target.writer.alter_topic(self.name, self.before)

    def _now(self, sites: Sites) -> dict[str, str | None]:
        topic = sites.target.reader.topic(self.name)
        if topic is None:
            raise Refused(
                f"topic {self.name} does not exist on the target, so its configs cannot be restored",
                "find out who deleted it: its records on the target are gone",
            )
        return {key: topic.configs.get(key) for key in self.configs}
