"""Return the retention of topics on the target, once it would delete nothing that a group of this migration needs.

A copy keeps everything, for weeks. As long as a group has yet to read what the retention would delete, the step stays
open: it holds up nobody, and a rerun of the cutover looks again. The close of the wave waits no longer, and says so.
"""

from typing import ClassVar, Literal

from pydantic import Field

from migrate.logs.retained import Kept, unread
from migrate.model import settings
from migrate.model.words import count, first_of
from migrate.ports import Site, Sites
from migrate.steps.alter_topic import Configs, current, explained, given
from migrate.steps.change import Change
from migrate.steps.settle import settle

_POLICY = "cleanup.policy"


class ReturnRetention(Change):
    """Give these topics their retention back; see `AlterTopic` for `configs`, `inherited` and `given`.

    `groups` are those of waves that are not closed: nothing that one of them has yet to read is deleted, except when
    the wave is `closing`. `waits` holds the reasons of each topic that still keeps everything. `before` is by topic.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"given", "groups", "waits", "before"})

    op: Literal["return_retention"] = "return_retention"
    topics: tuple[str, ...]
    configs: Configs
    inherited: dict[str, str] = Field(default_factory=dict)
    groups: tuple[str, ...] = ()
    closing: bool = False
    given: Configs | None = None
    waits: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    before: dict[str, Configs] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"return_retention {self.topics[0]}"

    def describe(self) -> str:
        """See `Change`."""
        return f"give {first_of(self.topics, 3)} {'its' if len(self.topics) == 1 else 'their'} retention back"

    def aim(self, sites: Sites) -> "ReturnRetention":
        """Note the values to set."""
        return self.model_copy(update={"given": given(sites.target, self.configs, self.inherited)})

    def again(self, sites: Sites) -> "ReturnRetention":
        """Note the values anew: weeks may have passed."""
        return self.aim(sites)

    def present(self, sites: Sites) -> bool:
        """Whether every topic has its retention."""
        return all(current(sites.target, one, self._wanted) == self._wanted for one in self.topics)

    def apply(self, sites: Sites) -> "ReturnRetention":
        """Return the retention of each topic that nobody needs more of; why others wait is its evidence."""
        keys = {*self._wanted, _POLICY}
        shown = {t: current(sites.target, t, dict.fromkeys(keys)) for t in self.topics}
        found: dict[str, Configs] = {
            t: {k: now[k] for k in self._wanted} for t, now in shown.items()
        }
        left = [topic for topic, now in found.items() if now != self._wanted]
        expiring = [topic for topic in left if _expires(sites.target, shown[topic][_POLICY])]
        reasons = unread(sites, expiring, self.groups, Kept.of(self._wanted, sites.target))
        waits = {} if self.closing else {t: reasons[t] for t in left if reasons.get(t)}
        if self.closing and reasons:
            sites.tell(f"warning: {first_of([r for some in reasons.values() for r in some], 3)}")
        for topic in (one for one in left if one not in waits):
            sites.target.writer.alter_topic(topic, self._wanted)
            there = lambda topic=topic: current(sites.target, topic, self._wanted) == self._wanted  # noqa: E731
            settle(sites.clock, f"configs of {topic}", there)
        said = tuple(reason for topic in left for reason in reasons.get(topic, ()))
        before = {**{t: found[t] for t in left if t not in waits}, **self.before}
        made = self.model_copy(update={"waits": waits, "before": before})
        counted = f"{len(self.topics) - len(waits)} of {count(len(self.topics), 'topic')}"
        return made.seeing(counted, *explained(self._wanted, self.inherited), *said)

    @property
    def settled(self) -> bool:
        """Whether no topic waits."""
        return not self.waits

    def undo(self, sites: Sites) -> None:
        """Restore the values of the copy."""
        for topic, values in self.before.items():
            sites.target.writer.alter_topic(topic, values)

    @property
    def _wanted(self) -> Configs:
        return self.configs if self.given is None else self.given


def _expires(target: Site, policy: str | None) -> bool:
    """Whether retention deletes from a topic with this policy: from one that is compacted alone it does not."""
    defaults = settings.defaults(target.reader.settings()) if policy is None else {}
    return "delete" in (policy or defaults.get(_POLICY, "delete"))
