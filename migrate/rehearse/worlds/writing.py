"""`migrate.ports.ClusterWriter` and `HeadStore` of a simulated cluster: what kmig changes there."""

from collections.abc import Callable, Iterable, Mapping

from migrate.errors import KmigError, Refused, Rejected, StepFailed
from migrate.model.acl import Acl
from migrate.model.cluster import ScramCredential, Topic
from migrate.model.permissions import HEADS_GROUP_PREFIX, HEADS_TOPIC
from migrate.model.record import TopicPartition
from migrate.model.reference import Reference
from migrate.ports import JournalHead
from migrate.rehearse.worlds.calls import Calls
from migrate.rehearse.worlds.cluster import Cluster, Credential
from migrate.rehearse.worlds.codes import BrokerError

KMIG = "User:kmig"
"""kmig's principal on both sides; the facts name it as the one who changed something."""


class WorldWriter:
    """See `migrate.ports.ClusterWriter`; `secret` resolves references."""

    def __init__(self, cluster: Cluster, calls: Calls, secret: Callable[[Reference], str]) -> None:
        self.cluster = cluster
        self.sent = 0
        self._calls = calls
        self._secret = secret

    def create_acls(self, acls: Iterable[Acl]) -> None:
        """See `ClusterWriter`."""
        wanted = tuple(acls)
        self._write("create_acls", lambda: self.cluster.change_acls(add=wanted, by=KMIG))

    def delete_acls(self, acls: Iterable[Acl]) -> None:
        """See `ClusterWriter`."""
        wanted = tuple(acls)
        self._write("delete_acls", lambda: self.cluster.change_acls(remove=wanted, by=KMIG))

    def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, tuple[int, str]]) -> None:
        """See `SourceWriter`."""
        wanted = dict(offsets)

        def commit() -> None:
            try:
                self.cluster.groups.commit(KMIG, group, wanted, by=KMIG)
            except BrokerError as error:
                if error.code == "UNKNOWN_MEMBER_ID":
                    raise Refused(
                        f"cannot commit offsets of group {group}: the group has members: "
                        "UNKNOWN_MEMBER_ID (25)",
                        "stop its consumers, then rerun the command",
                    ) from None
                raise StepFailed(
                    f"cannot commit offsets of group {group} on {error.about}: {error.code}"
                ) from None

        self._write("commit_offsets", commit)

    def commit_groups(
        self, offsets: Mapping[str, Mapping[TopicPartition, tuple[int, str]]]
    ) -> dict[str, KmigError]:
        """See `ClusterWriter`."""
        refused: dict[str, KmigError] = {}
        for group, own in offsets.items():
            try:
                self.commit_offsets(group, own)
            except (Refused, StepFailed) as error:
                refused[group] = error
        return refused

    def delete_offsets(self, group: str, partitions: Iterable[TopicPartition]) -> None:
        """See `ClusterWriter`."""
        wanted = sorted(partitions)

        def delete() -> None:
            try:
                self.cluster.groups.forget(group, wanted, by=KMIG)
            except BrokerError as error:
                raise StepFailed(
                    f"cannot delete committed offsets of group {group}: {error.code}"
                ) from None

        if wanted:
            self._write("delete_offsets", delete)

    def alter_topic(self, name: str, configs: Mapping[str, str | None]) -> None:
        """See `ClusterWriter`."""
        wanted = dict(configs)

        def alter() -> None:
            if self.cluster.topics.get(name) is None:
                raise StepFailed(
                    f"cannot alter configs of topic {name}: UNKNOWN_TOPIC_OR_PARTITION (3)"
                )
            self.cluster.topics.alter(name, wanted)
            self.cluster.note("config", name, KMIG, tuple(sorted(wanted.items())))

        self._write("alter_topic", alter)

    def trial(self, topics: Iterable[Topic]) -> dict[str, str]:  # noqa: ARG002
        """See `ClusterWriter`; this cluster takes every config."""
        taken: dict[str, str] = {}
        return self._calls.read(f"{self.cluster.side}.trial", lambda: taken)

    def create_topic(self, topic: Topic) -> None:
        """See `ClusterWriter`."""

        def create() -> None:
            try:
                self.cluster.create_topic(
                    topic.name,
                    len(topic.partitions),
                    topic.replication_factor,
                    topic.configs,
                    by=KMIG,
                )
            except BrokerError as error:
                raise Rejected(f"cannot create topic {topic.name}: {error.code}") from None

        self._write("create_topic", create)

    def create_partitions(self, name: str, count: int) -> None:
        """See `ClusterWriter`."""
        self._write("create_partitions", lambda: self.cluster.grow_topic(name, count, by=KMIG))

    def delete_topic(self, name: str) -> None:
        """See `ClusterWriter`."""
        self._write("delete_topic", lambda: self.cluster.delete_topic(name, by=KMIG))

    def upsert_scram(self, credential: ScramCredential, secret: Reference) -> None:
        """See `ClusterWriter`."""
        made = Credential(self._secret(secret), credential.iterations)
        self._write(
            "upsert_scram",
            lambda: self.cluster.set_user(credential.user, credential.mechanism, made, by=KMIG),
        )

    def delete_scram(self, user: str, mechanism: str) -> None:
        """See `ClusterWriter`."""
        self._write("delete_scram", lambda: self.cluster.set_user(user, mechanism, None, by=KMIG))

    def set_quota(
        self, entity: Mapping[str, str | None], values: Mapping[str, float | None]
    ) -> None:
        """See `ClusterWriter`."""
        key, wanted = tuple(sorted(entity.items())), dict(values)

        def change() -> None:
            there = self.cluster.quotas.setdefault(key, {})
            there.update({k: v for k, v in wanted.items() if v is not None})
            for name in [k for k, v in wanted.items() if v is None]:
                there.pop(name, None)
            self.cluster.note("quota", str(key), KMIG, tuple(sorted(wanted.items())))

        self._write("set_quota", change)

    def _write(self, name: str, act: Callable[[], None]) -> None:
        self.sent += 1
        self._calls.write(f"{self.cluster.side}.{name}", act)


class WorldHeads:
    """See `migrate.ports.HeadStore`: a committed offset on the target, as the real store's."""

    def __init__(self, cluster: Cluster, writer: WorldWriter, calls: Calls, name: str) -> None:
        self._cluster, self._writer, self._calls = cluster, writer, calls
        self._group = f"{HEADS_GROUP_PREFIX}{name}"

    def recorded(self) -> JournalHead | None:
        """See `HeadStore`."""

        def look() -> JournalHead | None:
            group = self._cluster.groups.get(self._group)
            commit = group.commits.get((HEADS_TOPIC, 0)) if group else None
            return JournalHead(commit.offset, commit.metadata) if commit else None

        return self._calls.read("target.recorded", look)

    def record(self, head: JournalHead) -> None:
        """See `HeadStore`."""
        if self._cluster.topics.get(HEADS_TOPIC) is None:
            self._writer._write("create_topic", lambda: self._create())
        self._writer.commit_offsets(self._group, {(HEADS_TOPIC, 0): (head.entries, head.hash)})

    def _create(self) -> None:
        self._cluster.create_topic(HEADS_TOPIC, 1, 1, {}, by=KMIG)
