"""Reads of one Kafka cluster for an inventory: a broker that does not answer is a fault, and the rest is read."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from migrate.adapters.kafka import (
    batches,
    groups,
    identities,
    log_offsets,
    metadata,
    topics,
    transactions,
)
from migrate.adapters.kafka.answers import code_name, failure
from migrate.adapters.kafka.wire import Wire
from migrate.errors import KmigError
from migrate.model import settings
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

_KAFKAS_OWN = 5
"""Config source DEFAULT_CONFIG: Kafka's own default."""


class KafkaSurvey:
    """`migrate.ports.survey.Survey` over Kafka's protocol."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @cached_property
    def _metadata(self) -> Any:
        """Every topic's partitions and leaders, asked once, so that all sections describe the same moment."""
        return self._wire.ask_any(metadata.request(None))

    @cached_property
    def _rows(self) -> tuple[list[Any], list[str]]:
        """The rows of the topics, and the errors of those that could not be described."""
        return metadata.described(self._wire.site, self._metadata)

    @cached_property
    def _starts(self) -> Surveyed[log_offsets.Offsets]:
        """First offset of each partition, asked once, before the commits that are compared with it."""
        leading = metadata.by_leader(self._rows[0])
        leading.pop(-1, None)
        read = log_offsets.look(self._wire, leading, (log_offsets.START,))
        return Surveyed(read.found[0], read.faults)

    def requests(self) -> int:
        """See `Survey`."""
        return self._wire.requests.total()

    def answered(self) -> tuple[int, ...]:
        """See `Survey`."""
        ids = tuple(sorted(self._wire.answered))
        self._wire.answered.clear()
        return ids

    def cluster(self) -> Surveyed[SurveyedCluster]:
        """See `Survey`."""
        wire = self._wire
        brokers = wire.brokers()
        configs, silent = wire.gather(
            {b.id: metadata.broker_configs(b.id, [*_LISTENERS, *settings.ASKED]) for b in brokers}
        )
        faults = [error.message for error in silent.values()]
        told: dict[int, dict[str, str]] = {}
        listening: dict[int, dict[str, str]] = {}
        for broker, answer in configs.items():
            row = answer.results[0]
            if row.error_code:
                what = f"describe configs of broker {broker} on the {wire.site}"
                faults.append(failure(what, row.error_code, row.error_message).message)
            told[broker] = {c.name: c.value for c in row.configs if c.value is not None}
            listening[broker] = {
                c.name: c.value for c in row.configs if c.value and c.config_source != _KAFKAS_OWN
            }
        absent = metadata.absent(self._metadata)
        faults += [f"broker {b} holds replicas and is not announced" for b in absent]
        defaults = {k: v for k, v in settings.agreed(told.values()).items() if k in settings.ASKED}
        faults += _differing(told)
        surveyed = SurveyedCluster(
            cluster_id=wire.cluster_id,
            controller=wire.controller,
            brokers=brokers,
            facts=tuple(
                self._facts(b, listening.get(b.id, {})) for b in brokers if b.id in configs
            ),
            absent=absent,
            defaults=defaults,
        )
        return Surveyed(surveyed, tuple(faults))

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
        """See `Survey`; ACLs with an unknown permission type are counted as a fault."""
        answer = self._wire.ask_any(identities.all_acls())
        acls = identities.acls_of(self._wire.site, answer)
        nameless = identities.nameless(answer)
        fault = f"{count(nameless, 'ACL')} left out: unknown permission type" if nameless else ""
        return Surveyed(tuple(sorted(acls, key=str)), (fault,) if fault else ())

    def scram_credentials(self) -> Surveyed[tuple[ScramCredential, ...]]:
        """See `Survey`."""
        answer = self._wire.ask_any(identities.all_scram())
        credentials = identities.scram_of(self._wire.site, answer)
        faults = (
            failure(f"describe SCRAM user {row.user}", row.error_code, row.error_message).message
            for row in answer.results
            if row.error_code
        )
        return Surveyed(credentials, tuple(faults))

    def quotas(self) -> Surveyed[tuple[Quota, ...]]:
        """See `Survey`."""
        answer = self._wire.ask_any(identities.all_quotas())
        return Surveyed(identities.quotas_of(self._wire.site, answer))

    def topics(self) -> Surveyed[tuple[Topic, ...]]:
        """See `Survey`."""
        rows, faults = self._rows
        read = topics.look(self._wire, rows, self._starts)
        leading = metadata.by_leader(row for row in rows if row.name not in INTERNAL_TOPICS)
        leading.pop(-1, None)
        found = batches.sampled(self._wire, leading, read.found)
        return Surveyed(found, (*faults, *read.faults))

    def _starting(self) -> tuple[str, ...]:
        """Say why a list of groups or transactional ids may lack some: a coordinator that loads leaves them out."""
        try:
            unserved = _unserved(self._rows[0], self._starts.found)
        except KmigError as error:
            return (f"unknown whether coordinators are still loading: {error.message}",)
        if not unserved:
            return ()
        parts = count(len(unserved), "partition")
        return (f"{parts} not served, such as {unserved[0]}: coordinators may still be loading",)

    def groups(self) -> Surveyed[tuple[Group, ...]]:
        """See `Survey`."""
        # first: it says whether the list that follows can be complete, and reads the starts before the commits
        starting = self._starting()
        read = groups.look(self._wire)
        return Surveyed(read.found, (*read.faults, *starting))

    def transactions(self) -> Surveyed[tuple[Transaction, ...]]:
        """See `Survey`."""
        read = transactions.look(self._wire)
        return Surveyed(read.found, (*read.faults, *self._starting()))

    def producers(self) -> Surveyed[tuple[Producers, ...]]:
        """See `Survey`."""
        wire = self._wire
        leading = metadata.by_leader(self._rows[0])
        leading.pop(-1, None)
        answers, silent = wire.gather(
            {b: log_offsets.producers_request(t) for b, t in leading.items()}
        )
        transactions.require_some(answers, silent)
        faults = [error.message for error in silent.values()]
        by_topic: dict[str, tuple[int, int]] = {}
        refused: dict[str, int] = {}
        for (topic, _), p in log_offsets.partitions(answers.values()).items():
            if p.error_code:
                refused[topic] = p.error_code
            if p.active_producers:
                active, writing = by_topic.get(topic, (0, 0))
                writing += sum(row.current_txn_start_offset >= 0 for row in p.active_producers)
                by_topic[topic] = (active + len(p.active_producers), writing)
        if refused:
            topic, code = next(iter(refused.items()))
            what = f"producers of {count(len(refused), 'topic')} not read"
            faults.append(f"{what}, such as {topic}: {code_name(code)}")
        rows = (Producers(topic=t, active=a, open=o) for t, (a, o) in sorted(by_topic.items()))
        return Surveyed(tuple(rows), tuple(faults))


def _unserved(rows: Iterable[Any], starts: log_offsets.Offsets) -> list[str]:
    """Return the partitions whose leader does not serve them, and leaderless partitions of internal topics."""
    return [
        f"{row.name}-{p.partition_index}"
        for row in rows
        for p in row.partitions
        if starts.get((row.name, p.partition_index)) is None
        and (row.name in INTERNAL_TOPICS or p.leader_id >= 0)
    ]


def _differing(told: dict[int, dict[str, str]]) -> Iterator[str]:
    """Yield a fault for each default on which brokers differ: what a topic is like depends on who leads it."""
    for name in settings.ASKED:
        values = {broker: own.get(name, "none") for broker, own in sorted(told.items())}
        if len(set(values.values())) > 1:
            each = ", ".join(f"{value} on {broker}" for broker, value in values.items())
            yield f"brokers differ in {name}: {each}"


_LISTENERS = ("listeners", "advertised.listeners")
