"""The catalogue of what keeps a plan from being made: each rule has an id that stays, and a remedy."""

from dataclasses import dataclass
from typing import ClassVar

from migrate.documents.assessment import Blocks
from migrate.plan.blocked import Blocker


@dataclass(frozen=True)
class Rule:
    """One rule; `found` makes its blockers. docs/plan.md has an entry for each."""

    id: str
    remedy: str
    blocks: ClassVar[Blocks] = Blocks.PLAN

    def found(self, subject: str, remedy: str = "") -> Blocker:
        """Return that a subject breaks it; `remedy` is for the cases that need one of their own."""
        return Blocker(self.id, subject, remedy or self.remedy)


def _rule(id: str, remedy: str) -> Rule:
    made = Rule(id, remedy)
    RULES[id] = made
    return made


RULES: dict[str, Rule] = {}
"""Every rule by its id, in the order of the documentation."""

# facts that are missing
INCOMPLETE = _rule(
    "incomplete",
    "let kmig see all of it, or write an `acknowledge` with a reason in workloads.yaml",
)
OPEN_DEFAULT = _rule(
    "open-default",
    "declare it: no broker tells it, and this version replays only between closed defaults",
)
# workloads.yaml and kmig.yaml against the source
NO_OWNER = _rule("no-owner", "name the team that answers for it as `owner`")
UNKNOWN_CLASS = _rule("unknown-class", "use a class that kmig.yaml lists under `sensitivity`")
UNKNOWN_NAME = _rule("unknown-name", "correct workloads.yaml, or take the inventory again")
NOT_CARRIED = _rule(
    "not-carried", "write `carry: true` for the secret it has, or `issue: true` for a new one"
)
ISSUED_TWICE = _rule("issued-twice", "give each its own key")
PRINCIPALS_MERGE = _rule(
    "principals-merge", "choose a free name in `principals`: their rights would become one"
)
WISH_CONTRADICTED = _rule(
    "wish-contradicted", "take the wish back, or change what binds the workloads"
)
# everything has one fate
UNACCOUNTED = _rule(
    "unaccounted", "give it a workload, or decide it under `shared` or `leave_behind`"
)
DECIDED_TWICE = _rule("decided-twice", "keep one of the decisions")
DECIDED_AND_CLAIMED = _rule(
    "decided-and-claimed", "remove the decision, or take it out of the workload"
)
DECISION_ABOUT_NOTHING = _rule("decision-about-nothing", "correct or remove it in workloads.yaml")
# readers and their topics
READER_STAYS = _rule("reader-stays", "move it as a workload, or leave the topic behind too")
READS_WHAT_STAYS = _rule(
    "reads-what-stays", "move the topic, or take it out of the workload's `reads`"
)
READ_BY_NOBODY = _rule("read-by-nobody", "name it under a workload's `reads`, or leave it behind")
NAME_HIDDEN = _rule(
    "name-hidden",
    "rename the topic, or leave it behind: MirrorMaker never copies it under this name",
)
CONFIG_REFUSED = _rule("config-refused", "change it on the source, or leave the topic behind")
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
    "leave the ACL behind, or use a version of kmig that has a name for it",
)
NOT_REPLAYABLE = _rule("not-replayable", "correct the ACL on the source, or leave it behind")
WOULD_STOP_KMIG = _rule(
    "would-stop-kmig", "narrow it on the source, or drop it under `shared` with a reason"
)
PRIVILEGE_GROWS = _rule(
    "privilege-grows",
    "a DENY is left behind or dropped while the ALLOW it cuts is replayed: "
    "share the DENY, or leave the ALLOW behind",
)
WOULD_WIDEN = _rule(
    "would-widen",
    "accept it under `widen` in workloads.yaml with a reason, or leave the ACL behind",
)
ROTATES_FOR_OTHERS = _rule(
    "rotates-for-others", "give each its own secret, or take the rotation out"
)
# what was executed
CONTRADICTS_JOURNAL = _rule(
    "contradicts-journal", "put back what was changed, or roll back the wave first"
)
