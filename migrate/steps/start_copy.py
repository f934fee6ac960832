"""Start a MirrorMaker 2 source connector for the topics whose copy begins with a wave.

Its name holds a digest of the topics' ids on both sides. Connect keeps offsets by connector name: a connector of the
same name continues where it stopped, and for a recreated topic the offsets of the old one would skip records.
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
_SLOW_STATUS = (
    "set topic.tracking.enable=false on the worker (docs/replicate.md), then rerun the command"
)


class StartCopy(Change):
    """Start a connector with this config for these topics; `name` is its name, once it is known."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"name"})

    op: Literal["start_copy"] = "start_copy"
    prefix: str
    topics: tuple[str, ...]
    config: dict[str, str]
    name: str = ""

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"start_copy {self.prefix}"

    def describe(self) -> str:
        """See `Change`."""
        return f"copy {listed(self.topics, 'topic')} with MirrorMaker 2"

    def outcome(self) -> str:
        """See `Change`."""
        return f"connector {self.name} runs"

    def guard(self, sites: Sites) -> None:
        """Refuse recreated topics, a Connect cluster of another Kafka cluster, and what its workers do not accept."""
        if self.name and self.name != self._name(sites):
            raise Refused(
                f"a topic copied by {self.name} was recreated: the connector's offsets belong to the old topic",
                "end that copy with `kmig rollback`, then run `kmig replicate` again",
            )
        connect, target_id = sites.moving.copy, sites.target.reader.describe().cluster_id
        connect_id = connect.kafka_cluster_id()
        if connect_id != target_id:
            raise Refused(
                f"the Connect cluster of `replication` writes to Kafka cluster {connect_id}, "
                f"the target is {target_id}",
                "run MirrorMaker 2 on a Connect cluster whose own topics are on the target",
            )
        refusals = connect.refusals({"name": self.prefix, **self.config})
        if refusals:
            raise Refused(
                f"a Connect worker does not accept the connector: {refusals[0]}",
                "set exactly.once.source.support=enabled on every worker"
                if "exactly" in refusals[0]
                else "correct `replication` in kmig.yaml",
            )

    def aim(self, sites: Sites) -> "StartCopy":
        """Name the connector by the topics' current ids; refuse topics with records that it has not copied."""
        self.guard(sites)
        topics = {name: sites.target.reader.topic(name) for name in self.topics}
        missing = [name for name, topic in topics.items() if topic is None]
        if missing:
            raise Refused(
                f"topic {missing[0]} does not exist on the target, so it cannot be copied into",
                "create it with `kmig apply WAVE`",
            )
        full = [
            name
            for name, topic in topics.items()
            if topic and any(p.end != 0 for p in topic.partitions)
        ]
        if full:
            raise Refused(
                f"topic {full[0]} on the target is not empty: it holds records, or held some",
                "delete it on the target, run `kmig apply WAVE`, then replicate: "
                "kmig copies only into an empty topic",
            )
        return self.model_copy(update={"name": self._name(sites)})

    def _name(self, sites: Sites) -> str:
        """Return the prefix and a digest of the topics' current ids on both sides."""
        ids = [f"{t} {_id(sites.target, t)} {_id(sites.source, t)}" for t in self.topics]
        stamp = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:8]
        return f"{self.prefix}-{stamp}"

    def present(self, sites: Sites) -> bool:
        """Whether the connector runs, with this config, and its topics have not been recreated."""
        copy = sites.moving.copy.copy(self.name)
        running = copy is not None and copy.running and self._same(copy.config)
        return running and self.name == self._name(sites)

    def apply(self, sites: Sites) -> "StartCopy":
        """Create the connector, or restore its config, and wait until its tasks run."""
        connect = sites.moving.copy
        connect.put(self.name, self.config)
        connect.resume(self.name)
        wait_running(sites, self.name)
        return self

    def undo(self, sites: Sites) -> None:
        """Delete the connector. The copied topics stay: kmig deletes no records."""
        connect = sites.moving.copy
        connect.delete(self.name)
        wait(
            sites,
            f"connector {self.name} to be deleted",
            lambda: "Connect still has it" if connect.copy(self.name) else "",
            _RUNNING_SECONDS,
        )

    def _same(self, actual: dict[str, str]) -> bool:
        return all(actual.get(key) == value for key, value in self.config.items())


def wait_running(sites: Sites, name: str) -> None:
    """Wait until a connector and its tasks run; raise at once if one has failed.

    A connector of which Connect has no status has not failed: whether it runs is unknown.
    """
    copy: Copier | None = None

    def missing() -> str:
        nonlocal copy
        copy = sites.moving.copy.copy(name)
        if copy is None:
            return "Connect does not have it"
        if copy.failure:
            raise Refused(
                f"MirrorMaker did not start: {copy.failure}",
                "remove the cause, then rerun the command",
            )
        return "" if copy.running else copy.shown

    try:
        wait(
            sites,
            f"connector {name} to run",
            missing,
            _RUNNING_SECONDS,
            "read the log of the Connect worker that copies, then rerun the command",
        )
    except StepFailed as error:
        if copy is None or copy.state:
            raise
        raise CannotTell(error.message, _SLOW_STATUS) from error


def _id(site: Site, name: str) -> str:
    topic = site.reader.topic(name)
    if topic is None:
        raise Refused(
            f"topic {name} does not exist any more on the {site.name}",
            "run `kmig inventory` and `kmig plan`"
            if site.name == "source"
            else "create it with `kmig apply WAVE`",
        )
    return topic.id
