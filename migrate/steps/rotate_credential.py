"""The steps that exchange a credential: a new secret is made durable, set beside the old one, and delivered.

Strategy `mechanism-overlap`: a user has one SCRAM credential per mechanism (KIP-554). So it logs in with the old
secret in one mechanism and with the new secret in the other, until the clients have been restarted.
"""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.cluster import ScramCredential
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle, wait

ITERATIONS = 4096


class IssueSecret(Change):
    """Generate a new secret, durable in its own store under a pending name before any cluster has it."""

    op: Literal["issue_secret"] = "issue_secret"
    user: str
    file: str
    name: str

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"issue_secret {self.user}"

    def describe(self) -> str:
        """See `Change`."""
        return f"issue a new secret for User:{self.user}"

    def aim(self, sites: Sites) -> "IssueSecret":
        """Refuse while an earlier rotation keeps its old secret: there is room for only one."""
        if sites.secrets.holds(self.file, self.name, which="old"):
            kept = sites.secrets.where(self.file, self.name, which="old")
            raise Refused(
                f"the old secret of an earlier rotation of {self.name} in {self.file} is still kept: {kept}",
                "remove that key if no credential uses it any more, then rerun the command",
            )
        return self

    def present(self, sites: Sites) -> bool:
        """Whether a secret is pending."""
        return sites.secrets.holds(self.file, self.name, which="pending")

    def apply(self, sites: Sites) -> "IssueSecret":
        """Generate a secret, unless one is pending."""
        sites.secrets.issue(self.file, self.name)
        return self

    def undo(self, sites: Sites) -> None:
        """Remove the pending secret."""
        sites.secrets.forget(self.file, self.name, which="pending")


class OverlapCredential(Change):
    """Set the pending secret in the user's other mechanism, once the old secret has logged in."""

    op: Literal["overlap_credential"] = "overlap_credential"
    user: str
    old: str
    new: str
    file: str
    name: str

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"overlap_credential {self.user}"

    def describe(self) -> str:
        """See `Change`."""
        return f"set the new secret of User:{self.user}: {self.old} → {self.new}"

    def outcome(self) -> str:
        """See `Change`."""
        return "every live broker accepted the old secret before, and accepts the new one now"

    def guard(self, sites: Sites) -> None:
        """Refuse a wrong old secret, and a user who has a credential of the other mechanism already."""
        current = sites.secrets.where(self.file, self.name, which="current")
        refused = sites.target.logins.refused_by(self.user, self.old, current)
        if refused:
            raise Refused(
                f"{current} is not the secret of User:{self.user} on the target: "
                f"{self.old} login refused (58) by {', '.join(refused)}",
                "correct the secret in its file: without a login its death cannot be proven",
            )
        if self._listed(sites) and not self.present(sites):
            raise Refused(
                f"User:{self.user} already has a {self.new} credential on the target: both mechanisms are in use",
                "delete the credential that no client uses, then rerun the command",
            )

    def aim(self, sites: Sites) -> "OverlapCredential":
        """Check that the credential may be set."""
        self.guard(sites)
        return self

    def present(self, sites: Sites) -> bool:
        """Whether the pending secret logs in on every broker."""
        return self._listed(sites) and not sites.target.logins.refused_by(
            self.user, self.new, sites.secrets.where(self.file, self.name, which="pending")
        )

    def apply(self, sites: Sites) -> "OverlapCredential":
        """Set the credential, and log in to every broker."""
        credential = ScramCredential(user=self.user, mechanism=self.new, iterations=ITERATIONS)
        pending = sites.secrets.where(self.file, self.name, which="pending")
        if not self.present(sites):
            sites.target.writer.upsert_scram(credential, pending)
        settle(sites.clock, f"login of {credential}", lambda: self.present(sites))
        return self

    def undo(self, sites: Sites) -> None:
        """Delete the new credential."""
        sites.target.writer.delete_scram(self.user, self.new)

    def _listed(self, sites: Sites) -> bool:
        return listed(sites, self.user, self.new)


class DeliverSecret(Change):
    """Make the pending secret the current one in the clients' file, and write its mechanism beside it.

    `apart`: no secret of kmig's own was left in that file. Earlier versions left the old secret there, and clients
    that reject unknown properties did not start; a step that such a version made is made again.
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
        """See `Change`."""
        return f"deliver_secret {self.user}"

    @property
    def settled(self) -> bool:
        """Whether nothing of kmig's own is left in the file, as earlier versions left it."""
        return self.apart

    def describe(self) -> str:
        """See `Change`."""
        return f"deliver ${{file:{self.file}:{self.name}}} and its mechanism"

    def present(self, sites: Sites) -> bool:
        """Whether no secret is pending, and the old one is kept outside the file that clients read."""
        store = sites.secrets
        return (
            store.holds(self.file, self.name, which="old")
            and not store.holds(self.file, self.name, which="pending")
            and store.apart(self.file)
        )

    def apply(self, sites: Sites) -> "DeliverSecret":
        """Keep the old secret durably in kmig's own file, then replace the clients' file in one rename."""
        sites.secrets.deliver(self.file, self.name, self.mechanism_key, self.new)
        return self.model_copy(update={"apart": True})

    def undo(self, sites: Sites) -> None:
        """Make the old secret the current one again."""
        sites.secrets.withdraw(self.file, self.name, self.mechanism_key, self.old)


class ForgetSecret(Change):
    """Remove the old secret from the store, once it is proven dead."""

    op: Literal["forget_secret"] = "forget_secret"
    user: str
    file: str
    name: str

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"forget_secret {self.user}"

    def describe(self) -> str:
        """See `Change`."""
        return f"forget the old secret of User:{self.user}"

    def present(self, sites: Sites) -> bool:
        """Whether the old secret is removed."""
        return not sites.secrets.holds(self.file, self.name, which="old")

    def apply(self, sites: Sites) -> "ForgetSecret":
        """Remove the old secret."""
        sites.secrets.forget(self.file, self.name, which="old")
        return self

    def guard_undo(self, sites: Sites) -> None:  # noqa: ARG002
        """Refuse: the old secret does not exist any more."""
        raise Refused(
            f"no rollback: the old secret of User:{self.user} is revoked, and removed from its store",
            "go forward: `kmig status` names the next command",
        )

    def undo(self, sites: Sites) -> None:
        """Do nothing: `guard_undo` refuses."""


def listed(sites: Sites, user: str, mechanism: str) -> bool:
    """Return whether the target lists a user's credential of that mechanism."""
    credentials = sites.target.reader.scram_credentials()
    return any((c.user, c.mechanism) == (user, mechanism) for c in credentials)


def gone(sites: Sites, user: str, mechanism: str) -> None:
    """Wait until the target does not list a user's credential of that mechanism."""
    wait(
        sites,
        f"the {mechanism} credential of User:{user} to be deleted",
        lambda: "the target still lists it" if listed(sites, user, mechanism) else "",
        30.0,
    )
