"""Delete the old credential and prove it dead, with controls that show that the proof could have failed.

Before: the old secret logs in on every broker, and those sessions stay open. After: every broker refuses a fresh
login with error 58, in either mechanism, while a canary user still logs in with the same mechanism; and when the
lifetime that the brokers announced is over (KIP-368), none of the open sessions answers. Without such a lifetime an
old session lives as long as its client wants, and nothing is proven.
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
    """One user's old mechanism. `pretend` is for drills: nothing is deleted, and the proof must notice."""

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
        """What the journal calls this step."""
        return f"revoke_credential {self.user}"

    @property
    def settled(self) -> bool:
        """A death that was not proven is looked at again."""
        return self.verdict == "proven"

    def describe(self) -> str:
        """One line."""
        return f"revoke {self.mechanism} of User:{self.user}, then try to log in with it"

    def outcome(self) -> str:
        """The verdict, and what it rests on."""
        return f"{self.verdict}: {'; '.join(self.evidence)}"

    def present(self, sites: Sites) -> bool:  # noqa: ARG002
        """A proof is made anew."""
        return False

    def apply(self, sites: Sites) -> "RevokeCredential":
        """Delete and prove. A credential that is gone already (a run was interrupted) is only proven dead."""
        sites.secrets.issue(self.file, _canary())
        canary = sites.secrets.where(self.file, _canary(), which="pending")
        sites.target.writer.upsert_scram(
            ScramCredential(user=_canary(), mechanism=self.mechanism, iterations=ITERATIONS), canary
        )
        sessions: Sequence[Session] = ()
        try:
            wait(sites, "the canary's login", lambda: self._refusing(sites, _canary()), 30.0)
            lifetimes = {s.broker: s.lifetime for s in self._canaries(sites)}
            sessions = self._sessions(sites)
            if not self.pretend:
                sites.target.writer.delete_scram(self.user, self.mechanism)
                gone(sites, self.user, self.mechanism)
            found = self._judged(sites, sessions, lifetimes)
        finally:
            for session in sessions:
                session.close()
            sites.target.writer.delete_scram(_canary(), self.mechanism)
            sites.secrets.forget(self.file, _canary(), which="pending")
        return found

    def guard_undo(self, sites: Sites) -> None:
        """It cannot be brought back once it is gone."""
        if not listed(sites, self.user, self.mechanism):
            raise Refused(f"{self.mechanism} of User:{self.user} is revoked on target")

    def undo(self, sites: Sites) -> None:
        """Nothing was deleted, or it would have been refused."""

    def _sessions(self, sites: Sites) -> Sequence[Session]:
        """Sessions of the old credential, the first positive control."""
        if not listed(sites, self.user, self.mechanism):
            return ()
        old = sites.secrets.where(self.file, self.name, which="old")
        try:
            return sites.target.logins.sessions(self.user, self.mechanism, old)
        except NotAuthenticated as error:
            raise Refused(
                f"{old} does not log in as User:{self.user} before it is revoked: {error.message}",
                "its death could not be proven; nothing was revoked",
            ) from error

    def _canaries(self, sites: Sites) -> Sequence[Session]:
        found = sites.target.logins.sessions(
            _canary(), self.mechanism, sites.secrets.where(self.file, _canary(), which="pending")
        )
        for session in found:
            session.close()
        return found

    def _judged(
        self, sites: Sites, sessions: Sequence[Session], lifetimes: dict[str, float]
    ) -> "RevokeCredential":
        if absent := sites.target.reader.absent_brokers():
            names = ", ".join(map(str, absent))
            return self._found(
                "not proven", f"brokers {names} are down: what they accept is not known"
            )
        deadline = sites.clock.monotonic() + _SPREAD_SECONDS
        while accepted := self._accepting(sites):
            if self.pretend or sites.clock.monotonic() > deadline:
                return self._found("alive", f"the old secret still logs in: {', '.join(accepted)}")
            sites.clock.sleep(0.1)
        if still := self._refusing(sites, _canary()):
            why = f"the canary is refused too, {still}: the refusal proves nothing"
            return self._found("not proven", why)
        brokers = len(sites.target.reader.brokers())
        everywhere = f"{count(brokers, 'broker')} × {count(len(MECHANISMS), 'mechanism')}"
        refused = f"{everywhere} refuse the old secret (58), the canary logs in with {self.mechanism} on each"
        if endless := sorted(broker for broker, seconds in lifetimes.items() if seconds <= 0):
            return self._found(
                "not proven",
                refused,
                f"old sessions live on without end: connections.max.reauth.ms is 0 on {', '.join(endless)}; "
                f"bound it there, restart those brokers one by one, then kmig rotate again{_caution(sites)}",
            )
        lifetime = max(lifetimes.values())
        sites.tell(f"old sessions end within {lifetime:.0f} s")
        sites.clock.sleep(lifetime + _GRACE_SECONDS)
        outlived = {*self.outlived, *(s.broker for s in sessions if s.alive())}
        if outlived:
            why = f"a session outlived {lifetime:.0f} s on {', '.join(sorted(outlived))}"
            made = self._found("not proven", refused, why)
            return made.model_copy(update={"outlived": tuple(sorted(outlived))})
        opened = f"{count(len(sessions), 'session')} that kmig had opened with it"
        watched = f"{opened} ended within the announced {lifetime:.0f} s"
        if not sessions:  # deleted by a run that did not live to see them end
            watched = (
                f"the announced {lifetime:.0f} s have passed since; no old session was watched"
            )
        return self._found("proven", refused, watched)

    def _found(self, verdict: DeathVerdict, *evidence: str) -> "RevokeCredential":
        return self.model_copy(update={"verdict": verdict, "evidence": evidence})

    def _accepting(self, sites: Sites) -> tuple[str, ...]:
        """Where the old secret still logs in, by mechanism and broker."""
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
        """Which brokers refuse the canary."""
        refused = sites.target.logins.refused_by(
            user, self.mechanism, sites.secrets.where(self.file, user, which="pending")
        )
        return f"by {', '.join(refused)}" if refused else ""


def _caution(sites: Sites) -> str:
    """What must be known before sessions are bounded on the target."""
    facts = sites.target.reader.describe()
    return f"; {automq.SESSIONS}" if automq.recognised(facts.apis, facts.features) else ""
