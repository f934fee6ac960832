"""Judging a rehearsal by what brokers let each principal do, and by where its secrets appear. Pure."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from migrate.logs.logmap import LogMap, found
from migrate.logs.stretches import GOES_ON
from migrate.model.check import Check, judged

Rights = Mapping[tuple[str, str], frozenset[str]]
"""Operations that a broker allows, by principal and resource."""

_TELLING = 12
"""Characters of a secret that do not appear by chance."""

_IMPLY_DESCRIBE = {"READ", "WRITE", "DELETE", "ALTER"}


def rights(source: Rights, target: Rights) -> Check:
    """Check that rights are equal on both sides, but for WRITE on topics, withheld until the write gate.

    A DESCRIBE that only that WRITE implied is missing with it.
    """
    faults: list[str] = []
    for key in sorted(source.keys() | target.keys()):
        was, now = source.get(key, frozenset()), target.get(key, frozenset())
        who, what = key
        withheld = set()
        if what.startswith("topic "):
            withheld = {"WRITE"} | ({"DESCRIBE"} if was & _IMPLY_DESCRIBE == {"WRITE"} else set())
        faults += [
            f"{who} may {o} {what} on the target, not on the source" for o in sorted(now - was)
        ]
        faults += [
            f"{who} may {o} {what} on the source, not on the target"
            for o in sorted(was - now - withheld)
        ]
        if what.startswith("topic ") and "WRITE" in now:
            faults.append(f"{who} may WRITE {what} on the target before the cutover")
    allowed = sum(len(operations) for operations in target.values())
    proof = f"{len(source)} pairs of principal and resource, {allowed} operations allowed, as the brokers answer"
    if not any(source.values()):
        faults.append("no right was found on the source: nothing was proven")
    return judged("effective rights", faults, proof)


def proven(maps: Mapping[str, LogMap]) -> Check:
    """Check that the maps of the copied partitions, by name, say nothing but that records are equal."""
    faults: list[str] = []
    records = 0
    for name, known in sorted(maps.items()):
        words = found(known.stretches)
        records += sum(words.get(word, (0, 0))[0] for word in GOES_ON)
        faults += [
            f"{name}: {max(pair):,} {word.value}"
            for word, pair in words.items()
            if word not in GOES_ON
        ]
    if not records:
        faults.append("no record was compared on both sides")
    proof = f"{records:,} records of {len(maps)} partitions read on both sides, and equal"
    return judged("copies", faults, proof)


def secret_search(secrets: Mapping[str, str], places: Iterable[tuple[str, bytes]]) -> Check:
    """Check that no secret is in any place, raw or as files, URLs and JSON would show it."""
    forms = {name: tuple(_forms(value)) for name, value in secrets.items()}
    faults: list[str] = []
    searched = 0
    for place, content in places:
        searched += 1
        for name, shapes in forms.items():
            if any(shape in content for shape in shapes):
                faults.append(f"the secret of {name} is in {place}")
    proof = f"{len(secrets)} secrets in {searched} files, outputs and argument lists: none found"
    if not searched:
        faults.append("nothing was searched")
    return judged("secrets", faults, proof)


def _forms(value: str) -> Iterator[bytes]:
    raw = value.encode()
    yield raw
    # the long part that no file format escapes: finds every form of it, also ones not thought of
    core = max(re.findall(r"[A-Za-z0-9_-]+", value), key=len, default="")
    if len(core) >= _TELLING:
        yield from _encoded(core.encode())
        yield core.encode()
    yield quote(value, safe="").encode()
    yield json.dumps(value)[1:-1].encode()
    yield json.dumps(value, ensure_ascii=False)[1:-1].encode()
    yield from _encoded(raw)


def _encoded(raw: bytes) -> Iterator[bytes]:
    for shift in range(3):  # base64 of the secret wherever it starts in a longer text
        encoded = base64.b64encode(b"\0" * shift + raw)
        skip = (0, 2, 3)[shift]
        yield encoded[skip:].rstrip(b"=")[:-1]
