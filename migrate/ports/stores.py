"""The places of secrets as an inventory looks at them, as an interface; no value of a secret leaves it."""

from dataclasses import dataclass
from typing import Protocol

from migrate.model.stored import StoredSecret


@dataclass(frozen=True)
class ReferenceUse:
    """A reference as it is written, whether workloads.yaml names it, and the Connect clusters that resolve it."""

    reference: str
    declared: bool
    clusters: tuple[str, ...] = ()


class SecretPlaces(Protocol):
    """Looks at what references lead to: files and variables of this machine, stores that kmig.yaml names."""

    def look(self, use: ReferenceUse) -> StoredSecret:
        """Return what could be found out; never raises: `unknown` and `unread` say why there is no more."""

    def fingerprints(self, reference: str) -> tuple[str, ...]:
        """Return the fingerprints of a secret, which are those of equal literals in connectors' configs.

        Raises where the secret may not be read here, or cannot be.
        """
