"""The ACLs that kmig's own principals need: ordinary ones, and no super user.

docs/permissions.md prints this list, the rehearsals grant exactly it, and `kmig inventory --permissions` types it.
"""

from migrate.model.acl import Acl

HEADS_TOPIC = "_kmig"
HEADS_GROUP_PREFIX = "_kmig-"
"""Where the head of a migration's journal is recorded on the target."""

SOURCE = (
    ("TOPIC", "*", "DESCRIBE", "names, partitions, offsets"),
    ("TOPIC", "*", "DESCRIBE_CONFIGS", "what is set on each topic"),
    ("GROUP", "*", "DESCRIBE", "members and committed offsets"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE", "ACLs, SCRAM users, every group's name"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE_CONFIGS", "quotas"),
)
TARGET = (
    ("TOPIC", "*", "DESCRIBE", "to see what is there"),
    ("TOPIC", "*", "DESCRIBE_CONFIGS", "to compare configs"),
    ("TOPIC", "*", "DELETE", "only for kmig rollback: topics it made, while they are empty"),
    ("TOPIC", HEADS_TOPIC, "READ", "the journal's head, recorded there"),
    ("GROUP", HEADS_GROUP_PREFIX, "READ", "the journal's head; a prefix"),
    ("CLUSTER", "kafka-cluster", "CREATE", "topics"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE", "ACLs and SCRAM users, on every broker"),
    ("CLUSTER", "kafka-cluster", "ALTER", "ACLs and SCRAM credentials"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE_CONFIGS", "quotas"),
    ("CLUSTER", "kafka-cluster", "ALTER_CONFIGS", "quotas"),
)
Grant = tuple[str, str, str, str]
"""Resource type, name, operation, and what it is for."""


def acls(principal: str, grants: tuple[Grant, ...]) -> tuple[Acl, ...]:
    """The grants as ACLs of one principal."""
    return tuple(
        Acl(
            principal=principal,
            permission="ALLOW",
            operation=operation,
            resource_type=resource_type,
            pattern_type="PREFIXED" if name == HEADS_GROUP_PREFIX else "LITERAL",
            resource_name=name,
        )
        for resource_type, name, operation, _ in grants
    )


def command_line(acl: Acl) -> str:
    """The same ACL as `kafka-acls` takes it."""
    resource = {
        "TOPIC": f"--topic '{acl.resource_name}'",
        "GROUP": f"--group '{acl.resource_name}'",
        "CLUSTER": "--cluster",
    }[acl.resource_type]
    if acl.pattern_type == "PREFIXED":
        resource += " --resource-pattern-type prefixed"
    operation = "".join(part.capitalize() for part in acl.operation.split("_"))
    return (
        f"kafka-acls --add --allow-principal '{acl.principal}' --operation {operation} {resource}"
    )
