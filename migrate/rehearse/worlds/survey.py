"""`migrate.ports.survey.Survey` of a simulated cluster: what an inventory reads."""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from migrate.errors import Unsupported
from migrate.model.acl import Acl
from migrate.model.cluster import (
    BrokerFacts,
    Group,
    Producers,
    Quota,
    ScramCredential,
    Topic,
    Transaction,
)
from migrate.ports.survey import Surveyed, SurveyedCluster
from migrate.rehearse.worlds.calls import Calls
from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.reading import WorldReader
from migrate.rehearse.worlds.topics import KAFKAS_OWN

_Found = TypeVar("_Found")


class WorldSurvey:
    """See `migrate.ports.survey.Survey`."""

    def __init__(self, cluster: Cluster, calls: Calls) -> None:
        self._cluster, self._calls = cluster, calls
        self._reader = WorldReader(cluster, calls)
        self._asked = 0

    def requests(self) -> int:
        """See `Survey`."""
        return self._asked

    def answered(self) -> tuple[int, ...]:
        """See `Survey`."""
        return self._cluster.broker_ids

    def cluster(self) -> Surveyed[SurveyedCluster]:
        """See `Survey`."""

        def look() -> SurveyedCluster:
            level = {"metadata.version": 21 if self._cluster.version < "4" else 29}
            facts = tuple(
                BrokerFacts(id=b, features=level, lifetime=self._cluster.lifetime)
                for b in self._cluster.broker_ids
            )
            return SurveyedCluster(
                self._cluster.id,
                1,
                self._reader.announced(),
                facts,
                (),
                {**KAFKAS_OWN, **self._cluster.broker_defaults},
            )

        return self._look("cluster", look)

    def acls(self) -> Surveyed[tuple[Acl, ...]]:
        """See `Survey`."""

        def look() -> tuple[Acl, ...]:
            if not self._cluster.authorizer:
                raise Unsupported("cannot list ACLs on the source: SECURITY_DISABLED (54)")
            return tuple(sorted(self._cluster.acls_at(1), key=str))

        return self._look("acls", look)

    def scram_credentials(self) -> Surveyed[tuple[ScramCredential, ...]]:
        """See `Survey`."""
        return self._look("scram", self._reader.credentials)

    def quotas(self) -> Surveyed[tuple[Quota, ...]]:
        """See `Survey`."""
        return self._look("quotas", self._reader.all_quotas)

    def topics(self) -> Surveyed[tuple[Topic, ...]]:
        """See `Survey`."""

        def look() -> tuple[Topic, ...]:
            return tuple(
                t.model_copy(update={"codecs": self._codecs(t)}) for t in self._reader.all_topics()
            )

        return self._look("topics", look)

    def _codecs(self, topic: Topic) -> dict[str, int]:
        """Return the codecs of the first, the middle and the last batch of each partition."""
        seen: Counter[str] = Counter()
        for log in self._cluster.topics.by_name[topic.name].logs:
            if batches := [r for r in log.records if r.content]:
                some = {0, len(batches) // 2, len(batches) - 1}
                seen.update(
                    "zstd" if r.size < r.content.size else "none"
                    for i in some
                    if (r := batches[i]).content
                )
        return dict(sorted(seen.items()))

    def groups(self) -> Surveyed[tuple[Group, ...]]:
        """See `Survey`."""
        return self._look("groups", lambda: self._reader.some_groups(None))

    def transactions(self) -> Surveyed[tuple[Transaction, ...]]:
        """See `Survey`."""
        return self._look("transactions", self._reader.some_transactions)

    def producers(self) -> Surveyed[tuple[Producers, ...]]:
        """See `Survey`."""

        def look() -> tuple[Producers, ...]:
            found = []
            for topic in sorted(self._cluster.topics, key=lambda t: t.name):
                writing = sum(len(log.open) for log in topic.logs)
                active = len(self._cluster.writing(topic.name))
                if active:
                    found.append(Producers(topic=topic.name, active=active, open=writing))
            return tuple(found)

        return self._look("producers", look)

    def _look(self, name: str, look: Callable[[], _Found]) -> Surveyed[_Found]:
        self._asked += 1
        return Surveyed(self._calls.read(f"{self._cluster.side}.survey.{name}", look))
