"""What was seen in use: who did what, from where, and on which ground the authorizer said yes or no."""

from typing import Literal

from migrate.model.base import Model

DecisionReason = Literal["acl", "super", "default", "unsaid"]
"""Why: an ACL, a super user, the default where no ACL is found; before KRaft brokers mostly leave it `unsaid`."""


class Use(Model):
    """One principal's use of one resource by one operation, over the whole window; `hosts` are the first few."""

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
    """What authorizer logs show. The window is as the logs write it, in the brokers' own time zone.

    `any_topic` are principals that were asked about whether they may write to any topic at all (KIP-679).
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
        """Everybody that was seen."""
        return frozenset(use.principal for use in self.uses)


class ExposedSecret(Model):
    """A secret that stands where nobody manages it: where, and by what it was recognised; never the secret."""

    file: str
    line: int
    found: str
    of: str = ""
