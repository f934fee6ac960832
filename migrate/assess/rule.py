"""The catalogue of rules: each has an id that stays, the readiness test it belongs to, a severity, and a remedy.

A rule that blocks says what. What the plan refuses under the same id has the plan's remedy.
"""

from dataclasses import dataclass, replace

from migrate.documents.assessment import Blocks, Finding, Severity, Test
from migrate.documents.config import Profile
from migrate.model import automq
from migrate.plan import rule as planned


@dataclass(frozen=True)
class Rule:
    """One rule; `found` makes its findings. docs/assess.md has an entry for each."""

    id: str
    test: Test
    severity: Severity
    remedy: str
    on_automq: str = ""
    blocks: Blocks | None = None

    def towards(self, profile: Profile) -> "Rule":
        """The rule with the remedy for a target of this profile."""
        if profile == "apache" or not self.on_automq:
            return self
        return replace(self, remedy=f"{self.remedy}; {self.on_automq}")

    def found(self, subject: str, evidence: str, workload: str = "") -> Finding:
        """That a subject breaks it."""
        return Finding(
            rule=self.id,
            test=self.test,
            severity=self.severity,
            subject=subject,
            workload=workload,
            evidence=evidence,
            remedy=self.remedy,
        )


def _rule(id: str, test: Test, severity: Severity, remedy: str, on_automq: str = "") -> Rule:
    return _kept(Rule(id, test, severity, remedy, on_automq))


def _blocking(id: str, test: Test, blocks: Blocks, remedy: str) -> Rule:
    return _kept(Rule(id, test, "block", remedy, blocks=blocks))


def _kept(made: Rule) -> Rule:
    RULES[made.id] = made
    return made


RULES: dict[str, Rule] = {}
"""Every rule by its id, in the order of the documentation."""

