"""What a credential reaches: topics and outside systems, as sets."""

from dataclasses import dataclass

from migrate.documents.boundary import Credential, Rights


@dataclass(frozen=True)
class Extent:
    """What a credential reaches: topics that it writes and reads, and systems outside Kafka."""

    writes: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """The number of topics, those that it writes and reads counted twice, and of systems."""
        return len(self.writes) + len(self.reads) + len(self.systems)

    def __or__(self, other: "Extent") -> "Extent":
        return Extent(
            self.writes | other.writes, self.reads | other.reads, self.systems | other.systems
        )

    def __sub__(self, other: "Extent") -> "Extent":
        return Extent(
            self.writes - other.writes, self.reads - other.reads, self.systems - other.systems
        )


def extent(credential: Credential, *sides: Rights) -> Extent:
    """Return what the holder of a credential reaches directly, with what it may do on these sides."""
    found = Extent(systems=frozenset(credential.systems))
    for rights in sides:
        found |= Extent(frozenset(rights.topics_for("WRITE")), frozenset(rights.topics_for("READ")))
    return found
