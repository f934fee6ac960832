"""One probe through one client: settings come as JSON on standard input, the answer goes to standard output."""

import json
import os
import sys
from collections.abc import Callable

from migrate.errors import KmigError, NotAuthorized, Unsupported
from migrate.model.probe import Result
from migrate.probes import administration, groups, identities, logins, records, transactions
from migrate.probes.clients import Declined, ProbeClient
from migrate.probes.ground import CannotSay, Fault, Ground, NotOffered, Settings
from migrate.probes.kafka_python import KafkaPython
from migrate.probes.librdkafka import Librdkafka

_NOT_AUTHORIZED = {29, 30, 31, 53}
"""Of kmig's own login: where a probe expects such a refusal, of somebody else's, it takes it itself."""

_CLIENTS: dict[str, Callable[[Ground], ProbeClient]] = {
    "librdkafka": Librdkafka,
    "kafka-python": KafkaPython,
}

THROUGH: dict[str, Callable[[Ground, ProbeClient], str]] = {
    **{f"codec-{c}": records.codec(c) for c in ("none", "gzip", "snappy", "lz4", "zstd")},
    "headers-and-nulls": records.headers_and_nulls,
    "create-time": records.create_time,
    "append-time": records.append_time,
    "list-offsets": records.list_offsets,
    "max-timestamp": records.max_timestamp,
    "record-size": records.record_size,
    "transactions": transactions.transactions,
    "zombie-fencing": transactions.zombie_fencing,
    "offsets-in-transaction": transactions.offsets_in_transaction,
    "classic-group": groups.classic_group,
    "static-member": groups.static_member,
    "consumer-protocol": groups.consumer_protocol,
    "pattern-subscription": groups.pattern_subscription,
    "quotas": identities.quotas,
    "scram": logins.through_client,
}
"""Probes through a client library."""

ASKED: dict[str, Callable[[Ground], str]] = {
    "max-timestamp": records.max_timestamp_asked,
    "idempotence": records.idempotence,
    "require-stable": transactions.require_stable,
    "commit-for-empty-group": groups.commit_for_empty_group,
    "commit-for-active-group": groups.commit_for_active_group,
    "delete-offsets": groups.delete_offsets,
    "delete-records": administration.delete_records,
    "compaction": administration.compaction,
    "create-topic": administration.create_topic,
    "incremental-configs": administration.incremental_configs,
    "validate-only": administration.validate_only,
    "topic-ids": administration.topic_ids,
    "acls": identities.acls,
    "denials": identities.denials,
    "scram": logins.scram,
    "session-lifetime": logins.session_lifetime,
}
"""Probes with requests of kmig's own."""


def answered(ground: Ground, client: str) -> tuple[Result, str]:
    """What the probe came to, and the evidence."""
    try:
        if client == "requests":
            return "pass", ASKED[ground.probe](ground)
        return "pass", THROUGH[ground.probe](ground, _CLIENTS[client](ground))
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
    ground = Ground(Settings.model_validate(given["settings"]), given["probe"])
    result, evidence = answered(ground, given["client"])
    sys.stdout.write(json.dumps({"result": result, "evidence": evidence}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the answer is given: a client that does not let go keeps nobody waiting


if __name__ == "__main__":
    main()
