"""Set a SCRAM credential on the target to the secret that works on the source today.

A broker stores keys from which no API can rebuild a credential (KIP-554), so the secret comes from a reference, and
is proven by a login on the source before it is set, and on every broker of the target after.
"""

from typing import Literal

from migrate.errors import Refused
from migrate.model.base import Model
from migrate.model.cluster import ScramCredential
from migrate.model.reference import Reference, parse
from migrate.ports import Sites
from migrate.steps.settle import settle


class CreateCredential(Model):
    """One user's credential of one mechanism; `existed` says that the target had it, with the same secret."""

    op: Literal["create_credential"] = "create_credential"
    because: str
    user: str
    source_user: str
    mechanism: str
    iterations: int
    secret: str
    existed: bool | None = None

    @property
    def key(self) -> str:
        """What the journal calls this step."""
        return f"create_credential {self.user} {self.mechanism}"

    def describe(self) -> str:
        """One line."""
        return f"carry {self.mechanism} of User:{self.user} from {self.secret}"

    def aim(self, sites: Sites) -> "CreateCredential":
        """Prove the secret on the source; refuse to overwrite another one on the target."""
        refused = sites.source.logins.refused_by(self.source_user, self.mechanism, self._reference)
        if refused:
            raise Refused(
                f"{self.secret} is not the secret of User:{self.source_user} on source: "
                f"{self.mechanism} login refused (58) by {', '.join(refused)}",
                "correct the reference in workloads.yaml, or the secret it names",
            )
        existed = self._listed(sites)
        if existed and not self._accepted(sites):
            raise Refused(
                f"User:{self.user} has another {self.mechanism} secret on target",
                "kmig does not overwrite a secret that it cannot restore: delete that credential first",
            )
        return self.model_copy(update={"existed": existed})

    def present(self, sites: Sites) -> bool:
        """Whether every broker of the target accepts the login."""
        return self._listed(sites) and self._accepted(sites)

    def apply(self, sites: Sites) -> None:
        """Set it, and log in to every broker."""
        credential = ScramCredential(
            user=self.user, mechanism=self.mechanism, iterations=self.iterations
        )
        if not self.present(sites):
            sites.target.writer.upsert_scram(credential, self._reference)
        settle(sites.clock, f"login of {credential}", lambda: self._accepted(sites))

    def undo(self, sites: Sites) -> None:
        """Delete the credential that kmig set, and see it gone."""
        if self.existed:
            return
        sites.target.writer.delete_scram(self.user, self.mechanism)
        gone = lambda: not self._listed(sites)  # noqa: E731
        settle(sites.clock, f"{self.mechanism} of User:{self.user} gone", gone)

    @property
    def _reference(self) -> Reference:
        reference = parse(self.secret)
        if reference is None:
            raise Refused(f"the secret of User:{self.user} is not a reference")
        return reference

    def _listed(self, sites: Sites) -> bool:
        found = sites.target.reader.scram_credentials()
        return any((c.user, c.mechanism) == (self.user, self.mechanism) for c in found)

    def _accepted(self, sites: Sites) -> bool:
        return not sites.target.logins.refused_by(self.user, self.mechanism, self._reference)
