"""The journal's head, recorded on the target: this is how kmig notices a second copy of a migration directory.

The head is one committed offset of group `_kmig-NAME` on topic `_kmig`: the offset is the number of entries in the
journal, the commit's metadata the hash of the last entry. Reading it creates nothing; recording the first head
creates the topic.
"""

from typing import Any

from kafka.protocol.consumer import OffsetFetchRequest

from migrate.adapters.kafka import coordinator, metadata, topics
from migrate.adapters.kafka.answers import require
from migrate.adapters.kafka.groups import GROUP
from migrate.adapters.kafka.rows import one_each
from migrate.adapters.kafka.wire import Wire
from migrate.adapters.kafka.writer import KafkaWriter
from migrate.model.cluster import Partition, Topic
from migrate.model.permissions import HEADS_GROUP_PREFIX, HEADS_TOPIC
from migrate.ports import JournalHead


class KafkaHeadStore:
    """`migrate.ports.HeadStore` as a committed offset on the target."""

    def __init__(self, wire: Wire, writer: KafkaWriter, migration: str) -> None:
        self._wire = wire
        self._writer = writer
        self._group = f"{HEADS_GROUP_PREFIX}{migration}"

    def recorded(self) -> JournalHead | None:
        """See `HeadStore`."""
        if not topics.read(self._wire, [HEADS_TOPIC]):
            return None
        answer = coordinator.while_coordinator_moves(
            self._fetch, lambda row: row.error_code in coordinator.MOVING
        )
        require(f"read the journal's head on the {self._wire.site}", answer.error_code)
        for topic in answer.topics:
            for partition in topic.partitions:
                if partition.committed_offset >= 0:
                    return JournalHead(partition.committed_offset, partition.metadata or "")
        return None

    def record(self, head: JournalHead) -> None:
        """See `HeadStore`."""
        if not topics.read(self._wire, [HEADS_TOPIC]):
            partitions = (Partition(index=0),)
            replicas = min(3, len(self._wire.brokers()))
            self._writer.create_topic(
                Topic(name=HEADS_TOPIC, replication_factor=replicas, partitions=partitions)
            )
            coordinator.while_coordinator_moves(self._known, lambda known: not known)
        self._writer.commit_offsets(self._group, {(HEADS_TOPIC, 0): (head.entries, head.hash)})

    def _known(self) -> bool:
        """Whether the group's coordinator knows the topic: it refuses commits on a topic that it does not know."""
        broker = coordinator.find(self._wire, self._group)
        answer = self._wire.call(metadata.request([HEADS_TOPIC]), broker)
        return bool(metadata.existing(self._wire.site, answer))

    def _fetch(self) -> Any:
        group = OffsetFetchRequest.OffsetFetchRequestGroup(group_id=self._group, topics=None)
        request = OffsetFetchRequest(
            groups=[group], require_stable=True, min_version=8, max_version=9
        )
        answer = self._wire.call(request, coordinator.find(self._wire, self._group))
        rows = one_each(answer.groups, GROUP, blank=lambda row: not row.topics)
        return rows[self._group]
