"""The catalogue of rules: each has an id that stays, the readiness test it belongs to, a severity, and a remedy.

A blocking rule states what it blocks. A rule that the plan has under the same id has the plan's remedy.
"""

from migrate.assess.catalogue import RULES as RULES
from migrate.assess.catalogue import Rule as Rule
from migrate.assess.catalogue import blocking as _blocking
from migrate.assess.catalogue import warning as _rule
from migrate.documents.assessment import Blocks
from migrate.model import automq
from migrate.plan import rule as planned

# owner
NO_OWNER = _blocking("no-owner", "owner", Blocks.PLAN, planned.NO_OWNER.remedy)
NO_SECURITY_OWNER = _rule(
    "no-security-owner", "owner", "warn", "set `security_owner`: the team that approves its access"
)
PRINCIPAL_SHARED = _rule(
    "principal-shared",
    "owner",
    "warn",
    "give each workload its own principal; until then they move together",
)
PRINCIPALS_SEVERAL = _rule(
    "principals-several",
    "owner",
    "warn",
    "let the connector's client overrides use the workload's principal, or split the workload",
)
PRINCIPAL_UNOWNED = _blocking(
    "principal-unowned",
    "owner",
    Blocks.PLAN,
    "add a workload for it, or decide its ACLs under `shared` or `leave_behind`",
)
GROUP_UNOWNED = _blocking(
    "group-unowned",
    "owner",
    Blocks.PLAN,
    "add it to the `groups` of one workload, or leave it behind with a reason",
)
CONNECTOR_UNOWNED = _blocking(
    "connector-unowned",
    "owner",
    Blocks.PLAN,
    "add a workload of kind connector for it, or leave it behind with a reason",
)
WORKER_SHARED = _rule(
    "worker-shared",
    "owner",
    "warn",
    "run connectors of different sensitivity or zone on separate Connect clusters",
)
# secret
# a blocking secret rule stops no wave: the wave's rotation is the remedy
SECRET_LITERAL = _blocking(
    "secret-literal",
    "secret",
    Blocks.SIGNAL,
    "move it behind a config provider, then rotate it: it was readable over REST and in the config topic",
)
SECRET_UNKNOWN = _rule(
    "secret-unknown",
    "secret",
    "unknown",
    "check the key by hand; workers from Connect 3.2 on report which keys are passwords",
)
SECRET_SHARED = _rule(
    "secret-shared",
    "secret",
    "warn",
    "give each workload its own secret: a shared one can only be rotated for all of them at once",
)
SECRET_COPY = _blocking(
    "secret-copy",
    "secret",
    Blocks.SIGNAL,
    "delete the secret from the file, then rotate it: whoever could read the file could use it",
)
SECRET_LEFT_OVER = _rule(
    "secret-left-over",
    "secret",
    "warn",
    "scan again; if it is still found and no other migration directory needs the file, delete the file",
)
PROVIDER_OPEN = _rule(
    "provider-open",
    "secret",
    "warn",
    "set `allowed.paths` of the provider: without it a connector can read any file of the worker",
)
# authorization
USE_WITHOUT_ACL = _blocking(
    "use-without-acl",
    "authorization",
    Blocks.WAVE,
    "grant this right before the workload moves: without it the target refuses the workload",
)
WRITE_UNDECLARED = _blocking(
    "write-undeclared",
    "authorization",
    Blocks.WAVE,
    "name the topic under `writes`, or revoke the right: who is not one of a topic's writers is fenced with them",
)
READ_UNDECLARED = _blocking(
    "read-undeclared",
    "authorization",
    Blocks.WAVE,
    "name the topic under `reads`, or delete the commit: a group moves with all topics that it has commits on",
)
USE_NOT_OBSERVED = _rule(
    "use-not-observed",
    "authorization",
    "unknown",
    "set the authorizer's logger to DEBUG on every broker, then run kmig inventory --authorizer-log FILE",
)
GRANT_UNUSED = _rule(
    "grant-unused",
    "authorization",
    "warn",
    "leave it behind, unless a job needs it that runs more rarely than the log covers",
)
GRANT_WIDER = _rule(
    "grant-wider",
    "authorization",
    "note",
    "replace it by what was used, unless a job needs the rest that runs more rarely than the log covers",
)
GRANT_ESCALATING = _rule(
    "grant-escalating",
    "authorization",
    "warn",
    "remove it, or find out who needs it: it leads to further rights",
)
GRANT_EVERYONE = _rule(
    "grant-everyone",
    "authorization",
    "warn",
    "grant it only to the principals that use it",
)
HOST_SCOPED = _rule(
    "host-scoped",
    "authorization",
    "warn",
    "check that the target sees the same client address: NAT, proxies and load balancers change it",
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
    "narrow the ALLOW: without the DENY it grants this right again",
)
CONTRADICTED = _rule(
    "declaration-contradicted",
    "authorization",
    "warn",
    "correct `reads` and `writes`, or the ACLs: waves are planned from the declaration",
)
# network
SYSTEM_OUTSIDE_ZONE = _rule(
    "system-outside-zone",
    "network",
    "warn",
    "add the system to the zone's `reaches`, or move the workload to a zone that may reach it",
)
HOST_OUTSIDE_ZONE = _rule(
    "host-outside-zone",
    "network",
    "warn",
    "correct the zone's `hosts`, or find out who runs this workload on that host",
)
NO_ZONE = _rule(
    "no-zone", "network", "unknown", "set its `zone`: without one, what it may reach is unknown"
)
HOST_SHARED = _rule(
    "host-shared", "network", "note", "run clients of another sensitivity or zone on another host"
)
# rotation
NO_ROTATION = _rule(
    "no-rotation",
    "rotation",
    "warn",
    "add its `rotation`: how the new secret is made, delivered and picked up",
)
NEVER_REHEARSED = _rule(
    "rotation-never-proven",
    "rotation",
    "note",
    "run kmig rotate WAVE --drill: it tests the rotation without touching this credential",
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
    "add its `credential`: brokers never return a SCRAM secret, and the target needs one",
)
# migration
SECTION_INCOMPLETE = _rule(
    "section-incomplete",
    "migration",
    "unknown",
    "grant kmig the permissions of docs/permissions.md, then rerun kmig inventory",
)
GROUP_TYPE = _blocking(
    "group-type-lacking",
    "migration",
    Blocks.WAVE,
    "set group.protocol=classic in its clients: the target profile has no groups of this type",
)
EXACTLY_ONCE = _rule(
    "exactly-once",
    "migration",
    "note",
    "end its transactions before the cutover: producer ids and epochs do not move",
)
CONFIG_LOST = _rule(
    "topic-config-lost",
    "migration",
    "note",
    "check whether the topic needs it: the target does not take it as it is",
)
NAME_HIDDEN = _blocking("name-hidden", "migration", Blocks.PLAN, planned.NAME_HIDDEN.remedy)
NAME_INTERNAL = _blocking(
    "name-internal",
    "migration",
    Blocks.WAVE,
    "copy it with workers of Kafka 4.0 or newer and accept this finding, or rename the topic, or leave it behind",
)
GROUP_SHARE = _blocking(
    "group-share",
    "migration",
    Blocks.WAVE,
    "take it out of its workload's groups and leave it behind: its consumers begin anew on the target",
)
OFFSET_BEYOND_END = _blocking(
    "offset-beyond-end",
    "migration",
    Blocks.WAVE,
    "reset the group's offset: it points beyond the end of the log",
)
OFFSET_BEFORE_START = _rule(
    "offset-before-start",
    "migration",
    "warn",
    "decide whether the group continues at the earliest or the latest offset: the records are deleted",
)
OFFSETS_EXPIRE = _rule(
    "offsets-expire",
    "migration",
    "warn",
    "move it first, or raise offsets.retention.minutes: its consumers are stopped",
)
GROUP_IDLE = _rule("group-idle", "migration", "note", "leave it behind unless it is needed")
