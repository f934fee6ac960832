"""Run one probe through one client: JSON settings on standard input, the answer as JSON on standard output."""

import json
import os
import sys
from collections.abc import Callable

from migrate.errors import KmigError, NotAuthorized, Unsupported
from migrate.model.probe import Result
from migrate.probes import administration, groups, identities, logins, records, transactions
from migrate.probes.clients import ClientError, ProbeClient
from migrate.probes.kafka_python import KafkaPython
from migrate.probes.librdkafka import Librdkafka
from migrate.probes.registry import THROUGH_CLIENT, WITH_REQUESTS
from migrate.probes.sandbox import (
    NotOffered,
    ProbeFailed,
    ProbeUnknown,
    Sandbox,
    Settings,
    wait_longer,
)

_NOT_AUTHORIZED = {29, 30, 31, 53}
"""Refusals of kmig's own login. A probe that expects one, of another login, catches it itself."""

_CLIENTS: dict[str, Callable[[Sandbox], ProbeClient]] = {
    "librdkafka": Librdkafka,
    "kafka-python": KafkaPython,
}

_FILES = (administration, groups, identities, logins, records, transactions)
"""Modules whose probes register themselves on import."""


def answered(sandbox: Sandbox, client: str) -> tuple[Result, str]:
    """Return the probe's result, and the evidence."""
    try:
        if client == "requests":
            return "pass", WITH_REQUESTS[sandbox.probe](sandbox)
        return "pass", THROUGH_CLIENT[sandbox.probe](sandbox, _CLIENTS[client](sandbox))
    except ClientError as no:
        own = no.code in _NOT_AUTHORIZED
        hint = "; see docs/permissions.md for what kmig's principal needs" if own else ""
        return "unknown" if own else "fail", f"{no}{hint}"
    except ProbeFailed as fault:
        return "fail", str(fault)
    except (NotOffered, Unsupported) as no:
        return "not offered", str(no)
    except ProbeUnknown as why:
        return "unknown", str(why)
    except NotAuthorized as no:
        return "unknown", f"{no.message}; {no.hint}"
    except KmigError as error:
        return "fail", error.message


def main() -> None:
    """Read the settings, run the probe, print the answer."""
    given = json.loads(sys.stdin.read())
    sandbox = Sandbox(Settings.model_validate(given["settings"]), given["probe"])
    wait_longer(sandbox.settings.patience)
    result, evidence = answered(sandbox, given["client"])
    sys.stdout.write(json.dumps({"result": result, "evidence": evidence}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the answer is printed: do not wait for a client library that hangs at its end


if __name__ == "__main__":
    main()
