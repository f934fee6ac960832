"""Reads of one Kafka cluster that go on where a broker is silent: `migrate.ports.survey.Survey` on the wire."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from operator import attrgetter
from typing import Any

from kafka.protocol.admin import (
    DescribeTransactionsRequest,
    ListTransactionsRequest,
)
from kafka.protocol.metadata import FindCoordinatorRequest

from migrate.adapters.kafka import groups, identities, log_offsets, metadata, topics
from migrate.adapters.kafka.answers import code_name, failure
from migrate.adapters.kafka.rows import one_each
from migrate.adapters.kafka.wire import Wire
from migrate.errors import KmigError, Unreachable
from migrate.model.acl import Acl
from migrate.model.cluster import (
    INTERNAL_TOPICS,
    Broker,
    BrokerFacts,
    Group,
    Producers,
    Quota,
    ScramCredential,
    Topic,
    Transaction,
)
from migrate.model.words import count
from migrate.ports.survey import Surveyed, SurveyedCluster

_TRANSACTION = 1
_ID = attrgetter("transactional_id")
_KAFKAS_OWN = 5
"""Config source DEFAULT_CONFIG: nobody set it."""


class KafkaSurvey:
    """`migrate.ports.survey.Survey` on the wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @cached_property
    def _metadata(self) -> Any:
        """Every topic's partitions and leaders, asked once: all sections speak of the same moment."""
        return self._wire.ask_any(metadata.request(None))

    @cached_property
    def _rows(self) -> tuple[list[Any], list[str]]:
        """The topics' rows, and what was said of those that could not be described."""
        return metadata.described(self._wire.site, self._metadata)

    @cached_property
    def _starts(self) -> Surveyed[log_offsets.Offsets]:
        """Where logs begin, asked once, and before the commits that are compared with it."""
        leading = metadata.by_leader(self._rows[0])
        leading.pop(-1, None)
        read = log_offsets.look(self._wire, leading, (log_offsets.START,))
        return Surveyed(read.found[0], read.faults)

    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._wire.requests.total()

    def answered(self) -> tuple[int, ...]:
        """Ids of the brokers that answered since this was last asked."""
        found = tuple(sorted(self._wire.answered))
        self._wire.answered.clear()
        return found

    def cluster(self) -> Surveyed[SurveyedCluster]:
        """Brokers, versions, features, listeners, session bounds."""
        wire = self._wire
        brokers = wire.brokers()
        configs, silent = wire.gather(
            {b.id: metadata.broker_configs(b.id, [*_LISTENERS, *_DEFAULTS]) for b in brokers}
        )
        faults = [error.message for error in silent.values()]
        told: dict[int, dict[str, str]] = {}
        for broker, answer in configs.items():
            row = answer.results[0]
            if row.error_code:
                what = f"{wire.site}: configuration of broker {broker}"
                faults.append(failure(what, row.error_code, row.error_message).message)
            told[broker] = {c.name: c.value for c in row.configs if _told(c)}
        absent = metadata.absent(self._metadata)
        faults += [f"broker {b} holds replicas and is not announced" for b in absent]
        sight = SurveyedCluster(
            cluster_id=wire.cluster_id,
            controller=wire.controller,
            brokers=brokers,
            facts=tuple(self._facts(b, told.get(b.id, {})) for b in brokers if b.id in configs),
            absent=absent,
            defaults={k: v for one in told.values() for k, v in one.items() if k in _DEFAULTS},
        )
        return Surveyed(sight, tuple(faults))

    def _facts(self, broker: Broker, configs: dict[str, str]) -> BrokerFacts:
        open_to = self._wire.connection(broker)
        return BrokerFacts(
            id=broker.id,
            api_versions=open_to.versions,
            features=open_to.features,
            lifetime=open_to.session_lifetime,
            listeners=configs.get("advertised.listeners") or configs.get("listeners") or "",
        )

    def acls(self) -> Surveyed[tuple[Acl, ...]]:
        """All ACLs."""
        answer = self._wire.ask_any(identities.all_acls())
        found = identities.acls_of(self._wire.site, answer)
        nameless = identities.nameless(answer)
        lost = f"{nameless} with a permission type that has no name here" if nameless else ""
        return Surveyed(tuple(sorted(found, key=str)), (lost,) if lost else ())

    def scram_credentials(self) -> Surveyed[tuple[ScramCredential, ...]]:
        """Every SCRAM user's mechanisms and iterations."""
        answer = self._wire.ask_any(identities.all_scram())
        found = identities.scram_of(self._wire.site, answer)
        faults = (
            failure(f"describe SCRAM user {row.user}", row.error_code, row.error_message).message
            for row in answer.results
            if row.error_code
        )
        return Surveyed(found, tuple(faults))

    def quotas(self) -> Surveyed[tuple[Quota, ...]]:
        """Every client quota."""
        answer = self._wire.ask_any(identities.all_quotas())
        return Surveyed(identities.quotas_of(self._wire.site, answer))

    def topics(self) -> Surveyed[tuple[Topic, ...]]:
        """Every topic this principal may see, in full."""
        rows, faults = self._rows
        read = topics.look(self._wire, rows, self._starts)
        return Surveyed(read.found, (*faults, *read.faults))

    def _starting(self) -> tuple[str, ...]:
        """Why coordinators may not list everything: what is not loaded yet is left out without an error."""
        try:
            unserved = _unserved(self._rows[0], self._starts.found)
        except KmigError as error:
            return (f"whether coordinators still load is not known: {error.message}",)
        if not unserved:
            return ()
        parts = count(len(unserved), "partition")
        return (f"{parts} not served, such as {unserved[0]}: coordinators may still load",)

    def groups(self) -> Surveyed[tuple[Group, ...]]:
        """Every group of every type this principal may see."""
        # first: it tells how far the answers that follow can be trusted, and asks for the starts
        starting = self._starting()
        read = groups.look(self._wire)
        return Surveyed(read.found, (*read.faults, *starting))

    def transactions(self) -> Surveyed[tuple[Transaction, ...]]:
        """Every transactional id this principal may see; a coordinator is looked up only where there is one."""
        wire = self._wire
        every: dict[str, list[Any]] = {"state_filters": [], "producer_id_filters": []}
        answers, silent = wire.gather(
            {b.id: ListTransactionsRequest(**every) for b in wire.brokers()}
        )
        _require_some(answers, silent)
        faults = [error.message for error in silent.values()]
        for broker, answer in answers.items():
            if answer.error_code:
                what = f"{wire.site}: list transactions of broker {broker}"
                faults.append(failure(what, answer.error_code).message)
        rows = (row for answer in answers.values() for row in answer.transaction_states)
        listed = one_each(rows, _ID, blank=lambda row: row.transaction_state == "Dead")
        faults += self._starting()
        if not listed:
            return Surveyed((), tuple(faults))
        described, more = self._described(sorted(listed))
        found = (_transaction(listed[name], described.get(name)) for name in sorted(listed))
        return Surveyed(tuple(found), (*faults, *more))

    def _described(self, names: list[str]) -> tuple[dict[str, Any], list[str]]:
        wire = self._wire
        request = FindCoordinatorRequest(
            key_type=_TRANSACTION, coordinator_keys=names, min_version=4
        )
        by_broker: dict[int, list[str]] = defaultdict(list)
        refused: dict[str, int] = {}
        keepers = one_each(wire.ask_any(request).coordinators, attrgetter("key"))
        for name, row in keepers.items():
            if row.error_code:
                refused[name] = row.error_code
            else:
                by_broker[row.node_id].append(name)
        asked = {b: DescribeTransactionsRequest(transactional_ids=n) for b, n in by_broker.items()}
        answers, silent = wire.gather(asked)
        every = (row for answer in answers.values() for row in answer.transaction_states)
        rows = one_each(every, _ID)
        refused |= {name: row.error_code for name, row in rows.items() if row.error_code}
        found = {name: row for name, row in rows.items() if not row.error_code}
        faults = [error.message for error in silent.values()]
        if refused:
            name, code = next(iter(refused.items()))
            what = f"{len(refused)} of {count(len(names), 'transactional id')} not described"
            faults.append(f"{what}, such as {name}: {code_name(code)}")
        return found, faults

    def producers(self) -> Surveyed[tuple[Producers, ...]]:
        """Topics with producers that their leaders remember."""
        wire = self._wire
        leading = metadata.by_leader(self._rows[0])
        leading.pop(-1, None)
        answers, silent = wire.gather(
            {b: log_offsets.producers_request(t) for b, t in leading.items()}
        )
        _require_some(answers, silent)
        faults = [error.message for error in silent.values()]
        found: dict[str, tuple[int, int]] = {}
        refused: dict[str, int] = {}
        for (topic, _), p in log_offsets.partitions(answers.values()).items():
            if p.error_code:
                refused[topic] = p.error_code
            if p.active_producers:
                active, writing = found.get(topic, (0, 0))
                writing += sum(one.current_txn_start_offset >= 0 for one in p.active_producers)
                found[topic] = (active + len(p.active_producers), writing)
        if refused:
            topic, code = next(iter(refused.items()))
            what = f"producers of {count(len(refused), 'topic')} not read"
            faults.append(f"{what}, such as {topic}: {code_name(code)}")
        made = (Producers(topic=t, active=a, open=o) for t, (a, o) in sorted(found.items()))
        return Surveyed(tuple(made), tuple(faults))


