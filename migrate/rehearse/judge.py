"""Judging a rehearsal: by what the brokers let each principal do, and by where its secrets turned up. Pure."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from migrate.model.check import Check, judged

Rights = Mapping[tuple[str, str], frozenset[str]]
"""What a broker says that a principal may do: (principal, resource) → operations."""

_TELLING = 12
"""Characters of a secret that cannot stand somewhere by chance."""

_IMPLY_DESCRIBE = {"READ", "WRITE", "DELETE", "ALTER"}


def rights(source: Rights, target: Rights) -> Check:
    """Equal on both sides, but for WRITE on topics (and a DESCRIBE that only WRITE implied), withheld for now."""
    faults: list[str] = []
    for key in sorted(source.keys() | target.keys()):
        was, now = source.get(key, frozenset()), target.get(key, frozenset())
        who, what = key
        withheld = set()
        if what.startswith("topic "):
            withheld = {"WRITE"} | ({"DESCRIBE"} if was & _IMPLY_DESCRIBE == {"WRITE"} else set())
        faults += [f"{who} may {o} {what} on target, not on source" for o in sorted(now - was)]
        faults += [
            f"{who} may {o} {what} on source, not on target" for o in sorted(was - now - withheld)
        ]
        if what.startswith("topic ") and "WRITE" in now:
            faults.append(f"{who} may WRITE {what} on target before the cutover")
    allowed = sum(len(operations) for operations in target.values())
    proof = f"{len(source)} pairs of principal and resource, {allowed} operations allowed, by the brokers' own word"
    if not any(source.values()):
        faults.append("no right was found on source: nothing was proven")
    return judged("effective rights", faults, proof)


def secret_search(secrets: Mapping[str, str], places: Iterable[tuple[str, bytes]]) -> Check:
    """No secret in any place, raw or in the forms in which files, URLs and JSON would show it."""
    forms = {name: tuple(_forms(value)) for name, value in secrets.items()}
    faults: list[str] = []
    searched = 0
    for place, content in places:
        searched += 1
        for name, shapes in forms.items():
            if any(shape in content for shape in shapes):
                faults.append(f"the secret of {name} stands in {place}")
    proof = f"{len(secrets)} secrets in {searched} files, outputs and argument lists: none"
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
