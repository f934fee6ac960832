"""Estates as they are found: topics with configs and records, clients with their manners, rights, defaults."""

from migrate.rehearse.worlds.chance import Chance
from migrate.rehearse.worlds.history import ClientSpec, ClusterSpec, Estate, Load, TopicSpec
from migrate.rehearse.worlds.timeline import DAY, HOUR, MINUTE

_DAY_MS = 86_400_000
_TEAMS = ("shop", "billing", "search", "fleet")


def drawn_estate(chance: Chance) -> Estate:
    """Return an estate of some topics and clients."""
    topics = _topics(chance)
    clients = _clients(chance, topics)
    if chance.rarely() or chance.rarely():
        streams, between = _streams(chance, clients)
        clients, topics = (*clients, streams), (*topics, between)
    return Estate(
        source=ClusterSpec(
            version=chance.pick(["3.9.1", "4.3.1"]),
            brokers=chance.pick([1, 2, 3]),
            defaults=_defaults(chance),
            late=_late(chance),
        ),
        target=ClusterSpec(
            brokers=chance.pick([1, 2, 3]),
            defaults=_defaults(chance),
            lifetime=0.0 if chance.rarely() else 60.0,
            late=_late(chance),
        ),
        worker=chance.pick(["3.9.1", "4.3.1", "4.3.1"]),
        poll=chance.pick([3.0, 20.0]) if chance.rarely() else 0.3,
        topics=topics,
        clients=clients,
        acls=_acls(chance, clients),
        quotas={clients[0].name: 1e6} if chance.rarely() else {},
    )


def _late(chance: Chance) -> float:
    """Return how far a broker far away, or under load, is behind with metadata."""
    return chance.pick([2.0, 20.0]) if chance.rarely() else 0.0


def _defaults(chance: Chance) -> dict[str, str]:
    """Return what server.properties sets for every topic."""
    defaults: dict[str, str] = {}
    if chance.sometimes():
        defaults["log.retention.ms"] = chance.pick(["-1", str(_DAY_MS), str(30 * _DAY_MS)])
    if chance.rarely():
        defaults["message.max.bytes"] = chance.pick(["100000", "10485760"])
    if chance.rarely():
        defaults["log.message.timestamp.type"] = "LogAppendTime"
    if chance.rarely():
        defaults["compression.type"] = chance.pick(["zstd", "uncompressed"])
    if chance.rarely():
        defaults["log.cleanup.policy"] = "compact"
    if chance.rarely():
        defaults["offsets.retention.minutes"] = chance.pick(["1440", "43200"])
    return defaults


def _topics(chance: Chance) -> tuple[TopicSpec, ...]:
    made: dict[str, TopicSpec] = {}
    team = chance.pick(_TEAMS)
    for _ in range(chance.between(1, 4)):
        team = team if chance.often() else chance.pick(_TEAMS)
        name = f"{team}.{chance.word()}"
        if chance.rarely():
            name = chance.pick([f"_{team}", f"{team}-table", f"{name}.internal", f"{team}_{name}"])
        made[name] = TopicSpec(
            name=name,
            partitions=chance.pick([1, 1, 2, 3]),
            configs=_configs(chance),
            loads=_loads(chance),
        )
    if chance.rarely():
        # what tools leave behind on a cluster that they have touched
        name = chance.pick(_TOOLS)
        made[name] = TopicSpec(name=name, loads=_loads(chance))
    return tuple(made.values())


_TOOLS = (
    *("heartbeats", "connect-offsets", "_schemas", "mm2-offsets.b.internal"),
    *("__debezium-heartbeat.shop", "__amazon_msk_canary", "source.checkpoints.internal"),
)
"""Topics that nobody of the estate reads or writes."""


def _configs(chance: Chance) -> dict[str, str]:
    configs: dict[str, str] = {}
    if chance.sometimes():
        configs["segment.bytes"] = chance.pick(["50000", "200000"])
    if chance.sometimes():
        configs["retention.ms"] = chance.pick(
            ["-1", str(_DAY_MS), str(3 * _DAY_MS), str(30 * _DAY_MS)]
        )
    if chance.rarely():
        configs["retention.bytes"] = chance.pick(["100000", "400000"])
        configs["segment.bytes"] = "50000"
    if chance.rarely():
        configs["cleanup.policy"] = chance.pick(["compact", "compact,delete"])
        configs["segment.ms"] = str(3_600_000)
    if chance.rarely():
        configs["compression.type"] = chance.pick(["zstd", "uncompressed"])
    if chance.rarely():
        configs["max.message.bytes"] = chance.pick(["20000", "5000000"])
    return configs


def _loads(chance: Chance) -> tuple[Load, ...]:
    loads = []
    for _ in range(chance.pick([0, 1, 1, 1, 2])):
        count = chance.pick([5, 30, 120]) if not chance.rarely() else chance.pick([700, 22_000])
        loads.append(
            Load.model_validate(
                {
                    "count": count,
                    "age": chance.pick([HOUR, DAY, 10 * DAY]),
                    "keys": chance.pick([0, 0, 1, 4]),
                    "size": chance.pick([200, 2000, 8000]),
                    "ratio": chance.pick([1.0, 1.0, 0.25, 0.1]),
                    "equal": chance.rarely(),
                    "transaction": chance.pick(["", "", "", "committed", "aborted"]),
                }
            )
        )
    return tuple(sorted(loads, key=lambda load: -load.age))


