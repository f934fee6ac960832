"""What `kmig verify protocol` asks: each probe, why it is asked, through which clients, and what depends on it."""

from migrate.model.probe import Client, Probe

_BOTH: tuple[Client, ...] = ("librdkafka", "kafka-python")
_RAW: tuple[Client, ...] = ("requests",)
_EVERY = (*_BOTH, *_RAW)


def _codec(name: str) -> Probe:
    return Probe(
        name=f"codec-{name}",
        asks=f"records compressed with {name} come back byte for byte",
        breaks="producers that compress so are refused, or their records cannot be read",
        need="writes",
        clients=_BOTH,
    )


CATALOG: tuple[Probe, ...] = (
    Probe(
        name="api-versions",
        asks="every request that the source offers and a client may send is offered, in a version that both know",
        breaks="clients that worked on the source end with UNSUPPORTED_VERSION",
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
        asks="headers with repeated names and null values, null keys, tombstones and empty values stay what they are",
        breaks="routing by header is lost; a tombstone that comes back as empty never deletes its key",
        need="reads",
        clients=_BOTH,
    ),
    Probe(
        name="create-time",
        asks="a producer's timestamp is kept, one of years ago too",
        breaks="windows and look-ups by time are computed from the time of the move",
        need="reads",
        clients=_BOTH,
    ),
    Probe(
        name="append-time",
        asks="on a topic with LogAppendTime the broker's time replaces the producer's",
        breaks="clients that trust the broker's clock read a producer's",
        need="append time",
        clients=_BOTH,
    ),
    Probe(
        name="list-offsets",
        asks="earliest, latest, the first record at or after a time, and none after the last are exact",
        breaks="consumers that start by time skip or repeat records; kmig proves nothing",
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
        breaks="exactly-once producers are refused, or readers see what was aborted",
        need="transactions",
        clients=_BOTH,
    ),
    Probe(
        name="zombie-fencing",
        asks="a second producer with the same transactional id fences the first, which can commit nothing more",
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
        asks="an offset that an open transaction will commit is not given out to who asks for stable ones (KIP-447)",
        breaks="a consumer starts behind records that are about to be committed; kmig reads commits that move",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="classic-group",
        asks="two members share four partitions, one leaves and the other takes over; a commit is read back",
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
        asks="a subscription by pattern gets the topics that match, and one that is made later",
        breaks="consumers by pattern read nothing, or miss new topics",
        need="patterns",
        clients=_BOTH,
    ),
    Probe(
        name="commit-for-empty-group",
        asks="an administrator's commit for a group without members is read back with its metadata",
        breaks="kmig cannot place a translated offset",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="commit-for-active-group",
        asks="an administrator's commit for a group with members is refused with UNKNOWN_MEMBER_ID",
        breaks="an offset changes under running consumers",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="delete-offsets",
        asks="a group's commit on one partition is deleted, and the other stays",
        breaks="kmig cannot take back a commit that it made",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="delete-records",
        asks="records before an offset are deleted: the log begins there, and reading too",
        breaks="Kafka Streams cannot trim its repartition topics",
        need="deleted records",
        clients=_RAW,
    ),
    Probe(
        name="record-size",
        asks="a record beyond max.message.bytes is refused with MESSAGE_TOO_LARGE, and one below is taken",
        breaks="producers that split on that error fail, or oversized records come in",
        need="sized topics",
        clients=_BOTH,
    ),
    Probe(
        name="create-topic",
        asks="partitions and configs of a new topic are what was asked, and every partition has a leader",
        breaks="kmig cannot make the topics of a wave",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="incremental-configs",
        asks="one config is set, shown, and returned to its default, and another one stays (KIP-339)",
        breaks="kmig cannot restore a topic's real configs after the switch",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="validate-only",
        asks="a topic that is only to be validated is not made",
        breaks="every tool with a dry run changes the cluster",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="topic-ids",
        asks="a topic has an id, and another one when it is deleted and made again (KIP-516)",
        breaks="kmig cannot tell the topic that it made from one made since",
        need="kmig",
        clients=_RAW,
    ),
    Probe(
        name="acls",
        asks="a grant is listed and lets a user in, a DENY over it refuses that user, and both are gone once deleted",
        breaks="success is answered, and nobody is allowed or denied anything",
        need="kmig",
        clients=_RAW,
        cluster_wide=True,
    ),
    Probe(
        name="denials",
        asks="a user without any grant is refused with Kafka's own error code, operation by operation",
        breaks="what was denied on the source is allowed, or clients wait instead of ending",
        need="acls",
        clients=_RAW,
        cluster_wide=True,
    ),
    Probe(
        name="scram",
        asks="a user that is made is listed and logs in, a wrong password is refused (58), and a deleted one as well",
        breaks="workloads cannot log in, and a rotation proves nothing",
        need="scram",
        clients=_EVERY,
        cluster_wide=True,
    ),
    Probe(
        name="session-lifetime",
        asks="a login says when its session ends, and it does (KIP-368)",
        breaks="a revoked credential stays in use for as long as its connection lives",
        need="rotation",
        clients=_RAW,
    ),
    Probe(
        name="quotas",
        asks="a byte rate that is set is listed, and slows a producer down",
        breaks="one client takes what all share",
        need="quotas",
        clients=("librdkafka",),
        cluster_wide=True,
    ),
    Probe(
        name="compaction",
        asks="the last value of every key survives compaction, and an older one goes",
        breaks="tables that are read from a compacted topic are wrong, or it grows without end",
        need="compacted topics",
        clients=_RAW,
        soak=True,
    ),
    Probe(
        name="broker-restart",
        asks="after a broker was restarted commits are there, and a repeated batch is still stored once",
        breaks="a restart of the target moves groups back, or writes records twice",
        need="groups",
        clients=_RAW,
        soak=True,
    ),
)
"""Every probe, in the order of the table. Those marked `soak` are slow, or restart a broker: of a target, only
those that its estate needs and that restart nothing are asked; `make soak` asks all, of brokers of its own."""


def probe(name: str) -> Probe:
    """One by its name."""
    return next(one for one in CATALOG if one.name == name)
