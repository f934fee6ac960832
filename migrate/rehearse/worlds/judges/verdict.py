"""What a judge says: the promise that was broken, about what, and what happened, as a sentence."""

from typing import NamedTuple


class Broken(NamedTuple):
    """A broken promise. `kind` names the sentence that was untrue; two of one kind and subject are the same."""

    kind: str
    subject: str
    told: str
