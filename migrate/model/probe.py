"""A probe of a target, and what came of it through one client."""

from typing import Literal

from migrate.model.base import Model

Client = Literal["librdkafka", "kafka-python", "requests"]
"""Two independent clients; `requests` are Kafka's own messages sent one by one, for what no client does."""

CLIENTS: tuple[Client, ...] = ("librdkafka", "kafka-python", "requests")

Need = Literal[
    "kmig",
    "writes",
    "reads",
    "groups",
    "transactions",
    "static members",
    "consumer-protocol groups",
    "patterns",
    "append time",
    "compacted topics",
    "deleted records",
    "sized topics",
    "quotas",
    "scram",
    "rotation",
    "acls",
]
"""What of an estate depends on the answer; `kmig` itself always does."""

Result = Literal["pass", "fail", "unknown", "not offered"]


class Probe(Model):
    """One question. `asks` completes "writes, then reads back:"; `breaks` is what happens where it fails."""

    name: str
    asks: str
    breaks: str
    need: Need
    clients: tuple[Client, ...]
    soak: bool = False


class Outcome(Model):
    """What one probe answered through one client; `needed_by` names workloads, or kmig, that depend on it."""

    probe: str
    client: Client
    result: Result
    seconds: float
    evidence: str
    needed_by: tuple[str, ...] = ()
