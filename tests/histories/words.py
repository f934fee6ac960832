"""The words that tables are written in: all operations, and what many histories say alike.

Tables import all of it: what they begin with is their facts.
"""

from tests.histories.history import History as History
from tests.histories.history import Turn
from tests.histories.ops import *

NOT_TOPIC = "TOPIC_AUTHORIZATION_FAILED"
NOT_GROUP = "GROUP_AUTHORIZATION_FAILED"
NOT_CLUSTER = "CLUSTER_AUTHORIZATION_FAILED"
NOT_TX = "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"

STARTED, ACCEPTED, NO_CONTENT = 201, 202, 204
REFUSED, MISSING, CONFLICT = 400, 404, 409
"""What Connect answers."""

RUNS = ("RUNNING", "RUNNING")
"""The connector and its task."""

HOUR = 3600.0
KEPT = ("retention.ms", "-1")
HOURLY = ("segment.ms", "1800000")
"""A segment for each half hour of record time."""


def comes(op: Op, answer: Answer, seconds: float = 30.0) -> Turn:
    """An operation that is answered so sooner or later."""
    return Until(op, answer, seconds), answer


def arrives(topic: str, *records: str, partition: int = 0) -> Turn:
    """The target's records, once they are these."""
    return comes(OnTarget(Fetch(topic, partition=partition)), records, 60)


def write(user: str, name: str, pattern: str = "LITERAL") -> Acl:
    """WRITE on topics."""
    return Acl("ALLOW", user, "WRITE", "TOPIC", name, pattern)


def read(user: str, name: str, pattern: str = "LITERAL") -> Acl:
    """READ on topics."""
    return Acl("ALLOW", user, "READ", "TOPIC", name, pattern)


def group(user: str, name: str) -> Acl:
    """READ on a group."""
    return Acl("ALLOW", user, "READ", "GROUP", name)
