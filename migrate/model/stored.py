"""A secret in its store, as far as kmig could look: its place, its readers, older versions; never the secret."""

from datetime import datetime

from migrate.model.base import Model


class StoreReader(Model):
    """Who may read a secret in its store, and what lets them: a file's mode, a policy of the store."""

    who: str
    through: str


class StoredSecret(Model):
    """One reference: where it leads to, and who may read it there.

    `unknown` says why kmig could not look at the secret; what is told beside it holds all the same. `unread` is what
    else could not be found out, above all of its readers, each with the reason: there may be more than are listed.
    `resolves_to` is what a value that is itself a reference names: Kafka resolves once, so clients would use that
    text as the secret. `versions` are older values that the store still returns; `changed` and `by` are what the
    store says of the last write.
    """

    reference: str
    place: str = ""
    readers: tuple[StoreReader, ...] = ()
    changed: datetime | None = None
    by: str = ""
    versions: tuple[str, ...] = ()
    resolves_to: str = ""
    unknown: str = ""
    unread: tuple[str, ...] = ()