def _clients(chance: Chance, topics: tuple[TopicSpec, ...]) -> tuple[ClientSpec, ...]:
    names = [t.name for t in topics if t.name not in _TOOLS]
    clients = [
        _consumer(chance, f"reader-{index + 1}", chance.some(names, 2), names)
        for index in range(chance.between(1, 3))
    ]
    unwritten = [n for n in names if not any(n in c.writes for c in clients)]
    if unwritten:
        clients.insert(0, _producer(chance, "writer-1", unwritten))
    if chance.sometimes():
        clients.insert(0, _producer(chance, "writer-2", chance.some(names, 2)))
    if chance.rarely():
        first = next(c for c in clients if c.group)
        late: dict[str, object] = {
            "name": f"{first.name}-late",
            "user": first.name,
            "group": f"{first.group}-late",
        }
        late |= {
            "begins": -1.0,
            "writes": (),
            "commits_from": {},
            "commits": "auto",
            "transactional_id": "",
        }
        clients.append(first.model_copy(update=late))
    return tuple(clients)


def _streams(chance: Chance, clients: tuple[ClientSpec, ...]) -> tuple[ClientSpec, TopicSpec]:
    """Return an application of Kafka Streams: it repartitions what it reads, and purges what it has read of that."""
    source = chance.pick([t for c in clients for t in c.writes])
    between = TopicSpec(
        name="counts-by-key-repartition",
        partitions=chance.pick([1, 2]),
        configs={"cleanup.policy": "delete", "retention.ms": "-1", "segment.bytes": "52428800"},
    )
    return ClientSpec.model_validate(
        {
            "name": "counts",
            "reads": (source, between.name),
            "group": "counts",
            "writes": (between.name,),
            "commits": "transaction",
            "transactional_id": "counts-tx",
            "purges": True,
            "reset": "earliest",
            "commits_from": {source: chance.pick([0, 3, 50])},
            **_manners(chance),
        }
    ), between


def _producer(chance: Chance, name: str, topics: list[str]) -> ClientSpec:
    return ClientSpec.model_validate(
        {
            "name": name,
            "writes": topics,
            "transactional_id": f"{name}-tx" if chance.sometimes() else "",
            "keys": chance.pick([0, 0, 1, 4]),
            "size": chance.pick([200, 2000, 8000]),
            "ratio": chance.pick([1.0, 0.25]),
            "idle": chance.pick([HOUR, 6 * HOUR, DAY]),
            "busy": chance.pick([0.7, 2.0, 9.0]),
            **_manners(chance),
        }
    )


def _consumer(chance: Chance, name: str, topics: list[str], all_topics: list[str]) -> ClientSpec:
    others = [t for t in all_topics if t not in topics]
    writes = chance.some(others, 1) if others and chance.sometimes() else []
    in_transaction = bool(writes) and chance.sometimes()
    slow = chance.sometimes()
    takes = chance.pick([1, 5, 20]) if slow else 0
    return ClientSpec.model_validate(
        {
            "name": name,
            "reads": topics,
            "group": name,
            "kind": chance.pick(["classic", "classic", "consumer"]),
            "writes": writes,
            "commits": "transaction" if in_transaction else chance.pick(["auto", "auto", "each"]),
            "transactional_id": f"{name}-tx" if in_transaction else "",
            "assigns": not in_transaction and chance.rarely(),
            "reset": chance.pick(["earliest", "latest"]),
            "takes": takes,
            "naps": chance.pick([10 * MINUTE, 6 * HOUR, DAY]) if slow else 0.0,
            "commits_from": {t: chance.pick([0, 3, 50, 10_000]) for t in topics}
            if chance.often() or slow
            else {},
            "idle": chance.pick([HOUR, 6 * HOUR]),
            **_manners(chance),
        }
    )


def _manners(chance: Chance) -> dict[str, object]:
    return {
        "mechanism": chance.pick(["SCRAM-SHA-512", "SCRAM-SHA-256"]),
        "stop": chance.pick(["clean", "killed", "late", "ignored"]) if chance.rarely() else "clean",
        "start": chance.pick(["late", "fails once"]) if chance.rarely() else "runs",
    }


def _acls(chance: Chance, clients: tuple[ClientSpec, ...]) -> tuple[str, ...]:
    """Return the rights that clients have: by name, by prefix, or ALL; sometimes more than they use, or a DENY."""
    acls: dict[str, None] = {}
    for client in clients:
        who = f"to User:{client.user or client.name}"
        for operation, topics in (("READ", client.reads), ("WRITE", client.writes)):
            for topic in topics:
                pattern = topic
                if "." in topic.strip("_.") and chance.rarely():
                    pattern = f"prefixed {topic.rpartition('.')[0]}."
                used = "ALL" if chance.rarely() else operation
                acls[f"ALLOW {used} on topic {pattern} {who}"] = None
        if client.group and not client.user:
            late = any(c.user == client.name for c in clients)
            acls[f"ALLOW READ on group {'prefixed ' if late else ''}{client.group} {who}"] = None
        if client.transactional_id:
            acls[f"ALLOW WRITE on transactional_id {client.transactional_id} {who}"] = None
        if chance.rarely():
            acls[f"DENY DELETE on topic * {who}"] = None
    return tuple(acls)
