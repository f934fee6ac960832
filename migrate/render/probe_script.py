"""The script of `kmig probe`: the template with what is to be asked, of whom and as whom; no secret is in it."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from migrate.model.access import AccessQuestion
from migrate.model.acl import OPERATIONS

_TEMPLATE = files("migrate.render") / "templates" / "probe.py.txt"


def script(workload: str, asked: AccessQuestion, sides: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole script; `sides` say addresses, trust, user and mechanism."""
    what = {
        "workload": workload,
        "topics": asked.topics,
        "groups": asked.groups,
        "transactional_ids": asked.transactional_ids,
        "operations": {str(code): name for code, name in OPERATIONS.items()},
        "sides": sides,
    }
    # ASCII, and no quote that would end the text it stands in
    return _TEMPLATE.read_text().replace("@ASKED@", json.dumps(what, indent=1))
