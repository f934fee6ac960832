"""Observed use: who did what, from where, and for which reason the authorizer allowed or denied it."""

from typing import Literal

from migrate.model.base import Model

DecisionReason = Literal["acl", "super", "default", "unsaid"]
"""An ACL, a super user, or the default where no ACL is found; ZooKeeper brokers mostly log no reason: `unsaid`."""


class Use(Model):
    """One principal's operation on one resource, counted over the window; `hosts` are the first few."""

    principal: str
    operation: str
    resource_type: str
    resource_name: str
    ground: DecisionReason = "unsaid"
    allowed: int = 0
    denied: int = 0
    hosts: tuple[str, ...] = ()
    more_hosts: bool = False


class Observed(Model):
    """The use that authorizer logs show. The window is written as in the logs, in the brokers' own time zone.

    `any_topic` are principals for which a broker checked whether they may write to any topic at all (KIP-679).
    """

    first: str = ""
    last: str = ""
    files: int = 0
    lines: int = 0
    decisions: int = 0
    uses: tuple[Use, ...] = ()
    any_topic: tuple[str, ...] = ()

    @property
    def principals(self) -> frozenset[str]:
        """Every principal that was seen."""
        return frozenset(use.principal for use in self.uses)


class ExposedSecret(Model):
    """A secret found in a file: its place, and by what it was recognised; never the secret."""

    file: str
    line: int
    found: str
    of: str = ""
