"""The journal's head, recorded on the target: how a second copy of a migration directory is noticed.

It is one committed offset: group `_kmig-NAME` on topic `_kmig`, the offset being the number of entries in the journal
and the commit's metadata the hash of the last. Nothing is created to look; the topic is made with the first record.
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
    """`migrate.ports.HeadStore` on the wire."""

    def __init__(self, wire: Wire, writer: KafkaWriter, migration: str) -> None:
        self._wire = wire
        self._writer = writer
        self._group = f"{HEADS_GROUP_PREFIX}{migration}"

    def recorded(self) -> JournalHead | None:
        """The head last recorded, or None."""
        if not topics.read(self._wire, [HEADS_TOPIC]):
            return None
        answer = coordinator.while_coordinator_moves(
            self._fetch, lambda row: row.error_code in coordinator.MOVING
        )
        require(f"{self._wire.site}: read the journal's head", answer.error_code)
        for topic in answer.topics:
            for partition in topic.partitions:
                if partition.committed_offset >= 0:
                    return JournalHead(partition.committed_offset, partition.metadata or "")
        return None

    def record(self, head: JournalHead) -> None:
        """Record a head."""
        if not topics.read(self._wire, [HEADS_TOPIC]):
            one = (Partition(index=0),)
            copies = min(3, len(self._wire.brokers()))
            self._writer.create_topic(
                Topic(name=HEADS_TOPIC, replication_factor=copies, partitions=one)
            )
            coordinator.while_coordinator_moves(self._known, lambda known: not known)
        self._writer.commit_offsets(self._group, {(HEADS_TOPIC, 0): (head.entries, head.hash)})

    def _known(self) -> bool:
        """Whether the group's coordinator has heard of the topic: it refuses commits on one that it does not know."""
        keeper = coordinator.find(self._wire, self._group)
        answer = self._wire.call(metadata.request([HEADS_TOPIC]), keeper)
        return bool(metadata.existing(self._wire.site, answer))

    def _fetch(self) -> Any:
        one = OffsetFetchRequest.OffsetFetchRequestGroup(group_id=self._group, topics=None)
        request = OffsetFetchRequest(
            groups=[one], require_stable=True, min_version=8, max_version=9
        )
        answer = self._wire.call(request, coordinator.find(self._wire, self._group))
        rows = one_each(answer.groups, GROUP, blank=lambda row: not row.topics)
        return rows[self._group]
