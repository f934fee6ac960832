"""Start a MirrorMaker 2 source connector for the topics whose copy begins with a wave.

Its name holds a digest of the topics' ids on both sides: a connector of that name goes on where it stopped, and a
topic that was created anew gets a new name, because the positions kept under the old one would skip its records.
"""

import hashlib
from typing import ClassVar, Literal

from migrate.errors import CannotTell, Refused, StepFailed
from migrate.model.copier import Copier
from migrate.model.words import listed
from migrate.ports import Site, Sites
from migrate.steps.change import Change
from migrate.steps.settle import wait

_RUNNING_SECONDS = 60.0
_SLOW_STATUS = "set topic.tracking.enable=false on the worker (docs/replicate.md), then run the same command again"


class StartCopy(Change):
    """Topics and connector config; `name` is what the connector was called."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"name"})

    op: Literal["start_copy"] = "start_copy"
    prefix: str
    topics: tuple[str, ...]
    config: dict[str, str]
    name: str = ""

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"start_copy {self.prefix}"

    def describe(self) -> str:
        """One line."""
        return f"copy {listed(self.topics, 'topic')} with MirrorMaker 2"

    def outcome(self) -> str:
        """Which connector."""
        return f"connector {self.name} runs"

    def guard(self, sites: Sites) -> None:
        """Refuse a worker of another cluster, without exactly-once support, or that does not like the config.

        And topics created anew since: the positions kept under the old name would skip their records.
        """
        if self.name and self.name != self._name(sites):
            raise Refused(
                f"a topic that {self.name} copies was created anew: its positions are about another one",
                "kmig rollback ends that copy; then replicate again",
            )
        copy, wanted = sites.moving.copy, sites.target.reader.describe().cluster_id
        found = copy.kafka_cluster_id()
        if found != wanted:
            raise Refused(
                f"the Connect cluster of `replication` writes to Kafka cluster {found}, target is {wanted}",
                "run MirrorMaker 2 on a Connect cluster whose own topics are on the target",
            )
        refusals = copy.refusals({"name": self.prefix, **self.config})
        if refusals:
            raise Refused(
                f"a worker refuses the connector: {refusals[0]}",
                "exactly.once.source.support=enabled must be set on every worker"
                if "exactly" in refusals[0]
                else "correct `replication` in kmig.yaml",
            )

    def aim(self, sites: Sites) -> "StartCopy":
        """Name the connector after the topics as they are now, and refuse copies that it did not bring."""
        self.guard(sites)
        found = {t: sites.target.reader.topic(t) for t in self.topics}
        missing = [t for t, topic in found.items() if topic is None]
        if missing:
            raise Refused(f"topic {missing[0]} is not on target", "kmig apply makes it")
        full = [
            t for t, topic in found.items() if topic and any(p.end != 0 for p in topic.partitions)
        ]
        if full:
            raise Refused(
                f"topic {full[0]} on target holds records already, or has held some",
                "kmig copies only into an empty topic: delete it, kmig apply the wave again, then replicate",
            )
        return self.model_copy(update={"name": self._name(sites)})

    def _name(self, sites: Sites) -> str:
        """The prefix and a digest of the topics' ids on both sides, as they are now."""
        ids = [f"{t} {_id(sites.target, t)} {_id(sites.source, t)}" for t in self.topics]
        stamp = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:8]
        return f"{self.prefix}-{stamp}"

    def present(self, sites: Sites) -> bool:
        """Whether it runs, with this config, on these very topics."""
        found = sites.moving.copy.copy(self.name)
        running = found is not None and found.running and self._same(found.config)
        return running and self.name == self._name(sites)

    def apply(self, sites: Sites) -> "StartCopy":
        """Make it, or mend it, and wait until its tasks run."""
        copy = sites.moving.copy
        copy.put(self.name, self.config)
        copy.resume(self.name)
        wait_running(sites, self.name)
        return self

    def undo(self, sites: Sites) -> None:
        """Delete the connector. The copies stay: they are records, and kmig deletes none."""
        copy = sites.moving.copy
        copy.delete(self.name)
        wait(
            sites,
            f"connector {self.name} gone",
            lambda: "there" if copy.copy(self.name) else "",
            _RUNNING_SECONDS,
        )

    def _same(self, found: dict[str, str]) -> bool:
        return all(found.get(key) == value for key, value in self.config.items())


def wait_running(sites: Sites, name: str) -> None:
    """Wait until a connector and its tasks run; one that failed says why at once.

    One of which Connect has no status has not failed: whether it runs is unknown.
    """
    found: Copier | None = None

    def missing() -> str:
        nonlocal found
        found = sites.moving.copy.copy(name)
        if found is None:
            return "missing"
        if found.failure:
            raise Refused(found.failure, "mend its cause, then run the same command again")
        return "" if found.running else found.shown

    try:
        wait(sites, f"connector {name} to run", missing, _RUNNING_SECONDS)
    except StepFailed as error:
        if found is None or found.state:
            raise
        raise CannotTell(error.message, _SLOW_STATUS) from error


def _id(site: Site, topic: str) -> str:
    found = site.reader.topic(topic)
    if found is None:
        raise Refused(
            f"topic {topic} is gone from {site.name}",
            "on source: take the inventory again and plan anew; on target: kmig apply makes it",
        )
    return found.id
