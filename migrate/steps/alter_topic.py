"""Restore a topic's own configs on the target, once its copy has ended and WRITE is granted."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from migrate.errors import NotAuthorized, Refused
from migrate.model import settings
from migrate.model.words import count
from migrate.ports import Site, Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle

Configs = dict[str, str | None]
"""Values of configs, None being the broker's default."""


class AlterTopic(Change):
    """Set these configs of a topic, None being the broker's default; `before` are the values that they replace.

    `inherited` are what the source's brokers gave it. `given` are all that were set on the target: an inherited one
    only where the target's brokers give another value.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"before", "given"})

    op: Literal["alter_topic"] = "alter_topic"
    name: str
    configs: Configs
    inherited: dict[str, str] = Field(default_factory=dict)
    before: Configs | None = None
    given: Configs | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"alter_topic {self.name}"

    def describe(self) -> str:
        """See `Change`."""
        own = len(self.configs) + len(self.inherited)
        return f"give {self.name} its own {count(own, 'config')} back"

    def aim(self, sites: Sites) -> "AlterTopic":
        """Note the current values, and those to set."""
        aimed = self.model_copy(update={"given": given(sites.target, self.configs, self.inherited)})
        return aimed.model_copy(update={"before": aimed._now(sites)})

    def extending(self, begun: "AlterTopic", sites: Sites) -> "AlterTopic | None":  # noqa: ARG002
        """Continue a step of an earlier version of kmig, which returned the retention too."""
        return (
            begun if begun.given is None and self.configs.keys() <= begun.configs.keys() else None
        )

    def present(self, sites: Sites) -> bool:
        """Whether the topic has these configs."""
        return self._now(sites) == self._wanted

    def apply(self, sites: Sites) -> "AlterTopic":
        """Set the configs, and wait until the target shows them."""
        sites.target.writer.alter_topic(self.name, self._wanted)
        settle(sites.clock, f"configs of {self.name}", lambda: self.present(sites))
        return self.seeing(*explained(self._wanted, self.inherited))

    def undo(self, sites: Sites) -> None:
        """Restore the earlier values."""
        if self.before is not None:
            sites.target.writer.alter_topic(self.name, self.before)

    @property
    def _wanted(self) -> Configs:
        return self.configs if self.given is None else self.given

    def _now(self, sites: Sites) -> Configs:
        return current(sites.target, self.name, self._wanted)


def given(target: Site, configs: Configs, inherited: Mapping[str, str]) -> Configs:
    """Return what to set so that a topic has these configs, and those that it inherited on the source.

    Where the target's brokers differ, or tell nothing, an inherited config is set: nothing is left to chance.
    """
    try:
        defaults = settings.defaults(target.reader.settings())
    except NotAuthorized:
        defaults = {}
    same = (key for key, value in inherited.items() if defaults.get(key) == value)
    return {**configs, **inherited, **dict.fromkeys(same)}


def explained(configs: Configs, inherited: Mapping[str, str]) -> tuple[str, ...]:
    """Return in words which inherited configs were set; none of it where the target's brokers give the same."""
    own = [f"{k}={v}" for k, v in sorted(configs.items()) if k in inherited and v is not None]
    return (f"{', '.join(own)}: the target's brokers give another value",) if own else ()


def current(target: Site, name: str, keys: Mapping[str, object]) -> Configs:
    """Return a topic's own values of these configs; refuse one that is gone."""
    topic = target.reader.topic(name)
    if topic is None:
        raise Refused(
            f"topic {name} does not exist on the target, so its configs cannot be restored",
            "find out who deleted it: its records on the target are gone",
        )
    return {key: topic.configs.get(key) for key in keys}
