"""What a login may really do, as brokers say it."""

from dataclasses import dataclass

from pydantic import Field

from migrate.model.base import Model


@dataclass(frozen=True)
class AccessQuestion:
    """What a login is asked about."""

    topics: tuple[str, ...]
    groups: tuple[str, ...]
    transactional_ids: tuple[str, ...] = ()


class EffectiveAccess(Model):
    """Operations that are allowed on each thing; `describes` says whether each transactional id may be described.

    `lists_acls` is what came of a real request, to list all ACLs, which needs DESCRIBE on the cluster.
    """

    topics: dict[str, frozenset[str]] = Field(default_factory=dict)
    groups: dict[str, frozenset[str]] = Field(default_factory=dict)
    cluster: frozenset[str] = frozenset()
    describes: dict[str, bool] = Field(default_factory=dict)
    lists_acls: bool = False
