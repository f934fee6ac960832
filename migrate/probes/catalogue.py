"""Every probe of `kmig verify protocol`: what it asks and why, through which clients, and what depends on it."""

from migrate.model.probe import Client, Probe

_BOTH: tuple[Client, ...] = ("librdkafka", "kafka-python")
_RAW: tuple[Client, ...] = ("requests",)
_EVERY = (*_BOTH, *_RAW)


def _codec(name: str) -> Probe:
    return Probe(
        name=f"codec-{name}",
        asks=f"records compressed with {name} come back byte for byte",
        breaks="producers with this compression are refused, or their records cannot be read",
        need="writes",
        clients=_BOTH,
    )


CATALOG: tuple[Probe, ...] = (
    Probe(
        name="api-versions",
        asks="every request that the source offers and a client may send is offered, in a version that both know",
        breaks="clients that work on the source fail with UNSUPPORTED_VERSION",
        need="kmig",
        clients=_RAW,
    ),
    _codec("none"),
    _codec("gzip"),
    _codec("snappy"),
    _codec("lz4"),
    _codec("zstd"),
    Probe(
        name="headers-and-nulls",
        asks="repeated and null headers, null keys, tombstones and empty values are read back unchanged",
        breaks="routing by header is lost; a tombstone read back as empty never deletes its key",
        need="reads",
        clients=_BOTH,
    ),
    Probe(
        name="create-time",
        asks="a producer's timestamp is kept, one of years ago too",
        breaks="windows and look-ups by time use the time of the move",
        need="reads",
        clients=_BOTH,
    ),
    Probe(
        name="append-time",
        asks="on a topic with LogAppendTime the broker's time replaces the producer's",
        breaks="clients that rely on the broker's time read a producer's",
        need="append time",
        clients=_BOTH,
    ),
    Probe(
        name="list-offsets",
        asks="offsets of earliest, latest, and of the first record at or after a time are exact",
        breaks="consumers that start by time skip or repeat records; kmig cannot prove offsets",
        need="kmig",
        clients=_BOTH,
    ),
    Probe(
        name="max-timestamp",
        asks="the offset of the largest timestamp is found where it is not the last record (KIP-734)",
        breaks="tools that ask how fresh a topic is get an error or a lost connection",
        need="reads",
        clients=("librdkafka", "requests"),
    ),
    Probe(
        name="idempotence",
        asks="a batch that is sent twice is stored once, and a gap in its sequence is refused",
        breaks="a producer's retry writes a record twice",
        need="writes",
        clients=_RAW,
    ),
    Probe(
        name="transactions",
        asks="committed records are read, aborted ones are not, and an open transaction holds readers back",
        breaks="exactly-once producers are refused, or readers see aborted records",
        need="transactions",
        clients=_BOTH,
    ),
    Probe(
        name="zombie-fencing",
        asks="a second producer with the same transactional id fences the first, which can commit no more",
        breaks="two instances of one application write the same records",
        need="transactions",
        clients=_BOTH,
    ),
    Probe(
        name="offsets-in-transaction",
        asks="offsets sent to a transaction appear with its commit, and not with its abort",
        breaks="consume-transform-produce loses or repeats records",
        need="transactions",
        clients=_BOTH,
    ),
    Probe(
        name="require-stable",
        asks="a fetch of stable offsets does not get an offset that an open transaction will commit (KIP-447)",
        breaks="consumers start after records that may be aborted; kmig reads commits that still change",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="classic-group",
        asks="two members share four partitions, one leaves, the other takes over; a commit is read back",
        breaks="consumers do not share work, or never take it over",
        need="groups",
        clients=_BOTH,
    ),
    Probe(
        name="static-member",
        asks="a member with an instance id that comes back keeps its partitions without a rebalance (KIP-345)",
        breaks="each restart of one instance stops all of them",
        need="static members",
        clients=_BOTH,
    ),
    Probe(
        name="consumer-protocol",
        asks="a group of the new protocol gets its partitions, reads and commits (KIP-848)",
        breaks="such consumers do not start: set group.protocol=classic at the switch",
        need="consumer-protocol groups",
        clients=("librdkafka",),
    ),
    Probe(
        name="pattern-subscription",
        asks="a subscription by pattern gets the topics that match, and one that is created later",
        breaks="consumers by pattern read nothing, or miss new topics",
        need="patterns",
        clients=_BOTH,
    ),
    Probe(
        name="commit-for-empty-group",
        asks="a commit by an administrator for a group without members is read back with its metadata",
        breaks="kmig cannot place a translated offset",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="commit-for-active-group",
        asks="a commit by an administrator for a group with members is refused with UNKNOWN_MEMBER_ID",
        breaks="an offset changes under running consumers",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="delete-offsets",
        asks="a group's commit on one partition is deleted, and its other commit stays",
        breaks="kmig cannot take a commit back",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="delete-records",
        asks="records before an offset are deleted: the log begins there, and readers too",
        breaks="Kafka Streams cannot trim its repartition topics",
        need="deleted records",
        clients=_RAW,
    ),
    Probe(
        name="record-size",
        asks="a record beyond max.message.bytes is refused with MESSAGE_TOO_LARGE, and a smaller one is accepted",
        breaks="producers that split on that error fail, or oversized records are stored",
        need="sized topics",
        clients=_BOTH,
    ),
    Probe(
        name="create-topic",
        asks="partitions and configs of a new topic are as requested, and every partition has a leader",
        breaks="kmig cannot make the topics of a wave",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="incremental-configs",
        asks="one config is set, shown and returned to its default, and another config stays (KIP-339)",
        breaks="kmig cannot restore a topic's real configs after the switch",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="validate-only",
        asks="a topic is validated and not created (`validate_only`)",
        breaks="every tool with a dry run changes the cluster",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="topic-ids",
        asks="a topic has an id, and a recreated topic has another one (KIP-516)",
        breaks="kmig cannot tell the topic that it made from a recreated one",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="acls",
        asks="a grant is listed and allows a user, a DENY over it refuses that user, and both can be deleted",
        breaks="ACLs are acknowledged, and have no effect",
        need="kmig",
        clients=_RAW,
        cluster_wide=True,
    ),
    Probe(
        name="denials",
        asks="a user without any grant is refused with Kafka's own error code, operation by operation",
        breaks="what the source denies is allowed, or clients wait instead of failing",
        need="acls",
        clients=_RAW,
        cluster_wide=True,
    ),
    Probe(
        name="scram",
        asks="a new user is listed and logs in; a wrong password is refused (58), and so is the deleted user",
        breaks="workloads cannot log in, and a rotation proves nothing",
        need="scram",
        clients=_EVERY,
        cluster_wide=True,
    ),
    Probe(
        name="session-lifetime",
        asks="a login announces when its session ends, and the broker ends it then (KIP-368)",
        breaks="a revoked credential stays in use for as long as its connection lives",
        need="rotation",
        clients=_RAW,
    ),
    Probe(
        name="quotas",
        asks="a byte rate that is set is listed, and slows a producer down",
        breaks="one client can take the bandwidth of all",
        need="quotas",
        clients=("librdkafka",),
        cluster_wide=True,
    ),
    Probe(
        name="compaction",
        asks="the last value of every key survives compaction, and older ones are removed",
        breaks="tables read from a compacted topic are wrong, or the topic grows without bound",
        need="compacted topics",
        clients=_RAW,
        soak=True,
    ),
    Probe(
        name="broker-restart",
        asks="after a restart of the broker commits are kept, and a repeated batch is still stored once",
        breaks="a restart of the target moves groups back, or stores records twice",
        need="groups",
        clients=_RAW,
        soak=True,
    ),
)
"""Every probe, in the order of the table.

Those marked `soak` are slow, or restart a broker. A target is asked only those that its estate needs, and none that
restarts a broker; `make soak` asks all, of brokers of its own.
"""


def probe(name: str) -> Probe:
    """Return the probe of that name."""
    return next(entry for entry in CATALOG if entry.name == name)
