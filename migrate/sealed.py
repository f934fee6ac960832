"""The digest that a document carries of its own content, so that an edited one is recognised."""

import hashlib

from pydantic import BaseModel

UNSEALED = b'"digest": ""'


def digest(body: bytes) -> str:
    """Return the digest of a document's body."""
    return hashlib.sha256(body).hexdigest()


def body(document: BaseModel) -> bytes:
    """Return the JSON of a document without its digest: white space of the file does not count."""
    unsealed = document.model_copy(update={"digest": ""})
    made = unsealed.__pydantic_serializer__.to_json(unsealed, indent=1)
    # among the first keys of every document, before anything that could look like it
    assert made.find(UNSEALED) < 100
    return made


def edited(document: BaseModel, raw: bytes, sealed: str) -> bool:
    """Return whether the file of a document, with the digest `sealed`, was edited after kmig wrote it."""
    # as it was written, also by a kmig that knew fewer keys; or the same in another form
    as_written = digest(
        raw.removesuffix(b"\n").replace(b'"digest": "%s"' % sealed.encode(), UNSEALED, 1)
    )
    return as_written != sealed != digest(body(document))
