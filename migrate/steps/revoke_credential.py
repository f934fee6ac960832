"""Delete the old credential and prove it dead, with controls which show that the proof could have failed.

Before: the old secret logs in on every broker, and those sessions stay open. After: every broker refuses a fresh
login with error 58, in either mechanism, while a canary user still logs in with the same mechanism; and when the
session lifetime that the brokers announced is over (KIP-368), none of the open sessions answers. Without such a
lifetime an old session lives as long as its client wants, and nothing is proven.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from migrate.errors import NotAuthenticated, Refused
from migrate.model import automq
from migrate.model.cluster import MECHANISMS, ScramCredential
from migrate.model.met_last import met_last
from migrate.model.words import count
from migrate.ports import Session, Sites
from migrate.steps.change import Change
from migrate.steps.rotate_credential import ITERATIONS, gone, listed
from migrate.steps.settle import wait

DeathVerdict = Literal["", "proven", "not proven", "alive"]
_SPREAD_SECONDS = 15.0
_GRACE_SECONDS = 1.0


def _canary() -> str:
    """Return the canary's user: a name that takes 15 ms to find, in the one step that needs it."""
    return met_last("kmig-canary")


class RevokeCredential(Change):
    """Revoke one user's credential of the old mechanism; `pretend`, for drills, deletes nothing: no proof holds."""

    NOTED: ClassVar[frozenset[str]] = frozenset({"verdict", "evidence", "outlived"})

    op: Literal["revoke_credential"] = "revoke_credential"
    user: str
    mechanism: str
    file: str
    name: str
    pretend: bool = False
    verdict: DeathVerdict = ""
    evidence: tuple[str, ...] = ()
    outlived: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """See `Change`."""
        return f"revoke_credential {self.user}"

    @property
    def settled(self) -> bool:
        """Whether the death is proven; otherwise a rerun tries again."""
        return self.verdict == "proven"

    def describe(self) -> str:
        """See `Change`."""
        return f"revoke {self.mechanism} of User:{self.user}, then try to log in with it"

    def outcome(self) -> str:
        """Return the verdict and its evidence."""
        return f"{self.verdict}: {'; '.join(self.evidence)}"

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """Never: the proof is always made again."""
        return False

    def apply(self, sites: Sites) -> "RevokeCredential":
        """Delete the credential and prove it dead; one that an interrupted run has deleted is only proven dead."""
        sites.secrets.issue(self.file, _canary())
        canary = sites.secrets.where(self.file, _canary(), which="pending")
        sites.target.writer.upsert_scram(
            ScramCredential(user=_canary(), mechanism=self.mechanism, iterations=ITERATIONS), canary
        )
        sessions: Sequence[Session] = ()
        try:
            wait(
                sites,
                "the login of the canary user to be accepted",
                lambda: self._refusing(sites, _canary()),
                30.0,
                "check that every broker is up and follows the controller, then rerun the command",
            )
            lifetimes = {s.broker: s.lifetime for s in self._canaries(sites)}
            sessions = self._sessions(sites)
            if not self.pretend:
                sites.target.writer.delete_scram(self.user, self.mechanism)
                gone(sites, self.user, self.mechanism)
            judged = self._judged(sites, sessions, lifetimes)
        finally:
            for session in sessions:
                session.close()
            sites.target.writer.delete_scram(_canary(), self.mechanism)
            sites.secrets.forget(self.file, _canary(), which="pending")
        return judged

    def guard_undo(self, sites: Sites) -> None:
        """Refuse once the credential is deleted: no API can restore it."""
        if not listed(sites, self.user, self.mechanism):
            raise Refused(
                f"no rollback: the {self.mechanism} credential of User:{self.user} is revoked on the target",
                "go forward: run `kmig rotate` again, or set a new credential by hand",
            )

    def undo(self, sites: Sites) -> None:
        """Do nothing: `guard_undo` has seen that nothing was deleted."""

    def _sessions(self, sites: Sites) -> Sequence[Session]:
        """Open a session of the old credential on every broker: the first positive control."""
        if not listed(sites, self.user, self.mechanism):
            return ()
        old = sites.secrets.where(self.file, self.name, which="old")
        try:
            return sites.target.logins.sessions(self.user, self.mechanism, old)
        except NotAuthenticated as error:
            raise Refused(
                f"{old} cannot log in as User:{self.user} even before it is revoked: {error.message}",
                "correct the old secret in its file: without a login its death cannot be proven",
            ) from error

    def _canaries(self, sites: Sites) -> Sequence[Session]:
        sessions = sites.target.logins.sessions(
            _canary(), self.mechanism, sites.secrets.where(self.file, _canary(), which="pending")
        )
        for session in sessions:
            session.close()
        return sessions

    def _judged(
        self, sites: Sites, sessions: Sequence[Session], lifetimes: dict[str, float]
    ) -> "RevokeCredential":
        if absent := sites.target.reader.absent_brokers():
            names = ", ".join(map(str, absent))
            return self._judged_as(
                "not proven", f"brokers {names} are down: what they accept is unknown"
            )
        deadline = sites.clock.monotonic() + _SPREAD_SECONDS
        while accepted := self._accepting(sites):
            if self.pretend or sites.clock.monotonic() > deadline:
                return self._judged_as(
                    "alive", f"the old secret still logs in: {', '.join(accepted)}"
                )
            sites.clock.sleep(0.1)
        if refusing := self._refusing(sites, _canary()):
            why = (
                f"the canary user is also {refusing}: the refusal of the old secret proves nothing"
            )
            return self._judged_as("not proven", why)
        brokers = len(sites.target.reader.brokers())
        everywhere = f"{count(brokers, 'broker')} × {count(len(MECHANISMS), 'mechanism')}"
        refused = f"{everywhere} refuse the old secret (58), the canary logs in with {self.mechanism} on each"
        if endless := sorted(broker for broker, seconds in lifetimes.items() if seconds <= 0):
            return self._judged_as(
                "not proven",
                refused,
                f"old sessions never expire: connections.max.reauth.ms is 0 on {', '.join(endless)}; "
                f"set it there, restart those brokers one by one, then run kmig rotate again{_caution(sites)}",
            )
        lifetime = max(lifetimes.values())
        sites.tell(f"old sessions end within {lifetime:.0f} s")
        sites.clock.sleep(lifetime + _GRACE_SECONDS)
        outlived = {*self.outlived, *(s.broker for s in sessions if s.alive())}
        if outlived:
            why = f"a session outlived {lifetime:.0f} s on {', '.join(sorted(outlived))}"
            unproven = self._judged_as("not proven", refused, why)
            return unproven.model_copy(update={"outlived": tuple(sorted(outlived))})
        opened = f"{count(len(sessions), 'session')} that kmig had opened with it"
        watched = f"{opened} ended within the announced {lifetime:.0f} s"
        if (
            not sessions
        ):  # an earlier run deleted the credential, and was killed before its sessions ended
            watched = (
                f"the announced {lifetime:.0f} s have passed since; no old session was watched"
            )
        return self._judged_as("proven", refused, watched)

    def _judged_as(self, verdict: DeathVerdict, *evidence: str) -> "RevokeCredential":
        return self.model_copy(update={"verdict": verdict, "evidence": evidence})

    def _accepting(self, sites: Sites) -> tuple[str, ...]:
        """Return where the old secret still logs in, by mechanism and broker."""
        old = sites.secrets.where(self.file, self.name, which="old")
        everyone = {str(broker) for broker in sites.target.reader.brokers()}
        return tuple(
            f"{mechanism} on {broker}"
            for mechanism in MECHANISMS.values()
            for broker in sorted(
                everyone - set(sites.target.logins.refused_by(self.user, mechanism, old))
            )
        )

    def _refusing(self, sites: Sites, user: str) -> str:
        """Return in words which brokers refuse the pending secret of a user, or nothing."""
        refused = sites.target.logins.refused_by(
            user, self.mechanism, sites.secrets.where(self.file, user, which="pending")
        )
        return f"refused by {', '.join(refused)}" if refused else ""


def _caution(sites: Sites) -> str:
    """Return what must be known before sessions get a lifetime on this target, or nothing."""
    facts = sites.target.reader.describe()
    return f"; {automq.SESSIONS}" if automq.recognised(facts.apis, facts.features) else ""
