"""Set a SCRAM credential on the target: to the secret that works on the source today, or to a new one.

A broker stores derived keys, and no API returns a credential (KIP-554), so the secret comes from a reference. A
carried secret is proven by a login on the source before it is set; an issued secret is durable in its own store
before any cluster has it. Both are proven by a login on every broker of the target.
"""

from typing import ClassVar, Literal

from migrate.errors import Refused
from migrate.model.cluster import ScramCredential
from migrate.model.reference import Reference, parse
from migrate.ports import Sites
from migrate.steps.change import Change
from migrate.steps.settle import settle

_PROPAGATION_SECONDS = 1.0


class CreateCredential(Change):
    """Set one user's credential of one mechanism.

    `existed`: the target already had it, with the same secret. `issued`: the step generates the secret, unless its
    store holds one. `made`: this step has generated it.
    """

    NOTED: ClassVar[frozenset[str]] = frozenset({"existed", "made"})

    op: Literal["create_credential"] = "create_credential"
    user: str
    source_user: str
    mechanism: str
    iterations: int
    secret: str
    issued: bool = False
    existed: bool | None = None
    made: bool | None = None

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"create_credential {self.user} {self.mechanism}"

    def describe(self) -> str:
        """See `Change`."""
        if self.issued:
            return f"issue {self.mechanism} of User:{self.user} into {self.secret}"
        return f"carry {self.mechanism} of User:{self.user} from {self.secret}"

    def guard(self, sites: Sites) -> None:
        """Prove a carried secret on the source; refuse to overwrite a different secret on the target."""
        if not self.issued:
            self._guard_source(sites)
        self._guard_mechanism(sites)
        if self._listed(sites) and not (self._held(sites) and self._soon_accepted(sites)):
            raise Refused(
                f"User:{self.user} has a different {self.mechanism} secret on the target",
                "delete that credential if it is not needed: kmig does not overwrite a secret that it cannot restore",
            )

    def _guard_mechanism(self, sites: Sites) -> None:
        if not sites.target.logins.offers(self.mechanism):
            raise Refused(
                f"the target's listener does not offer {self.mechanism}: User:{self.user} could not log in",
                "enable it there (sasl.enabled.mechanisms), or change `mechanism` in workloads.yaml "
                "and set `issue: true`",
            )

    def _guard_source(self, sites: Sites) -> None:
        refused = sites.source.logins.refused_by(self.source_user, self.mechanism, self._reference)
        if refused:
            raise Refused(
                f"{self.secret} is not the secret of User:{self.source_user} on the source: "
                f"{self.mechanism} login refused (58) by {', '.join(refused)}",
                "correct the reference in workloads.yaml, or the secret that it names",
            )

    def aim(self, sites: Sites) -> "CreateCredential":
        """Note whether the credential and its secret exist, and whether it may be set."""
        self.guard(sites)
        return self.model_copy(
            update={"existed": self._listed(sites), "made": not self._held(sites)}
        )

    def present(self, sites: Sites) -> bool:
        """Whether every broker of the target accepts the login."""
        return self._listed(sites) and self._held(sites) and self._accepted(sites)

    def apply(self, sites: Sites) -> "CreateCredential":
        """Set the credential and log in to every broker; an issued secret is made durable first."""
        if self.issued:
            sites.secrets.provide(self._reference.path, self._reference.key)
        credential = ScramCredential(
            user=self.user, mechanism=self.mechanism, iterations=self.iterations
        )
        if not self.present(sites):
            sites.target.writer.upsert_scram(credential, self._reference)
        settle(sites.clock, f"login of {credential}", lambda: self._accepted(sites))
        return self

    def guard_undo(self, sites: Sites) -> None:
        """Refuse to delete a credential that now has a different secret."""
        if self.existed or not self._listed(sites):
            return
        if not sites.target.logins.offers(self.mechanism):
            return  # no login with this mechanism is possible, so the credential is not in use
        if not (self._held(sites) and self._soon_accepted(sites)):
            raise Refused(
                f"the {self.mechanism} secret of User:{self.user} on the target is not {self.secret}: "
                "it was changed after kmig set it",
                "delete it by hand if it is not needed",
            )

    def undo(self, sites: Sites) -> None:
        """Delete the credential that kmig set, then the secret that it generated."""
        self.guard_undo(sites)
        if not self.existed and self._listed(sites):
            sites.target.writer.delete_scram(self.user, self.mechanism)
            gone = lambda: not self._listed(sites)  # noqa: E731
            settle(sites.clock, f"{self.mechanism} of User:{self.user} deleted", gone)
        if self.made:
            sites.secrets.forget(self._reference.path, self._reference.key, which="current")

    def _held(self, sites: Sites) -> bool:
        """Whether there is a secret to log in with: an issued one may not have been generated yet."""
        if not self.issued:
            return True
        return sites.secrets.provided(self._reference.path, self._reference.key)

    def _soon_accepted(self, sites: Sites) -> bool:
        """Whether the login is accepted now, or after the moment that a change needs to reach every broker."""
        if self._accepted(sites):
            return True
        sites.clock.sleep(_PROPAGATION_SECONDS)
        return self._accepted(sites)

    @property
    def _reference(self) -> Reference:
        reference = parse(self.secret)
        if reference is None:
            raise Refused(
                f"the secret of User:{self.user} is not a reference: {self.secret}",
                "write a reference such as ${file:/run/secrets/kafka.properties:password} in workloads.yaml, "
                "then run kmig plan",
            )
        return reference

    def _listed(self, sites: Sites) -> bool:
        credentials = sites.target.reader.scram_credentials()
        return any((c.user, c.mechanism) == (self.user, self.mechanism) for c in credentials)

    def _accepted(self, sites: Sites) -> bool:
        return not sites.target.logins.refused_by(self.user, self.mechanism, self._reference)
