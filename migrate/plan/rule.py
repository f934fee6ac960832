"""The catalogue of rules that keep a plan from being made: each has an id that stays, and a remedy."""

from dataclasses import dataclass
from typing import ClassVar

from migrate.documents.assessment import Blocks
from migrate.plan.blocked import Blocker


@dataclass(frozen=True)
class Rule:
    """One rule, which makes its blockers. docs/plan.md has an entry for each."""

    id: str
    remedy: str
    blocks: ClassVar[Blocks] = Blocks.PLAN

    order: int

    def blocker(self, subject: str, remedy: str = "", workload: str = "") -> Blocker:
        """Return the blocker that a subject breaks the rule; `remedy` replaces the rule's own remedy.

        `workload` names the entry of workloads.yaml where it is mended: the text begins with that file.
        """
        subject = f"workloads.yaml: {subject}" if workload else subject
        part = 1 if workload else 0 if self.order <= _LAST_FACT else 2
        return Blocker((part, workload, self.order), self.id, subject, remedy or self.remedy)


def _rule(id: str, remedy: str) -> Rule:
    rule = Rule(id, remedy, len(RULES))
    RULES[id] = rule
    return rule


RULES: dict[str, Rule] = {}
"""Every rule by its id, in the order of the documentation."""

# facts that are missing
INCOMPLETE = _rule(
    "incomplete",
    "grant kmig the permissions of docs/permissions.md and rerun kmig inventory, "
    "or add an `acknowledge` with a reason to workloads.yaml",
)
OPEN_DEFAULT = _rule(
    "open-default",
    "set it to false if that is what the brokers have: kmig cannot read it, and plans only between closed defaults",
)
_LAST_FACT = OPEN_DEFAULT.order
# workloads.yaml and kmig.yaml against the source; first what a person fills in, in the order of an entry
NO_OWNER = _rule("no-owner", "set `owner` to the team that answers for it")
UNKNOWN_CLASS = _rule("unknown-class", "use a class from `sensitivity` in kmig.yaml")
UNKNOWN_NAME = _rule("unknown-name", "correct workloads.yaml, or rerun kmig inventory")
NOT_CARRIED = _rule(
    "not-carried", "write `carry: true` to keep its secret, or `issue: true` for a new one"
)
NO_SWITCH = _rule(
    "no-switch",
    "add `switch`: `command` with hooks that stop and start its clients, or `batch` for a scheduled job",
)
NO_HEALTH = _rule(
    "no-health", "add `health` to `switch.command`: a command that succeeds while its clients work"
)
ISSUED_TWICE = _rule("issued-twice", "give each principal its own key")
PRINCIPALS_MERGE = _rule(
    "principals-merge",
    "choose an unused name in `principals`: otherwise each would also get the other's rights",
)
WISH_CONTRADICTED = _rule(
    "wish-contradicted", "remove that `before` or `after`, or change what couples the workloads"
)
# everything has one fate
UNACCOUNTED = _rule(
    "unaccounted", "add a workload for it, or decide it under `shared` or `leave_behind`"
)
DECIDED_TWICE = _rule("decided-twice", "keep one of the decisions")
DECIDED_AND_CLAIMED = _rule(
    "decided-and-claimed", "remove the decision, or remove the thing from the workload"
)
DECISION_ABOUT_NOTHING = _rule("decision-about-nothing", "correct or remove it in workloads.yaml")
# readers and their topics
READER_STAYS = _rule("reader-stays", "add a workload for it, or leave the topic behind too")
READS_WHAT_STAYS = _rule(
    "reads-what-stays", "move the topic, or remove it from the workload's `reads`"
)
READ_BY_NOBODY = _rule("read-by-nobody", "add it to a workload's `reads`, or leave it behind")
NAME_HIDDEN = _rule(
    "name-hidden",
    "rename the topic, or leave it behind: MirrorMaker never copies it under this name",
)
NAME_UNSAYABLE = _rule(
    "name-unsayable",
    "give its clients a group or a transactional id with a name, or leave it behind: no ACL can name it alone",
)
CONFIG_REFUSED = _rule(
    "config-refused", "change the config on the source, or leave the topic behind"
)
# ACLs and credentials on the target
PRINCIPAL_MALFORMED = _rule(
    "principal-malformed",
    "delete the ACL on the source, or leave it behind: "
    "brokers before 4.0 fail on each decision that meets it (KAFKA-18051)",
)
PRINCIPAL_FOREIGN = _rule(
    "principal-foreign",
    "map it to a `User:` principal in `principals`, or leave the ACL behind: "
    "with the default principal builder it never matches",
)
ACL_UNKNOWN = _rule(
    "acl-unknown",
    "leave the ACL behind, or use a version of kmig that knows it",
)
NOT_REPLAYABLE = _rule("not-replayable", "correct the ACL on the source, or leave it behind")
WOULD_STOP_KMIG = _rule(
    "would-stop-kmig", "narrow it on the source, or drop it under `shared` with a reason"
)
PRIVILEGE_GROWS = _rule(
    "privilege-grows",
    "share the DENY, or leave the ALLOW behind: "
    "the DENY is left behind or dropped while the ALLOW that it restricts is replayed",
)
WOULD_WIDEN = _rule(
    "would-widen",
    "accept it under `widen` in workloads.yaml with a reason, or leave the ACL behind",
)
ROTATES_FOR_OTHERS = _rule(
    "rotates-for-others", "give each principal its own secret, or remove the rotation"
)
# what was executed
CONTRADICTS_JOURNAL = _rule(
    "contradicts-journal", "undo the change in your files, or roll back the wave first"
)