# owner
NO_OWNER = _blocking("no-owner", "owner", Blocks.PLAN, planned.NO_OWNER.remedy)
NO_SECURITY_OWNER = _rule(
    "no-security-owner", "owner", "warn", "name who signs for its access as `security_owner`"
)
PRINCIPAL_SHARED = _rule(
    "principal-shared",
    "owner",
    "warn",
    "give each workload a principal of its own; until then they move together",
)
PRINCIPALS_SEVERAL = _rule(
    "principals-several",
    "owner",
    "warn",
    "let its overrides log in as the workload's principal, or split the workload",
)
PRINCIPAL_UNOWNED = _blocking(
    "principal-unowned",
    "owner",
    Blocks.PLAN,
    "give it a workload, share its ACLs, or leave them behind with a reason",
)
GROUP_UNOWNED = _blocking(
    "group-unowned",
    "owner",
    Blocks.PLAN,
    "name it under the `groups` of one workload, or leave it behind with a reason",
)
CONNECTOR_UNOWNED = _blocking(
    "connector-unowned",
    "owner",
    Blocks.PLAN,
    "give it a workload of kind connector, or leave it behind with a reason",
)
WORKER_SHARED = _rule(
    "worker-shared",
    "owner",
    "warn",
    "run connectors of different sensitivity or zone on Connect clusters of their own",
)
# secret
# neither secret rule stops a wave: its rotation is the remedy
SECRET_LITERAL = _blocking(
    "secret-literal",
    "secret",
    Blocks.SIGNAL,
    "move it behind a config provider, then rotate it: it has been readable over REST and in a topic",
)
SECRET_UNKNOWN = _rule(
    "secret-unknown",
    "secret",
    "unknown",
    "look at the key; a worker since Connect 3.2 says which keys are passwords",
)
SECRET_SHARED = _rule(
    "secret-shared",
    "secret",
    "warn",
    "give each workload a secret of its own: one cannot be rotated without the other",
)
SECRET_COPY = _blocking(
    "secret-copy",
    "secret",
    Blocks.SIGNAL,
    "delete the copy, and rotate the secret: who could read the file could use it",
)
SECRET_LEFT_OVER = _rule(
    "secret-left-over",
    "secret",
    "warn",
    "scan again, and delete the file if it is still found and no other migration directory needs it",
)
PROVIDER_OPEN = _rule(
    "provider-open",
    "secret",
    "warn",
    "set `allowed.paths` of the provider: without it a connector may read any file of the worker",
)
# authorization
USE_WITHOUT_ACL = _blocking(
    "use-without-acl",
    "authorization",
    Blocks.WAVE,
    "grant what it does before it moves: on the target it would be refused",
)
USE_NOT_OBSERVED = _rule(
    "use-not-observed",
    "authorization",
    "unknown",
    "kmig inventory --authorizer-log FILE, with the logger at DEBUG on every broker for a while",
)
GRANT_UNUSED = _rule(
    "grant-unused",
    "authorization",
    "warn",
    "leave it behind, if nothing rarer than the window needs it",
)
GRANT_WIDER = _rule(
    "grant-wider",
    "authorization",
    "note",
    "replace it by what was used, if nothing rarer than the window needs the rest",
)
GRANT_ESCALATING = _rule(
    "grant-escalating",
    "authorization",
    "warn",
    "take it away, or name who needs it: it leads to rights beyond itself",
)
GRANT_EVERYONE = _rule(
    "grant-everyone",
    "authorization",
    "warn",
    "grant it to those who use it; everybody with a login, or without one, has it now",
)
HOST_SCOPED = _rule(
    "host-scoped",
    "authorization",
    "warn",
    "see that the target sees the same address: NAT, proxies and load balancers change it",
)
ACL_INERT = _rule(
    "acl-inert", "authorization", "warn", "leave it behind: the authorizer never matches it"
)
PRINCIPAL_MALFORMED = _blocking(
    "principal-malformed", "authorization", Blocks.PLAN, planned.PRINCIPAL_MALFORMED.remedy
)
PRINCIPAL_FOREIGN = _blocking(
    "principal-foreign", "authorization", Blocks.PLAN, planned.PRINCIPAL_FOREIGN.remedy
)
ACL_UNKNOWN = _blocking("acl-unknown", "authorization", Blocks.PLAN, planned.ACL_UNKNOWN.remedy)
DENY_CARRIES = _rule(
    "deny-carries",
    "authorization",
    "note",
    "narrow the ALLOW: if the DENY were lost, the right would be back",
)
CONTRADICTED = _rule(
    "declaration-contradicted",
    "authorization",
    "warn",
    "correct `reads` and `writes`, or the ACLs: waves are made from what is declared",
)
# network
SYSTEM_OUTSIDE_ZONE = _rule(
    "system-outside-zone",
    "network",
    "warn",
    "name the system under the zone's `reaches`, or move the workload to a zone that may reach it",
)
HOST_OUTSIDE_ZONE = _rule(
    "host-outside-zone",
    "network",
    "warn",
    "correct the zone's `hosts`, or find out who runs this workload there",
)
NO_ZONE = _rule("no-zone", "network", "unknown", "name its `zone`: nothing says what it may reach")
# rotation
NO_ROTATION = _rule(
    "no-rotation", "rotation", "warn", "describe its `rotation`: strategy, delivery, restart"
)
NEVER_REHEARSED = _rule(
    "rotation-never-proven",
    "rotation",
    "note",
    "kmig rotate WAVE --drill proves the way without touching its credential",
)
SESSIONS_OUTLIVE = _rule(
    "sessions-outlive",
    "rotation",
    "warn",
    "set connections.max.reauth.ms: without it an old session lives until its broker restarts",
    on_automq=automq.SESSIONS,
)
NO_CREDENTIAL = _rule(
    "no-credential",
    "rotation",
    "unknown",
    "name its `credential`: a broker gives out no SCRAM secret, and the target needs one",
)
# migration
SECTION_INCOMPLETE = _rule(
    "section-incomplete", "migration", "unknown", "let kmig see all of it: docs/permissions.md"
)
GROUP_TYPE = _blocking(
    "group-type-lacking",
    "migration",
    Blocks.WAVE,
    "the target profile has no such groups: let its clients use group.protocol=classic",
)
EXACTLY_ONCE = _rule(
    "exactly-once",
    "migration",
    "note",
    "it must end its transactions and start clean on the target: producer epochs do not move",
)
CONFIG_LOST = _rule(
    "topic-config-lost", "migration", "note", "see whether the topic needs it: the target has none"
)
NAME_HIDDEN = _blocking("name-hidden", "migration", Blocks.PLAN, planned.NAME_HIDDEN.remedy)
NAME_INTERNAL = _blocking(
    "name-internal",
    "migration",
    Blocks.WAVE,
    "copy with workers of Kafka 4.0 or newer and accept it, rename the topic, or leave it behind",
)
OFFSET_BEYOND_END = _blocking(
    "offset-beyond-end",
    "migration",
    Blocks.WAVE,
    "reset the group: it waits for records that will never have this offset",
)
OFFSET_BEFORE_START = _rule(
    "offset-before-start",
    "migration",
    "warn",
    "the records are gone: decide whether it goes on at the earliest or the latest",
)
OFFSETS_EXPIRE = _rule(
    "offsets-expire",
    "migration",
    "warn",
    "its consumers are away: move it first, or raise offsets.retention.minutes",
)
GROUP_IDLE = _rule(
    "group-idle", "migration", "note", "ask whether it is still needed; it could stay behind"
)