def _unserved(rows: Iterable[Any], starts: log_offsets.Offsets) -> list[str]:
    """Partitions whose leader does not serve them, and partitions of coordinators that have no leader."""
    return [
        f"{row.name}-{p.partition_index}"
        for row in rows
        for p in row.partitions
        if starts.get((row.name, p.partition_index)) is None
        and (row.name in INTERNAL_TOPICS or p.leader_id >= 0)
    ]


def _transaction(row: Any, described: Any) -> Transaction:
    facts: dict[str, Any] = {}
    if described is not None:
        began = described.transaction_start_time_ms
        facts = {
            "topics": tuple(sorted(topic.topic for topic in described.topics)),
            "started_ms": began if began >= 0 else None,
            "timeout_ms": described.transaction_timeout_ms,
        }
    # not as it was listed, where it was described since: its state and its topics are of one moment
    state = (row if described is None else described).transaction_state
    return Transaction(id=row.transactional_id, state=state, producer_id=row.producer_id, **facts)


def _require_some(answers: dict[int, Any], silent: dict[int, KmigError]) -> None:
    """Raise the brokers' own error when no one of them answered, because none offers or allows the request."""
    refusals = [e for e in silent.values() if not isinstance(e, Unreachable)]
    if not answers and refusals:
        raise refusals[0]


def _told(config: Any) -> bool:
    """Whether somebody set it, or it matters even where nobody did."""
    if config.value is None:
        return False
    return config.config_source != _KAFKAS_OWN or config.name in _ALWAYS


_LISTENERS = ("listeners", "advertised.listeners")
_DEFAULTS = (
    "log.cleanup.policy",
    "log.retention.ms",
    "log.retention.minutes",
    "log.retention.hours",
    "log.retention.bytes",
    "log.segment.bytes",
    "log.roll.ms",
    "log.roll.hours",
    "log.message.timestamp.type",
    "message.max.bytes",
    "compression.type",
    "min.insync.replicas",
    "unclean.leader.election.enable",
    "offsets.retention.minutes",
    "auto.create.topics.enable",
    "transaction.max.timeout.ms",
    "group.max.session.timeout.ms",
)
"""Broker configs that decide what a topic, a group or a transaction is like where it sets nothing itself."""

_ALWAYS = ("offsets.retention.minutes", "auto.create.topics.enable")
