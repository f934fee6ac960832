"""Topics, records and transactions of a world."""

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.log import OutOfRange, Stored
from migrate.rehearse.worlds.reading import WorldReader
from migrate.rehearse.worlds.topics import BROKER_CONFIGS, KAFKA_DEFAULTS
from tests.histories import ops
from tests.histories.ops import OK, Answer
from tests.histories.simulated.play import NotModelledError, Play, Producer, answer, calls

_OVERHEAD = 70
"""Bytes of a batch beside its values."""

_PACKED = 0.01
"""How far the padding of a history's values is compressed."""


@answer.register
def _(op: ops.CreateTopic, play: Play) -> Answer:
    play.require_admin("create topics")
    configs = {key: value for key, value in op.configs if value is not None}
    play.cluster.create_topic(op.topic, op.partitions, 1, configs, by="admin")
    return OK


@answer.register
def _(op: ops.DeleteTopic, play: Play) -> Answer:
    play.cluster.delete_topic(op.topic, by="admin")
    for place in [p for p in play.batches if p[0] == op.topic]:
        del play.batches[place]
    return OK


@answer.register
def _(op: ops.AddPartitions, play: Play) -> Answer:
    play.cluster.grow_topic(op.topic, op.total, by="admin")
    return OK


@answer.register
def _(op: ops.AlterTopic, play: Play) -> Answer:
    play.require_admin("change configs")
    play.cluster.topics.alter(op.topic, dict(op.configs))
    return OK


@answer.register
def _(op: ops.Config, play: Play) -> Answer:
    play.require_admin("see configs")
    topic = play.cluster.topic(op.topic)
    source = "DYNAMIC_DEFAULT_BROKER_CONFIG" if op.key in play.dynamic else "DEFAULT_CONFIG"
    source = "DYNAMIC_TOPIC_CONFIG" if op.key in topic.own else source
    return f"{topic.effective[op.key]} {source}"


@answer.register
def _(op: ops.Topics, play: Play) -> Answer:
    names = sorted(topic.name for topic in play.cluster.topics)
    broker = play.cluster.broker_ids[0]
    return tuple(
        name
        for name in names
        if play.cluster.allows(play.principal, "DESCRIBE", "TOPIC", name, broker)
    )


@answer.register
def _(op: ops.Partitions, play: Play) -> Answer:
    return len(play.cluster.topic(op.topic).logs)


@answer.register
def _(op: ops.TopicId, play: Play) -> Answer:
    found = play.cluster.topic(op.topic).id
    if found not in play.ids:
        play.ids.append(found)
    return play.ids.index(found) + 1


@answer.register
def _(op: ops.Init, play: Play) -> Answer:
    made = Producer(play.principal, op.tx, op.timeout)
    if op.tx:
        made.transaction = play.cluster.begin(play.principal, op.tx, op.timeout)
    play.producers[op.by] = made
    return OK


@answer.register
def _(op: ops.Produce, play: Play) -> Answer:
    if op.again:
        raise NotModelledError("sequence numbers of idempotent producers")
    producer = play.producers.get(op.by)
    transaction = None
    if producer is not None and producer.tx:
        if producer.transaction is None:
            producer.transaction = play.cluster.begin(play.principal, producer.tx, producer.timeout)
        transaction = producer.transaction
    place = (op.topic, op.partition)
    offsets = play.cluster.produce(play.principal, place, _contents(op, play), transaction)
    play.batches.setdefault(place, []).append(offsets[0])
    return offsets[0]


def _contents(op: ops.Produce, play: Play) -> list[Content]:
    made = []
    for n, value in enumerate(op.values):
        number = play.doings.next_number()
        play.values[number] = value
        key = play.keys.setdefault(op.keys[n], len(play.keys) + 1) if op.keys else -number
        size = max(op.size, len(value or "")) + (0 if n else _OVERHEAD)
        ratio = 1.0 if op.codec == "none" else _PACKED
        made.append(Content(number, key, size, ratio, play.timeline.now - op.ago))
    return made


@answer.register
def _(op: ops.End, play: Play) -> Answer:
    producer = play.producers[op.by]
    assert producer.transaction is not None
    play.require("WRITE", "TRANSACTIONAL_ID", producer.tx)
    play.cluster.finish(producer.transaction, "committed" if op.commit else "aborted")
    producer.transaction = None
    return OK


@answer.register
def _(op: ops.Transact, play: Play) -> Answer:
    by = f"tx{len(play.producers)}"
    answer(ops.Init(by, by), play)
    offset = answer(ops.Produce(op.topic, op.values, op.partition, by), play)
    answer(ops.End(by, op.commit), play)
    return offset


@answer.register
def _(op: ops.Vanish, play: Play) -> Answer:
    del play.producers[op.by]
    return OK


@answer.register
def _(op: ops.DeleteRecords, play: Play) -> Answer:
    play.require_admin("delete records")
    log = play.log(op.topic, op.partition)
    try:
        log.delete_before(log.end if op.before < 0 else op.before, play.timeline.now)
    except OutOfRange:
        return "OFFSET_OUT_OF_RANGE"
    return log.start


@answer.register
def _(op: ops.Ends, play: Play) -> Answer:
    play.require("DESCRIBE", "TOPIC", op.topic)
    log = play.log(op.topic, op.partition)
    return (log.start, log.stable, log.end)


@answer.register
def _(op: ops.Fetch, play: Play) -> Answer:
    place = (op.topic, op.partition)
    return tuple(
        f"{r.offset}:{play.values[r.content.number]}"
        for r in _fetched(play, place, op.at, committed=op.committed)
        if r.content is not None
    )


def _fetched(play: Play, place: TopicPartition, at: int, *, committed: bool) -> list[Stored]:
    found, _ = play.cluster.fetch(play.principal, place, at, 1_000_000, committed=committed)
    return found


@answer.register
def _(op: ops.Ages, play: Play) -> Answer:
    rows = _fetched(play, (op.topic, 0), play.log(op.topic).start, committed=True)
    return tuple(f"{r.offset}:{round((play.timeline.now - r.at) / 3600)}" for r in rows)


@answer.register
def _(op: ops.Compressed, play: Play) -> Answer:
    rows = _fetched(play, (op.topic, 0), play.log(op.topic).start, committed=False)
    return tuple(r.content is not None and r.size < r.content.size for r in rows)


@answer.register
def _(op: ops.SmallerThan, play: Play) -> Answer:
    return play.log(op.topic).size < op.size


@answer.register
def _(op: ops.OpenTransactions, play: Play) -> Answer:
    found = WorldReader(play.cluster, calls(play)).producers([op.topic])
    return tuple(sorted(one.start for one in found if one.open))


@answer.register
def _(op: ops.AlterBrokers, play: Play) -> Answer:
    topics = play.cluster.topics
    for key, value in op.configs:
        own = BROKER_CONFIGS[key]
        topics.defaults[own] = KAFKA_DEFAULTS[own] if value is None else value
        play.dynamic = play.dynamic - {own} if value is None else play.dynamic | {own}
    for topic in topics:
        topics.alter(topic.name, {})
    return OK


@answer.register
def _(op: ops.LoseTail, play: Play) -> Answer:
    last = play.batches[op.topic, 0].pop()
    play.cluster.lose_tail((op.topic, 0), last)
    # a broker takes its time to come back
    play.timeline.advance(2.0)
    return OK


@answer.register
def _(op: ops.KillBroker, play: Play) -> Answer:
    play.timeline.advance(2.0)
    return OK
