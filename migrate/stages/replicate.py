"""Stage `replicate`: the copier may write to the wave's topics on the target, then its connector starts.

The config is valid by construction. Byte converters for key, value and headers: records must not be re-encoded. The
identity policy: names must not change. No config or ACL sync: kmig does both itself. read_committed: aborted records
must not be copied as data. Positions in the copies' own transactions: a killed worker copies nothing twice (KIP-618).
Few and large transactions and requests: each costs a round of the target's log, 250 ms on an object store. The
source's brokers therefore fill a fetch for up to 250 ms.
"""

from migrate.documents.config import Config
from migrate.documents.plan import Wave
from migrate.documents.replication import Replication
from migrate.model.acl import Acl
from migrate.model.mirrormaker import topic_patterns
from migrate.steps import AdoptCopy, CreateAcls, StartCopy, Step

_BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"
_FIXED = {
    "connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector",
    "tasks.max": "4",
    "source.cluster.alias": "source",
    "target.cluster.alias": "target",
    "key.converter": _BYTES,
    "value.converter": _BYTES,
    "header.converter": _BYTES,
    "replication.policy.class": "org.apache.kafka.connect.mirror.IdentityReplicationPolicy",
    "replication.factor": "-1",
    # kmig names the topics; what MirrorMaker's own code still passes over is `name-hidden` of kmig assess
    "topics.exclude": "",
    # a topic `heartbeats` is copied unasked otherwise, since 4.0 (KIP-1089)
    "heartbeats.replication.enabled": "false",
    "sync.topic.configs.enabled": "false",
    "sync.topic.acls.enabled": "false",
    # kmig translates by reading both logs; with this off, Kafka 4.3 refuses a config that names the syncs' location
    "emit.offset-syncs.enabled": "false",
    "refresh.topics.interval.seconds": "60",
    "errors.tolerance": "none",
    "exactly.once.support": "required",
    # with fetches that brokers fill for up to 250 ms: some four transactions a second, and a stop at once;
    # the boundary `interval` was seen to need 45 s for that
    "transaction.boundary": "poll",
    "source.consumer.isolation.level": "read_committed",
    "source.consumer.auto.offset.reset": "earliest",
    "source.consumer.max.poll.records": "20000",
    "source.consumer.fetch.min.bytes": "1048576",
    "source.consumer.fetch.max.wait.ms": "250",
    "source.consumer.max.partition.fetch.bytes": "8388608",
    "producer.override.batch.size": "1048576",
    "producer.override.linger.ms": "50",
    # uncompressed: brokers compress what the topic's `compression.type` says while it is copied
    "producer.override.max.request.size": "52000000",
    "producer.override.buffer.memory": "134217728",
    "producer.override.delivery.timeout.ms": "300000",
}


_BECAUSE = "the first readers of these topics move with this wave"


def steps(config: Config, replication: Replication, wave: Wave) -> tuple[Step, ...]:
    """Return the steps; none if earlier waves copy all the topics already."""
    if not wave.copies:
        return ()
    name, because = f"kmig-{config.name}-{wave.number}", _BECAUSE
    copy: Step = (
        AdoptCopy(because=because, name=name, topics=wave.copies)
        if replication.foreign
        else StartCopy(
            because=because,
            prefix=name,
            topics=wave.copies,
            config=connector_config(config, replication, wave.copies),
        )
    )
    if not replication.principal:
        return (copy,)
    grants = CreateAcls(
        because="the copier writes to these topics until their producers move",
        part="copier",
        acls=copier_acls(replication.principal, wave.copies),
    )
    return (grants, copy)


def copier_acls(principal: str, topics: tuple[str, ...]) -> tuple[Acl, ...]:
    """Return WRITE on each topic by name; it implies DESCRIBE."""
    return tuple(
        Acl(
            principal=principal,
            permission="ALLOW",
            operation="WRITE",
            resource_type="TOPIC",
            resource_name=topic,
        )
        for topic in topics
    )


def connector_config(
    config: Config, replication: Replication, topics: tuple[str, ...]
) -> dict[str, str]:
    """Return the whole connector config; logins are references that the worker resolves."""
    source = {"bootstrap.servers": config.source.bootstrap_servers, **replication.source}
    target = {"bootstrap.servers": config.target.bootstrap_servers, **replication.target}
    logins = {k: v for k, v in replication.target.items() if k != "bootstrap.servers"}
    return {
        **_FIXED,
        "topics": topic_patterns(topics),
        **{f"source.cluster.{key}": value for key, value in source.items()},
        **{f"target.cluster.{key}": value for key, value in target.items()},
        # one login for the records it writes, the positions it reads, and for fencing its zombies
        **{
            f"{client}.override.{key}": value
            for client in ("producer", "consumer", "admin")
            for key, value in logins.items()
        },
        **replication.overrides,
    }
