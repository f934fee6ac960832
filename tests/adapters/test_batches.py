"""Heads of stored batches, of both formats, whole and cut off."""

import struct

import pytest
from kafka.record import MemoryRecordsBuilder

from migrate.adapters.kafka.batches import CODECS, Batch, batches


def written(codec: int, records: int = 3, magic: int = 2) -> bytes:
    made = MemoryRecordsBuilder(magic=magic, compression_type=codec, batch_size=99_000)
    for number in range(records):
        made.append(timestamp=number, key=b"k", value=b"v" * 300)
    made.close()
    return bytes(made.buffer())


@pytest.mark.parametrize("codec", range(5), ids=CODECS)
def test_a_batch_tells_its_codec_its_size_and_where_the_next_one_begins(codec: int) -> None:
    stored = written(codec)
    (one,) = batches(stored)
    assert one == Batch(0, 3, len(stored), CODECS[codec])
    assert list(batches(stored[:61])) == [one], "its head is enough"
    assert list(batches(stored[:40])) == []


def test_several_batches_are_told_apart() -> None:
    first, second = written(1), written(0, records=2)
    second = struct.pack(">q", 3) + second[8:]
    assert [(b.base, b.following, b.codec) for b in batches(first + second[:70])] == [
        (0, 3, "gzip"),
        (3, 5, "none"),
    ]


def test_messages_of_before_kafka_0_11_have_a_codec_too() -> None:
    (one,) = batches(written(1, magic=1))
    assert (one.codec, one.size) == ("gzip", len(written(1, magic=1)))


def test_a_codec_that_nobody_knows_keeps_its_number() -> None:
    stored = bytearray(written(0))
    stored[22] |= 7
    assert next(batches(bytes(stored))).codec == "codec 7"
