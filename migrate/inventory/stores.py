"""The section `stores`: every reference, where it leads and who can read it there.

It never stops an inventory: what could not be looked at is said at its reference.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from migrate.documents.inventory import Section, State
from migrate.errors import KmigError
from migrate.model.connector import Connector
from migrate.model.stored import StoredSecret
from migrate.ports import Clock
from migrate.ports.stores import ReferenceUse, SecretPlaces


@dataclass
class KnownSecrets:
    """The secrets of workloads.yaml by their fingerprints: resolved when the first literal is compared with them.

    `places` is None where no secret is looked at. `uncompared` are references that could not be, with the reason.
    """

    places: SecretPlaces | None
    references: tuple[str, ...]
    uncompared: dict[str, str] = field(default_factory=dict)

    def reference_of(self, fingerprint: str) -> str:
        """Return the first reference whose secret has this fingerprint; empty where none has."""
        return self._by_fingerprint.get(fingerprint, "")

    @cached_property
    def _by_fingerprint(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for reference in sorted(self.references) if self.places else ():
            try:
                for fingerprint in self.places.fingerprints(reference) if self.places else ():
                    found.setdefault(fingerprint, reference)
            except KmigError as error:
                self.uncompared[reference] = error.message
        return found


def section(
    known: KnownSecrets, connectors: Iterable[Connector], clock: Clock
) -> Section[tuple[StoredSecret, ...]] | None:
    """Look at each reference once, in order; None where no secret is looked at."""
    if known.places is None:
        return None
    began = clock.monotonic()
    looked = tuple(
        _with(known.places.look(use), known.uncompared.get(use.reference, ""))
        for use in _uses(known.references, connectors)
    )
    seconds = round(clock.monotonic() - began, 3)
    return Section[tuple[StoredSecret, ...]](standing=State.COMPLETE, seconds=seconds, found=looked)


def _uses(declared: Iterable[str], connectors: Iterable[Connector]) -> list[ReferenceUse]:
    clusters: dict[str, set[str]] = defaultdict(set)
    for connector in connectors:
        for use in connector.secrets:
            for reference in use.references:
                clusters[reference].add(connector.cluster)
    named = {*declared}
    return [
        ReferenceUse(one, one in named, tuple(sorted(clusters.get(one, ()))))
        for one in sorted({*named, *clusters})
    ]


def _with(stored: StoredSecret, uncompared: str) -> StoredSecret:
    """Add why a secret was not compared with literals, unless it is unknown as a whole."""
    if not uncompared or stored.unknown:
        return stored
    line = f"whether connectors hold it in clear: {uncompared}"
    return stored.model_copy(update={"unread": (*stored.unread, line)})
