"""The ACLs that kmig's own principals need: ordinary ACLs, never a super user.

docs/permissions.md shows this list, rehearsals grant exactly it, and `kmig inventory --permissions` prints it.
"""

from migrate.model.acl import Acl

HEADS_TOPIC = "_kmig"
HEADS_GROUP_PREFIX = "_kmig-"
"""The topic and the groups that hold the head of a migration's journal on the target."""

PROBE_PREFIX = "_kmig-probe-"
"""What `kmig verify protocol` makes, and removes, begins with this."""

SOURCE = (
    ("TOPIC", "*", "READ", "names, offsets, producers; copied records, to compare both sides"),
    ("TOPIC", "*", "DESCRIBE_CONFIGS", "what is set on each topic"),
    ("GROUP", "*", "DESCRIBE", "members and committed offsets"),
    ("TRANSACTIONAL_ID", "*", "DESCRIBE", "transactional ids and what they have open"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE", "ACLs, SCRAM users, sizes, every group's name"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE_CONFIGS", "quotas, listeners, the brokers' defaults"),
)
SOURCE_WRITE = (
    ("CLUSTER", "kafka-cluster", "ALTER", "fences: DENY WRITE on topics, DENY READ on groups"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE", "to see each fence on every broker"),
    ("GROUP", "*", "READ", "commits of groups that a rollback takes back"),
    ("TOPIC", "*", "READ", "the same: a commit needs the topic too"),
    (
        "TOPIC",
        PROBE_PREFIX,
        "ALL",
        "only for kmig verify protocol: what the target fails; a prefix",
    ),
    ("GROUP", PROBE_PREFIX, "ALL", "the same, its own groups"),
    ("TRANSACTIONAL_ID", PROBE_PREFIX, "ALL", "the same, its own transactions"),
)
"""The second principal on the source, used only for the steps that the operator consented to."""

TARGET = (
    ("TOPIC", "*", "DESCRIBE", "names and partitions of existing topics"),
    ("TOPIC", "*", "READ", "copies, to compare them; a commit needs it too"),
    ("TOPIC", "*", "ALTER_CONFIGS", "configs that return after the switch"),
    ("TOPIC", "*", "ALTER", "only for existing topics with fewer partitions than on the source"),
    ("GROUP", "*", "READ", "translated commits, and members of the groups that moved"),
    ("GROUP", "*", "DELETE", "only for kmig rollback: commits it made"),
    ("TOPIC", "*", "DESCRIBE_CONFIGS", "to compare configs"),
    ("TOPIC", "*", "DELETE", "only for kmig rollback: topics it made, while they are empty"),
    ("CLUSTER", "kafka-cluster", "CREATE", "topics"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE", "ACLs and SCRAM users, on every broker"),
    ("CLUSTER", "kafka-cluster", "ALTER", "ACLs and SCRAM credentials"),
    ("CLUSTER", "kafka-cluster", "DESCRIBE_CONFIGS", "quotas; the brokers' settings and defaults"),
    ("CLUSTER", "kafka-cluster", "ALTER_CONFIGS", "quotas"),
    ("TOPIC", PROBE_PREFIX, "WRITE", "only for kmig verify protocol: its own topics; a prefix"),
    ("TRANSACTIONAL_ID", PROBE_PREFIX, "WRITE", "the same, its own transactions"),
)
COPIER_SOURCE = (("TOPIC", "*", "READ", "the records, their partitions and ends"),)
COPIER_TARGET = (
    ("TOPIC", "{worker}-offsets", "READ", "its positions"),
    ("TOPIC", "{worker}-offsets", "WRITE", "its positions, in the transactions of the copies"),
    ("TOPIC", "{worker}-offsets", "DESCRIBE_CONFIGS", "the same: it must be compacted"),
    ("TOPIC", "{worker}-offsets", "CREATE", "checked at each start, even if the topic exists"),
    (
        "TRANSACTIONAL_ID",
        "{worker}-",
        "WRITE",
        "exactly-once copies; a prefix, the worker's group id",
    ),
)
"""The copier, no super user. kmig replicate grants it WRITE on each copied topic, and the cutover revokes it."""

WORKER = (
    ("TOPIC", "{worker}-", "READ", "Connect's own three topics; a prefix"),
    ("TOPIC", "{worker}-", "WRITE", "the same"),
    ("TOPIC", "{worker}-", "CREATE", "the same, on the worker's first start"),
    ("TOPIC", "{worker}-", "DESCRIBE_CONFIGS", "the same: they must be compacted"),
    ("GROUP", "{worker}", "READ", "the group of the workers"),
    ("TRANSACTIONAL_ID", "connect-cluster-{worker}", "WRITE", "exactly-once source support"),
)
"""The Connect worker that runs the copiers on the target; `{worker}` is its group id, the prefix of its topics."""

Grant = tuple[str, str, str, str]
"""Resource type, name, operation, and its purpose."""


def acls(principal: str, grants: tuple[Grant, ...], worker: str = "") -> tuple[Acl, ...]:
    """Return the grants as ACLs of one principal; a name that ends in a hyphen is a prefix."""
    return tuple(
        Acl(
            principal=principal,
            permission="ALLOW",
            operation=operation,
            resource_type=resource_type,
            pattern_type="PREFIXED" if name.endswith("-") else "LITERAL",
            resource_name=name.replace("{worker}", worker),
        )
        for resource_type, name, operation, _ in grants
    )


def command_line(acl: Acl) -> str:
    """Return the ACL as `kafka-acls` takes it."""
    return (
        f"kafka-acls --add --allow-principal {in_quotes(acl.principal)} "
        f"--operation {camel(acl.operation)} {resource_options(acl)}"
    )


def in_quotes(name: str) -> str:
    """Return the name as one word of a shell, whatever is in it."""
    escaped = name.replace("'", "'\"'\"'")
    return f"'{escaped}'"


def camel(operation: str) -> str:
    """Return an operation as Kafka's tools spell it: DescribeConfigs."""
    return "".join(part.capitalize() for part in operation.split("_"))


def resource_options(acl: Acl) -> str:
    """Return the options of `kafka-acls` that name the ACL's resource."""
    name = in_quotes(acl.resource_name)
    resource = {
        "TOPIC": f"--topic {name}",
        "GROUP": f"--group {name}",
        "CLUSTER": "--cluster",
        "TRANSACTIONAL_ID": f"--transactional-id {name}",
    }[acl.resource_type]
    prefixed = acl.pattern_type == "PREFIXED"
    return f"{resource} --resource-pattern-type prefixed" if prefixed else resource
