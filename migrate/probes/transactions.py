"""Probes of transactions: what readers see, which producer is fenced, and committed offsets."""

from kafka.protocol.consumer import OffsetFetchRequest

from migrate.adapters.kafka import coordinator
from migrate.adapters.kafka.answers import code_name
from migrate.probes.clients import ClientError, ProbeClient, Transaction
from migrate.probes.librdkafka import Librdkafka
from migrate.probes.records import end_of
from migrate.probes.registry import through_client, with_requests
from migrate.probes.sandbox import ProbeFailed, Sandbox, closing, expect, until

_FENCED = {22, 47, 90, -144}
"""ILLEGAL_GENERATION, INVALID_PRODUCER_EPOCH, PRODUCER_FENCED, and librdkafka's own _FENCED."""

_UNSTABLE = 88


@through_client("transactions")
def transactions(sandbox: Sandbox, client: ProbeClient) -> str:
    """Commit one transaction, abort one, and read while a third is open."""
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
        expect(seen == [b"a", b"b"], f"read_committed returns {seen} while a transaction is open")
        everything = [record.value for record in client.read(topic)]
        expect(everything == [b"a", b"b", b"x", b"c"], f"read_uncommitted returns {everything}")
        (places,) = sandbox.reader.ends([topic]).values()
        expect(places.stable < places.end, f"last stable offset {places.stable}, end {places.end}")
        producer.commit()
    seen = [record.value for record in client.read(topic, "read_committed")]
    expect(seen == [b"a", b"b", b"c"], f"read_committed returns {seen} after the commit")
    (places,) = sandbox.reader.ends([topic]).values()
    expect(places.stable == places.end, f"last stable offset {places.stable}, end {places.end}")
    return (
        "committed records are read, aborted ones are not; an open transaction holds readers back"
    )


@through_client("zombie-fencing")
def zombie_fencing(sandbox: Sandbox, client: ProbeClient) -> str:
    """Start a second producer with the same transactional id, and commit with the first."""
    topic = sandbox.topic()
    first = client.transaction(sandbox.prefix)
    with closing(first):
        first.begin()
        first.write(topic, [b"zombie"])
        second = client.transaction(sandbox.prefix)
        with closing(second):
            second.begin()
            second.write(topic, [b"successor"])
            second.commit()
        refusal = _refused(first)
    seen = [record.value for record in client.read(topic, "read_committed")]
    expect(seen == [b"successor"], f"read_committed returns {seen}")
    return f"the first producer was fenced: {refusal}"


def _refused(zombie: Transaction) -> str:
    try:
        zombie.commit()
    except ClientError as no:
        expect(
            no.code in _FENCED or "fenced" in str(no).lower(), f"refused with another error: {no}"
        )
        return str(no).split(":")[0]
    raise ProbeFailed("the fenced producer could commit")


@through_client("offsets-in-transaction")
def offsets_in_transaction(sandbox: Sandbox, client: ProbeClient) -> str:
    """Send offsets to one transaction that is committed, and to one that is aborted."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    producer = client.transaction(sandbox.prefix)
    with closing(producer):
        for offset, ends in ((3, producer.commit), (5, producer.abort)):
            producer.begin()
            producer.write(topic, [b"value"])
            producer.offsets(group, {(topic, 0): offset})
            ends()
    until("the committed offset 3", lambda: committed(sandbox, group) == {0: 3})
    return "offset 3 was committed with its transaction, 5 was not with its abort"


def committed(sandbox: Sandbox, group: str) -> dict[int, int]:
    """Return a group's committed offsets by partition."""
    described = sandbox.reader.groups([group])
    return {c.partition: c.offset for one in described for c in one.commits}


@with_requests("require-stable")
def require_stable(sandbox: Sandbox) -> str:
    """Fetch an offset that an open transaction will commit, asking for stable ones."""
    topic, group = sandbox.topic(), f"{sandbox.prefix}-group"
    producer = Librdkafka(sandbox).transaction(sandbox.prefix)
    producer.begin()
    producer.write(topic, [b"value"])
    producer.offsets(group, {(topic, 0): 1})
    code, offset = _fetched(sandbox, group, topic)
    producer.commit()
    expect(
        code == _UNSTABLE,
        f"answer while it is open: {code_name(code) if code else f'offset {offset}'}",
    )
    until("the offset after the commit", lambda: _fetched(sandbox, group, topic) == (0, 1))
    expect(end_of(sandbox, topic) > 0, "the transaction's record was not stored")
    return "UNSTABLE_OFFSET_COMMIT (88) while it was open, the offset after the commit"


def _fetched(sandbox: Sandbox, group: str, topic: str) -> tuple[int, int]:
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
