"""Give a topic its own configs back, once its copy has ended and WRITE is granted."""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.words import count
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle


class AlterTopic(Change):
    """Configs to set, None being the broker's default; `before` is what was set on the topic."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"before"})

    op: Literal["alter_topic"] = "alter_topic"
    name: str
    configs: dict[str, str | None]
    before: dict[str, str | None] | None = None

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"alter_topic {self.name}"

    def describe(self) -> str:
        """One line."""
        return f"give {self.name} its own {count(len(self.configs), 'config')} back"

    def aim(self, sites: Sites) -> "AlterTopic":
        """Note what is set."""
        return self.model_copy(update={"before": self._now(sites)})

    def present(self, sites: Sites) -> bool:
        """Whether they are in force."""
        return self._now(sites) == self.configs

    def apply(self, sites: Sites) -> "AlterTopic":
        """Set them."""
        sites.target.writer.alter_topic(self.name, self.configs)
        settle(sites.clock, f"configs of {self.name}", lambda: self.present(sites))
        return self

    def undo(self, sites: Sites) -> None:
        """Put back what was set."""
        if self.before is not None:
            sites.target.writer.alter_topic(self.name, self.before)

    def _now(self, sites: Sites) -> dict[str, str | None]:
        found = sites.target.reader.topic(self.name)
        if found is None:
            raise Refused(f"topic {self.name} is not on target")
        return {key: found.configs.get(key) for key in self.configs}
