"""Transactional ids of one cluster, with the transactions that they have open (KIP-664)."""

from collections import defaultdict
from operator import attrgetter
from typing import Any

from kafka.protocol.admin import DescribeTransactionsRequest, ListTransactionsRequest
from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka.answers import code_name, failure
from migrate.adapters.kafka.rows import one_each
from migrate.adapters.kafka.wire import Wire
from migrate.errors import KmigError, Unreachable
from migrate.model.cluster import Transaction
from migrate.model.words import count
from migrate.ports.survey import Surveyed

_TRANSACTION = 1
_ID = attrgetter("transactional_id")


def look(wire: Wire) -> Surveyed[tuple[Transaction, ...]]:
    """Return every transactional id this principal may see; no coordinator is looked up unless one exists."""
    no_filter: dict[str, list[Any]] = {"state_filters": [], "producer_id_filters": []}
    answers, silent = wire.gather(
        {b.id: ListTransactionsRequest(**no_filter) for b in wire.brokers()}
    )
    require_some(answers, silent)
    faults = [error.message for error in silent.values()]
    for broker, answer in answers.items():
        if answer.error_code:
            what = f"list transactions of broker {broker} on the {wire.site}"
            faults.append(failure(what, answer.error_code).message)
    rows = (row for answer in answers.values() for row in answer.transaction_states)
    listed = one_each(rows, _ID, blank=lambda row: row.transaction_state == "Dead")
    if not listed:
        return Surveyed((), tuple(faults))
    described, more = _described(wire, sorted(listed))
    read = (_transaction(listed[name], described.get(name)) for name in sorted(listed))
    return Surveyed(tuple(read), (*faults, *more))


def require_some(answers: dict[int, Any], silent: dict[int, KmigError]) -> None:
    """Raise the brokers' own error when none of them answered because none supports or allows the request."""
    refusals = [e for e in silent.values() if not isinstance(e, Unreachable)]
    if not answers and refusals:
        raise refusals[0]


def _described(wire: Wire, names: list[str]) -> tuple[dict[str, Any], list[str]]:
    request = FindCoordinatorRequest(key_type=_TRANSACTION, coordinator_keys=names, min_version=4)
    by_broker: dict[int, list[str]] = defaultdict(list)
    refused: dict[str, int] = {}
    coordinators = one_each(wire.ask_any(request).coordinators, attrgetter("key"))
    for name, row in coordinators.items():
        if row.error_code:
            refused[name] = row.error_code
        else:
            by_broker[row.node_id].append(name)
    requests = {b: DescribeTransactionsRequest(transactional_ids=n) for b, n in by_broker.items()}
    answers, silent = wire.gather(requests)
    states = (row for answer in answers.values() for row in answer.transaction_states)
    rows = one_each(states, _ID)
    refused |= {name: row.error_code for name, row in rows.items() if row.error_code}
    described = {name: row for name, row in rows.items() if not row.error_code}
    faults = [error.message for error in silent.values()]
    if refused:
        name, code = next(iter(refused.items()))
        what = f"{len(refused)} of {count(len(names), 'transactional id')} not described"
        faults.append(f"{what}, such as {name}: {code_name(code)}")
    return described, faults


def _transaction(row: Any, described: Any) -> Transaction:
    facts: dict[str, Any] = {}
    if described is not None:
        began = described.transaction_start_time_ms
        facts = {
            "topics": tuple(sorted(topic.topic for topic in described.topics)),
            "started_ms": began if began >= 0 else None,
            "timeout_ms": described.transaction_timeout_ms,
        }
    # the description wins over the list: its state and its topics are of the same moment
    state = (row if described is None else described).transaction_state
    return Transaction(id=row.transactional_id, state=state, producer_id=row.producer_id, **facts)
