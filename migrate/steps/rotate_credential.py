"""A credential exchanged: the new secret made durable, set beside the old one, delivered; then the old one revoked.

Strategy `mechanism-overlap`: one SCRAM credential per mechanism (KIP-554), so the same user logs in with the old
secret in one and the new secret in the other until the clients have changed over.
"""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.cluster import ScramCredential
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle, wait

ITERATIONS = 4096


class IssueSecret(Change):
    """A new secret, durable in its own store under a pending name before any cluster knows it."""

    op: Literal["issue_secret"] = "issue_secret"
    user: str
    file: str
    name: str

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"issue_secret {self.user}"

    def describe(self) -> str:
        """One line."""
        return f"issue a new secret for User:{self.user}"

    def aim(self, sites: Sites) -> "IssueSecret":
        """Refuse while an earlier rotation still keeps an old secret: this one could not keep its own."""
        if sites.secrets.holds(self.file, self.name, which="old"):
            kept = sites.secrets.where(self.file, self.name, which="old")
            raise Refused(
                f"an earlier rotation of {self.name} in {self.file} still keeps the old secret: {kept}",
                "remove that key if the credential it belongs to is dead",
            )
        return self

    def present(self, sites: Sites) -> bool:
        """Whether one waits."""
        return sites.secrets.holds(self.file, self.name, which="pending")

    def apply(self, sites: Sites) -> "IssueSecret":
        """Make one, unless one waits already."""
        sites.secrets.issue(self.file, self.name)
        return self

    def undo(self, sites: Sites) -> None:
        """Forget it."""
        sites.secrets.forget(self.file, self.name, which="pending")


class OverlapCredential(Change):
    """The pending secret set in the user's other mechanism, once the old one is proven to be the one in use."""

    op: Literal["overlap_credential"] = "overlap_credential"
    user: str
    old: str
    new: str
    file: str
    name: str

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"overlap_credential {self.user}"

    def describe(self) -> str:
        """One line."""
        return f"set the new secret of User:{self.user}: {self.old} → {self.new}"

    def outcome(self) -> str:
        """That it works."""
        return "on every live broker the old secret logged in before, and the new one does now"

    def guard(self, sites: Sites) -> None:
        """Refuse a wrong old secret, and a user whose other slot holds a live credential."""
        current = sites.secrets.where(self.file, self.name, which="current")
        refused = sites.target.logins.refused_by(self.user, self.old, current)
        if refused:
            raise Refused(
                f"{current} is not the secret of User:{self.user} on target: "
                f"{self.old} login refused (58) by {', '.join(refused)}",
                "correct the secret's file: without the old secret its death cannot be proven",
            )
        if self._listed(sites) and not self.present(sites):
            raise Refused(
                f"User:{self.user} has a {self.new} credential on target already: both slots are in use",
                "delete the one that nobody uses, then rotate",
            )

    def aim(self, sites: Sites) -> "OverlapCredential":
        """See that it may be set."""
        self.guard(sites)
        return self

    def present(self, sites: Sites) -> bool:
        """Whether the pending secret logs in on every broker."""
        return self._listed(sites) and not sites.target.logins.refused_by(
            self.user, self.new, sites.secrets.where(self.file, self.name, which="pending")
        )

    def apply(self, sites: Sites) -> "OverlapCredential":
        """Set it, and log in to every broker."""
        credential = ScramCredential(user=self.user, mechanism=self.new, iterations=ITERATIONS)
        pending = sites.secrets.where(self.file, self.name, which="pending")
        if not self.present(sites):
            sites.target.writer.upsert_scram(credential, pending)
        settle(sites.clock, f"login of {credential}", lambda: self.present(sites))
        return self

    def undo(self, sites: Sites) -> None:
        """Delete it."""
        sites.target.writer.delete_scram(self.user, self.new)

    def _listed(self, sites: Sites) -> bool:
        return listed(sites, self.user, self.new)


class DeliverSecret(Change):
    """Where the clients find their secret: the pending one becomes current, and the mechanism is named beside it.

    `apart` says that nothing of kmig's own was left in that file. Versions before this one left the old secret there,
    and clients that refuse unknown properties did not start: a rotation that one of them began is looked at again.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"apart"})

    op: Literal["deliver_secret"] = "deliver_secret"
    user: str
    file: str
    name: str
    mechanism_key: str
    old: str
    new: str
    apart: bool = False

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"deliver_secret {self.user}"

    @property
    def settled(self) -> bool:
        """Not when a version before this one delivered it."""
        return self.apart

    def describe(self) -> str:
        """One line."""
        return f"deliver ${{file:{self.file}:{self.name}}} and its mechanism"

    def present(self, sites: Sites) -> bool:
        """Whether none is pending, the old one is kept, and not in the file that clients read."""
        store = sites.secrets
        return (
            store.holds(self.file, self.name, which="old")
            and not store.holds(self.file, self.name, which="pending")
            and store.apart(self.file)
        )

    def apply(self, sites: Sites) -> "DeliverSecret":
        """The old one is durable in kmig's own file first; then in one rename."""
        sites.secrets.deliver(self.file, self.name, self.mechanism_key, self.new)
        return self.model_copy(update={"apart": True})

    def undo(self, sites: Sites) -> None:
        """The old one becomes current again."""
        sites.secrets.withdraw(self.file, self.name, self.mechanism_key, self.old)


class ForgetSecret(Change):
    """The old secret removed from the store, once it is proven dead."""

    op: Literal["forget_secret"] = "forget_secret"
    user: str
    file: str
    name: str

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"forget_secret {self.user}"

    def describe(self) -> str:
        """One line."""
        return f"forget the old secret of User:{self.user}"

    def present(self, sites: Sites) -> bool:
        """Whether it is gone."""
        return not sites.secrets.holds(self.file, self.name, which="old")

    def apply(self, sites: Sites) -> "ForgetSecret":
        """Remove it."""
        sites.secrets.forget(self.file, self.name, which="old")
        return self

    def guard_undo(self, sites: Sites) -> None:  # noqa: ARG002
        """It cannot be brought back."""
        raise Refused(f"the old secret of User:{self.user} is revoked and forgotten")

    def undo(self, sites: Sites) -> None:
        """Refused before."""


def listed(sites: Sites, user: str, mechanism: str) -> bool:
    """Whether the target knows a credential of that mechanism."""
    found = sites.target.reader.scram_credentials()
    return any((c.user, c.mechanism) == (user, mechanism) for c in found)


def gone(sites: Sites, user: str, mechanism: str) -> None:
    """Wait until the target lists it no more."""
    wait(
        sites,
        f"{mechanism} of User:{user} gone",
        lambda: "listed" if listed(sites, user, mechanism) else "",
        30.0,
    )
