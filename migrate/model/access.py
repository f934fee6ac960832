"""The effective access of a login: the operations that brokers authorize."""

from dataclasses import dataclass

from pydantic import Field

from migrate.model.base import Model


@dataclass(frozen=True)
class AccessQuestion:
    """The topics, groups and transactional ids that a login's access is asked for."""

    topics: tuple[str, ...]
    groups: tuple[str, ...]
    transactional_ids: tuple[str, ...] = ()


class EffectiveAccess(Model):
    """Authorized operations on each topic and group, and on the cluster.

    `describes` says for each transactional id whether it may be described; `lists_acls` is the result of a real
    request for all ACLs, which needs DESCRIBE on the cluster.
    """

    topics: dict[str, frozenset[str]] = Field(default_factory=dict)
    groups: dict[str, frozenset[str]] = Field(default_factory=dict)
    cluster: frozenset[str] = frozenset()
    describes: dict[str, bool] = Field(default_factory=dict)
    lists_acls: bool = False
