"""Probes of transactions: what shows, what does not, and who may still commit."""

from kafka.protocol.consumer import OffsetFetchRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.answers import code_name
from migrate.probes.clients import Declined, ProbeClient, Transaction
from migrate.probes.librdkafka import Librdkafka
from migrate.probes.records import end_of
from migrate.probes.registry import through_client, with_requests
from migrate.probes.sandbox import Fault, Sandbox, closing, expect, until

_FENCED = {22, 47, 90, -144, -159}
"""ILLEGAL_GENERATION stands in no such answer; INVALID_PRODUCER_EPOCH, PRODUCER_FENCED, and librdkafka's own two."""

_UNSTABLE = 88


@through_client("transactions")
def transactions(sandbox: Sandbox, client: ProbeClient) -> str:
    """One committed, one aborted, one that stays open for a while."""
    topic = sandbox.topic()
    producer = client.transaction(sandbox.prefix)
    with closing(producer):
        for values, ends in (([b"a", b"b"], producer.commit), ([b"x"], producer.abort)):
            producer.begin()
            producer.write(topic, values)
            ends()
        producer.begin()
        producer.write(topic, [b"c"])
        seen = [record.value for record in client.read(topic, "read_committed")]
        expect(
            seen == [b"a", b"b"], f"while a transaction is open a reader of committed sees {seen}"
        )
        all_of_it = [record.value for record in client.read(topic)]
        expect(
            all_of_it == [b"a", b"b", b"x", b"c"], f"without isolation a reader sees {all_of_it}"
        )
        (places,) = sandbox.reader.ends([topic]).values()
        expect(places.stable < places.end, f"last stable offset {places.stable}, end {places.end}")
        producer.commit()
    seen = [record.value for record in client.read(topic, "read_committed")]
    expect(seen == [b"a", b"b", b"c"], f"after its commit a reader of committed sees {seen}")
    (places,) = sandbox.reader.ends([topic]).values()
    expect(places.stable == places.end, f"last stable offset {places.stable}, end {places.end}")
    return "committed seen, aborted not, readers held at the last stable offset while one was open"


@through_client("zombie-fencing")
def zombie_fencing(sandbox: Sandbox, client: ProbeClient) -> str:
    """Two producers of one name."""
    topic = sandbox.topic()
    first = client.transaction(sandbox.prefix)
    with closing(first):
        first.begin()
        first.write(topic, [b"zombie"])
        second = client.transaction(sandbox.prefix)
        with closing(second):
            second.begin()
            second.write(topic, [b"heir"])
            second.commit()
        said = _refused(first)
    seen = [record.value for record in client.read(topic, "read_committed")]
    expect(seen == [b"heir"], f"a reader of committed sees {seen}")
    return f"the first was fenced: {said}"


def _refused(zombie: Transaction) -> str:
    try:
        zombie.commit()
    except Declined as no:
        expect(no.code in _FENCED or "fenced" in str(no).lower(), f"refused, but with {no}")
        return str(no).split(":")[0]
    raise Fault("the fenced producer could commit")


@through_client("offsets-in-transaction")
def offsets_in_transaction(sandbox: Sandbox, client: ProbeClient) -> str:
    """Offsets that come with a commit, and do not with an abort."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    producer = client.transaction(sandbox.prefix)
    with closing(producer):
        for offset, ends in ((3, producer.commit), (5, producer.abort)):
            producer.begin()
            producer.write(topic, [b"value"])
            producer.offsets(group, {(topic, 0): offset})
            ends()
    until("the committed offset", lambda: committed(sandbox, group) == {0: 3})
    return "3 came with its commit, 5 did not with its abort"


def committed(sandbox: Sandbox, group: str) -> dict[int, int]:
    """Committed offsets by partition."""
    found = sandbox.reader.groups([group])
    return {c.partition: c.offset for one in found for c in one.commits}


@with_requests("require-stable")
def require_stable(sandbox: Sandbox) -> str:
    """The answer while a transaction that holds an offset is open."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    producer = Librdkafka(sandbox).transaction(sandbox.prefix)
    producer.begin()
    producer.write(topic, [b"value"])
    producer.offsets(group, {(topic, 0): 1})
    code, offset = _asked(sandbox, group, topic)
    producer.commit()
    expect(
        code == _UNSTABLE, f"while it is open: {code_name(code) if code else f'offset {offset}'}"
    )
    until("the offset after its commit", lambda: _asked(sandbox, group, topic) == (0, 1))
    expect(end_of(sandbox, topic) > 0, "the transaction's record is not there")
    return "UNSTABLE_OFFSET_COMMIT (88) while it was open, the offset after"


def _asked(sandbox: Sandbox, group: str, topic: str) -> tuple[int, int]:
    one = OffsetFetchRequest.OffsetFetchRequestGroup
    places = [one.OffsetFetchRequestTopics(name=topic, partition_indexes=[0])]
    request = OffsetFetchRequest(
        groups=[one(group_id=group, topics=places)],
        require_stable=True,
        min_version=8,
        max_version=9,
    )
    row = sandbox.wire.call(request, coordinator.find(sandbox.wire, group)).groups[0]
    (found,) = row.topics[0].partitions
    return found.error_code, found.committed_offset
