"""All histories."""

from tests.histories.table_clients import CLIENTS
from tests.histories.table_connect import CONNECT
from tests.histories.table_copy import COPIES
from tests.histories.table_groups import GROUPS
from tests.histories.table_log import LOG
from tests.histories.table_retention import LOSSES
from tests.histories.table_rights import RIGHTS

HISTORIES = LOG + LOSSES + GROUPS + RIGHTS + CLIENTS + COPIES + CONNECT
