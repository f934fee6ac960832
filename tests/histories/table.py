"""All histories."""

from tests.histories.history import History
from tests.histories.tables.batches import BATCHES
from tests.histories.tables.clients import CLIENTS
from tests.histories.tables.commits import COMMITS
from tests.histories.tables.connectors import CONNECTORS
from tests.histories.tables.copied_records import COPIED_RECORDS
from tests.histories.tables.copied_topics import COPIED_TOPICS
from tests.histories.tables.copy_failures import COPY_FAILURES
from tests.histories.tables.copy_gaps import COPY_GAPS
from tests.histories.tables.deletion import DELETION
from tests.histories.tables.killed import KILLED
from tests.histories.tables.logins import LOGINS
from tests.histories.tables.members import MEMBERS
from tests.histories.tables.offsets import OFFSETS
from tests.histories.tables.other_rights import OTHER_RIGHTS
from tests.histories.tables.retention import RETENTION
from tests.histories.tables.topic_rights import TOPIC_RIGHTS
from tests.histories.tables.topics import TOPICS

HISTORIES = (
    *OFFSETS,
    *BATCHES,
    *TOPICS,
    *RETENTION,
    *DELETION,
    *COMMITS,
    *MEMBERS,
    *TOPIC_RIGHTS,
    *OTHER_RIGHTS,
    *LOGINS,
    *CLIENTS,
    *COPIED_RECORDS,
    *COPIED_TOPICS,
    *COPY_GAPS,
    *CONNECTORS,
    *COPY_FAILURES,
    *KILLED,
)


def of_version(version: str) -> list[History]:
    """Those that can be asked of a version."""
    return [history for history in HISTORIES if version in history.only]
