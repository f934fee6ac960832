"""One probe through one client: settings come as JSON on standard input, the answer goes to standard output."""

import json
import os
import sys
from collections.abc import Callable

from migrate.errors import KmigError, NotAuthorized, Unsupported
from migrate.model.probe import Result
from migrate.probes import administration, groups, identities, logins, records, transactions
from migrate.probes.clients import Declined, ProbeClient
from migrate.probes.kafka_python import KafkaPython
from migrate.probes.librdkafka import Librdkafka
from migrate.probes.registry import ASKED, THROUGH
from migrate.probes.sandbox import CannotSay, Fault, NotOffered, Sandbox, Settings, wait_longer

_NOT_AUTHORIZED = {29, 30, 31, 53}
"""Of kmig's own login: where a probe expects such a refusal, of somebody else's, it takes it itself."""

_CLIENTS: dict[str, Callable[[Sandbox], ProbeClient]] = {
    "librdkafka": Librdkafka,
    "kafka-python": KafkaPython,
}

_FILES = (administration, groups, identities, logins, records, transactions)
"""Their probes register themselves when they are imported."""


def answered(sandbox: Sandbox, client: str) -> tuple[Result, str]:
    """What the probe came to, and the evidence."""
    try:
        if client == "requests":
            return "pass", ASKED[sandbox.probe](sandbox)
        return "pass", THROUGH[sandbox.probe](sandbox, _CLIENTS[client](sandbox))
    except Declined as no:
        own = no.code in _NOT_AUTHORIZED
        hint = "; docs/permissions.md lists what kmig's principal needs" if own else ""
        return "unknown" if own else "fail", f"{no}{hint}"
    except Fault as fault:
        return "fail", str(fault)
    except (NotOffered, Unsupported) as no:
        return "not offered", str(no)
    except CannotSay as why:
        return "unknown", str(why)
    except NotAuthorized as no:
        return "unknown", f"{no.message}; {no.hint}"
    except KmigError as error:
        return "fail", error.message


def main() -> None:
    """Read, ask, print."""
    given = json.loads(sys.stdin.read())
    sandbox = Sandbox(Settings.model_validate(given["settings"]), given["probe"])
    wait_longer(sandbox.settings.patience)
    result, evidence = answered(sandbox, given["client"])
    sys.stdout.write(json.dumps({"result": result, "evidence": evidence}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the answer is given: a client that does not let go keeps nobody waiting


if __name__ == "__main__":
    main()
