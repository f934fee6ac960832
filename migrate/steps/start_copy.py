"""Start a MirrorMaker 2 source connector for the topics whose copy begins with a wave, or amend it.

Its name holds a digest of the ids that its first topics have on both sides. Connect keeps offsets by connector name:
a connector of the same name continues where it stopped, and for a recreated topic the offsets of the old one would
skip records. A topic that is added later keeps the name: so what Connect has of a topic of that name is removed
before the connector is told of it, and its ids are noted beside the name.
"""

import hashlib
from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from migrate.errors import Refused, StepFailed
from migrate.logs.mapping import begin
from migrate.model.copier import Copier
from migrate.model.mirrormaker import copied_unasked, leaves_heartbeats_out, topics_of
from migrate.model.words import listed
from migrate.ports import Site, Sites
from migrate.steps.change import Change
from migrate.steps.connectors import quiet, wait_running
from migrate.steps.settle import wait

_SECONDS = 60.0


class StartCopy(Change):
    """Have a connector with this config copy these topics; `name` is its name, once it is known.

    An amended one has `began`, the topics that its name was made for, and `ids` of those added since, as they are on
    target and source; `before` is the config that it replaces.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"name", "began", "ids", "before"})

    op: Literal["start_copy"] = "start_copy"
    prefix: str
    topics: tuple[str, ...]
    config: dict[str, str]
    name: str = ""
    began: tuple[str, ...] = ()
    ids: dict[str, str] = Field(default_factory=dict)
    before: dict[str, str] | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"start_copy {self.prefix}"

    def describe(self) -> str:
        """See `Change`."""
        return f"copy {listed(self.topics, 'topic')} with MirrorMaker 2"

    def outcome(self) -> str:
        """See `Change`."""
        return "; ".join((f"connector {self.name} runs", *self.evidence))

    def extending(self, begun: "StartCopy", sites: Sites) -> "StartCopy | None":
        """Continue `begun` with other settings or more topics, which must be empty on the target."""
        added = tuple(t for t in self.topics if t not in begun.topics)
        if self.prefix != begun.prefix or set(begun.topics) - set(self.topics):
            return None
        _require_empty(sites, added)
        return begun.model_copy(
            update={
                "topics": self.topics,
                "config": self.config,
                "began": begun.began or begun.topics,
                "ids": {**begun.ids, **{topic: _ids(sites, topic) for topic in added}},
                "before": begun.config,
            }
        )

    def guard(self, sites: Sites) -> None:
        """Refuse recreated topics, a Connect cluster of another Kafka cluster, and what its workers do not accept."""
        if self.name and self._recreated(sites):
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
        self._guard_heartbeats(sites)
        refusals = connect.refusals({"name": self.prefix, **self.config})
        if refusals:
            raise Refused(
                f"a Connect worker does not accept the connector: {refusals[0]}",
                "set exactly.once.source.support=enabled on every worker"
                if "exactly" in refusals[0]
                else "correct `replication` in kmig.yaml",
            )

    def _guard_heartbeats(self, sites: Sites) -> None:
        """Refuse workers that would copy topics of heartbeats unasked, and fail: KIP-1089 is why 4.0 need not."""
        version = sites.moving.copy.version()
        if leaves_heartbeats_out(version):
            return
        beats = [t.name for t in sites.source.reader.topics() if copied_unasked(t.name)]
        if beats:
            raise Refused(
                f"the workers of `replication` are of Kafka {version}: their MirrorMaker copies topic {beats[0]} "
                "unasked, and fails",
                "let workers of Kafka 4.0 or later copy, or delete that topic if no MirrorMaker needs it",
            )

    def aim(self, sites: Sites) -> "StartCopy":
        """Name the connector by the topics' current ids; refuse topics with records that it has not copied."""
        self.guard(sites)
        _require_empty(sites, self.topics)
        return self.model_copy(update={"name": self._name(sites)})

    def _name(self, sites: Sites) -> str:
        """Return the prefix and a digest of the current ids, on both sides, of the topics that it began with."""
        ids = [f"{topic} {_ids(sites, topic)}" for topic in self.began or self.topics]
        stamp = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:8]
        return f"{self.prefix}-{stamp}"

    def _recreated(self, sites: Sites) -> bool:
        same = all(_ids(sites, topic) == ids for topic, ids in self.ids.items())
        return not same or self.name != self._name(sites)

    def present(self, sites: Sites) -> bool:
        """Whether the connector runs, with this config, and its topics have not been recreated."""
        copy = sites.moving.copy.copy(self.name)
        running = copy is not None and copy.running and self._same(copy.config)
        return running and not self._recreated(sites)

    def apply(self, sites: Sites) -> "StartCopy":
        """Create or amend the connector, and wait until its tasks run."""
        begin(sites, self.topics)
        connect = sites.moving.copy
        current = connect.copy(self.name)
        if self.before is None:
            connect.put(self.name, self.config)
        elif current is None or not self._same(current.config):
            self._amend(sites, current)
        connect.resume(self.name)
        wait_running(sites, self.name)
        return self.seeing(*(f"not asked whether it accepts it: {s}" for s in connect.silent()))

    def _amend(self, sites: Sites, current: Copier | None) -> None:
        """Give the connector its config while it stands still; topics that it does not copy yet begin at their start.

        Run again after a crash, it removes no offsets of a topic that the connector was told of.
        """
        connect = sites.moving.copy
        if current is None:
            connect.put(self.name, self.config, stopped=True)
            # somebody deleted it: what it has copied of an added topic, it goes on with
            added = tuple(topic for topic in self.ids if topic not in _full(sites, self.ids))
        else:
            told = topics_of(current.config)
            added = tuple(topic for topic in self.ids if topic not in told)
            _require_empty(sites, added)
        quiet(sites, [self.name])
        connect.forget(self.name, added)
        if left := sorted({t for t, _ in connect.positions([self.name]) or () if t in added}):
            raise StepFailed(
                f"Connect still has offsets of topic {left[0]} for {self.name}, though they were removed",
                "read the Connect worker's log, then rerun the command",
            )
        connect.put(self.name, self.config)

    def undo(self, sites: Sites) -> None:
        """Delete the connector. The copied topics stay: kmig deletes no records."""
        connect = sites.moving.copy
        connect.delete(self.name)
        wait(
            sites,
            f"connector {self.name} to be deleted",
            lambda: "Connect still has it" if connect.copy(self.name) else "",
            _SECONDS,
        )

    def _same(self, actual: dict[str, str]) -> bool:
        return all(actual.get(key) == value for key, value in self.config.items())


def _require_empty(sites: Sites, names: Iterable[str]) -> None:
    """Refuse topics that the target does not have, or that hold records there."""
    if full := _full(sites, names):
        raise Refused(
            f"topic {full[0]} on the target is not empty: it holds records, or held some",
            "delete it on the target, run `kmig apply WAVE`, then replicate: "
            "kmig copies only into an empty topic",
        )


def _full(sites: Sites, names: Iterable[str]) -> list[str]:
    """Return the topics to which something was ever written on the target; refuse one that does not exist."""
    topics = {name: sites.target.reader.topic(name) for name in names}
    missing = [name for name, topic in topics.items() if topic is None]
    if missing:
        raise Refused(
            f"topic {missing[0]} does not exist on the target, so it cannot be copied into",
            "create it with `kmig apply WAVE`",
        )
    return [n for n, topic in topics.items() if topic and any(p.end != 0 for p in topic.partitions)]


def _ids(sites: Sites, topic: str) -> str:
    """Return a topic's ids on target and source."""
    return f"{_id(sites.target, topic)} {_id(sites.source, topic)}"


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
