"""The source and its workloads, joined: who reads, writes and owns which of the things that were found."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from migrate.documents.config import Config
from migrate.documents.decisions import TopicSelector
from migrate.documents.inventory import Inventory
from migrate.documents.workloads import Workload, Workloads
from migrate.model import settings
from migrate.model.authorizer import Pattern, covering, grants, pattern
from migrate.model.cluster import Topic
from migrate.model.connector import Connector
from migrate.model.permissions import HEADS_TOPIC
from migrate.model.sorted_names import SortedNames


@dataclass(frozen=True)
class Estate:
    """What a plan is made from; `own_target` is kmig's principal there. Answers are by name, and sorted."""

    config: Config
    inventory: Inventory
    people: Workloads
    own_target: str = ""

    @cached_property
    def workloads(self) -> dict[str, Workload]:
        """Workloads by name."""
        return {w.name: w for w in sorted(self.people.workloads, key=lambda w: w.name)}

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """Topics that are neither the cluster's own nor kmig's."""
        return {
            t.name: t
            for t in self.inventory.topics.found
            if not t.internal and t.name != HEADS_TOPIC
        }

    @cached_property
    def topic_defaults(self) -> dict[str, str]:
        """The configs that the source's brokers give every topic that does not set them itself."""
        return settings.defaults(self.inventory.cluster.found.defaults)

    @cached_property
    def topic_names(self) -> SortedNames:
        """Their names, to be found by prefix."""
        return SortedNames(self.topics)

    @cached_property
    def by_principal(self) -> dict[str, tuple[str, ...]]:
        """Names of the workloads of each principal."""
        found: dict[str, tuple[str, ...]] = {}
        for name, workload in self.workloads.items():
            found[workload.principal] = (*found.get(workload.principal, ()), name)
        return found

    @cached_property
    def group_owner(self) -> dict[str, str]:
        """The workload of each group; a connector's group is `connect-` and its name."""
        owners = {g: w.name for w in self.workloads.values() for g in w.every_group}
        return owners | {g: w.name for w in self.workloads.values() for g in w.groups}

    @cached_property
    def connectors(self) -> dict[str, Connector]:
        """Connectors by `cluster/name`."""
        return {c.id: c for c in self.inventory.connect.found.connectors}

    @cached_property
    def connector_owner(self) -> dict[str, str]:
        """The workload of each connector that has one."""
        return {w.connector: w.name for w in self.workloads.values() if w.connector}

    @cached_property
    def secret_owner(self) -> dict[str, str]:
        """The first workload of each reference to a secret."""
        held = [(s, w.name) for w in reversed(self.workloads.values()) for s in w.secrets]
        return dict(held)

    def transactional_owners(self, name: str) -> tuple[str, ...]:
        """Whose a transactional id is: who declares it, or else who may write with it and is a workload.

        Applications that make ids of their own (Streams, KIP-447) are known by the pattern of their ACL.
        """
        if name in self._declared_ids:
            return (self._declared_ids[name],)
        holders = self.transactional_holders(name)
        return tuple(sorted(n for p in holders for n in self.by_principal.get(p, ())))

    def transactional_holders(self, name: str) -> set[str]:
        """Principals that an ACL lets write with a transactional id."""
        writing = self._transactional_grants
        return set().union(*(writing.get(p, ()) for p in covering("TRANSACTIONAL_ID", name)))

    @cached_property
    def _declared_ids(self) -> dict[str, str]:
        return {one: w.name for w in self.workloads.values() for one in w.transactional_ids}

    @cached_property
    def _transactional_grants(self) -> dict[Pattern, set[str]]:
        """Principals by the pattern of transactional ids that they may write with."""
        found: dict[Pattern, set[str]] = defaultdict(set)
        for acl in self.inventory.acls.found:
            if acl.resource_type == "TRANSACTIONAL_ID" and grants(acl, "WRITE"):
                found[pattern(acl)].add(acl.principal)
        return found

    @cached_property
    def streams_topics(self) -> dict[str, str]:
        """Topics that Kafka Streams keeps for an application, which is called as its group, and who runs it."""
        streams = [w for w in self.workloads.values() if w.kind == "streams"]
        return {
            topic: w.name
            for w in streams
            for group in w.groups
            for topic in self.topic_names.starting(f"{group}-")
            if topic.endswith(("-changelog", "-repartition"))
        }

    @cached_property
    def readers(self) -> dict[str, tuple[str, ...]]:
        """Workloads that read each topic: they say so, or a group of theirs has a commit there."""
        found = self._selected({n: w.reads for n, w in self.workloads.items()})
        for topic, runner in self.streams_topics.items():
            found[topic].add(runner)
        for group in self.inventory.groups.found:
            owner = self.group_owner.get(group.name)
            for commit in group.commits:
                if owner and commit.topic in found:
                    found[commit.topic].add(owner)
        return {topic: tuple(sorted(names)) for topic, names in found.items()}

    @cached_property
    def writers(self) -> dict[str, tuple[str, ...]]:
        """Workloads that write each topic."""
        found = self._selected({n: w.writes for n, w in self.workloads.items()})
        for topic, runner in self.streams_topics.items():
            found[topic].add(runner)
        return {topic: tuple(sorted(names)) for topic, names in found.items()}

    def _selected(self, selectors: dict[str, tuple[TopicSelector, ...]]) -> dict[str, set[str]]:
        """Names by the topics that their selectors select."""
        found: dict[str, set[str]] = {name: set() for name in self.topics}
        for name, some in selectors.items():
            for selector in some:
                for topic in self.selected_by(selector):
                    found[topic].add(name)
        return found

    def selected_by(self, selector: TopicSelector) -> Sequence[str]:
        """Return the topics that a selector selects."""
        if selector.topic is None:
            return self.topic_names.starting(selector.prefix or "")
        return [selector.topic] if selector.topic in self.topics else []

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """Topics that some workload reads or writes."""
        return tuple(t for t in sorted(self.topics) if self.readers[t] or self.writers[t])

    @cached_property
    def own(self) -> dict[str, str]:
        """Principals on the source that serve the migration itself, and what they are."""
        replication = self.config.replication
        copier = (replication.source_principal or replication.principal) if replication else ""
        named = {
            copier: "the copier's own",
            self.config.source.write_principal or "": "kmig's own",
            self.inventory.principal: "kmig's own",
        }
        return {principal: whose for principal, whose in named.items() if principal}

    def mapped(self, principal: str) -> str:
        """The principal's name on the target."""
        return self.config.principals.get(principal, principal)
