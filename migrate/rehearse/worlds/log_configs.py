"""A topic's configs as its logs go by them: read out of their texts when they change, not at every record."""

from collections.abc import Mapping


class LogConfigs(dict[str, str]):
    """The configs of a topic that are in force."""

    append_time: bool
    packs: bool | None
    """Whether brokers compress every record; None where they keep what the producer sent."""
    compacts: bool
    expires: bool
    retention_seconds: float
    retention_bytes: int
    segment_seconds: float
    segment_bytes: int
    largest: int

    def __init__(self, configs: Mapping[str, str]) -> None:
        super().__init__()
        self.take(configs)

    def take(self, configs: Mapping[str, str]) -> None:
        """Go by these configs, and by no other ones."""
        self.clear()
        self.update(configs)
        kind, policy = self["compression.type"], self["cleanup.policy"]
        self.append_time = self["message.timestamp.type"] == "LogAppendTime"
        self.packs = None if kind == "producer" else kind != "uncompressed"
        self.compacts, self.expires = "compact" in policy, "delete" in policy
        self.retention_seconds = int(self["retention.ms"]) / 1000
        self.retention_bytes = int(self["retention.bytes"])
        self.segment_seconds = int(self["segment.ms"]) / 1000
        self.segment_bytes = int(self["segment.bytes"])
        self.largest = int(self["max.message.bytes"])
