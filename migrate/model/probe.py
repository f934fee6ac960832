"""A protocol probe of a target, and its outcome through one client."""

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
"""The part of an estate that depends on the answer; `kmig` itself always does."""

Result = Literal["pass", "fail", "unknown", "not offered"]


class Probe(Model):
    """One question to a target.

    `asks` completes "writes, then reads back:", and `breaks` is what happens where it fails. `cluster_wide` marks a
    probe that makes users, ACLs or quotas, and `soak` one that is slow or restarts a broker.
    """

    name: str
    asks: str
    breaks: str
    need: Need
    clients: tuple[Client, ...]
    soak: bool = False
    cluster_wide: bool = False


class Outcome(Model):
    """The result of one probe of the target through one client.

    `needed_by` names the workloads, or kmig, that depend on it. Where the target does not pass, `source_result` and
    `source_evidence` are the source's answer to the same probe; without a result the evidence says why it has none.
    """

    probe: str
    client: Client
    result: Result
    seconds: float
    evidence: str
    needed_by: tuple[str, ...] = ()
    source_result: Result | None = None
    source_evidence: str = ""
