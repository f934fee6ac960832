"""Every record of a world with where it stood, and every group with what it was to read: for the judges."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from migrate.model.acl import Acl
from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.clients import Client
from migrate.rehearse.worlds.facts import Written
from migrate.rehearse.worlds.groups import EXPIRED
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.programs import Processed, Reset
from migrate.rehearse.worlds.topics import WorldTopic

KMIG = "User:kmig"
Commits = list[tuple[float, int | None, str]]
"""The commits of one group on one partition: when, the offset, and by whom."""


@dataclass
class Ledger:
    """What judges look up."""

    played: Played

    @cached_property
    def originals(self) -> dict[int, Written]:
        """Each record as a client wrote it."""
        found: dict[int, Written] = {}
        for one in self.played.world.facts.written:
            found.setdefault(one.content.number, one)
        return found

    @cached_property
    def stands(self) -> dict[tuple[str, int], list[Written]]:
        """By side and record: each time that it was accepted there, aborted ones left out."""
        found: dict[tuple[str, int], list[Written]] = defaultdict(list)
        for one in self.played.world.facts.written:
            if one.transaction is None or one.transaction.state == "committed":
                found[one.side, one.content.number].append(one)
        return found

    @cached_property
    def processed(self) -> dict[str, dict[int, list[Processed]]]:
        """By group and record: each time that it was processed."""
        found: dict[str, dict[int, list[Processed]]] = defaultdict(lambda: defaultdict(list))
        for one in self.played.world.doings.processed:
            found[one.group][one.number].append(one)
        return found

    @cached_property
    def last_processed(self) -> dict[str, float]:
        """By group: when it processed a record last."""
        return {one.group: one.at for one in self.played.world.doings.processed}

    @cached_property
    def fenced(self) -> set[str]:
        """The principals from which kmig took a right on the source, if only for some time."""
        return {
            acl.principal
            for c in self.played.world.facts.changes
            if c.what == "acl" and c.side == "source" and c.by == KMIG
            for acl in c.detail[:1]
            if isinstance(acl, Acl)
        }

    @cached_property
    def trials(self) -> set[str]:
        """The processes by which somebody tried a client on another side than its files name."""
        return {name for client in self.played.world.clients.values() for name in client.trials}

    @cached_property
    def resets(self) -> dict[tuple[str, TopicPartition], list[Reset]]:
        """By group and partition: where its consumers went on from outside of a log, as they would on the source."""
        found: dict[tuple[str, TopicPartition], list[Reset]] = defaultdict(list)
        for one in self.played.world.doings.resets:
            if one.side == "source" or self._had_to_reset(one):
                found[one.group, one.place].append(one)
        return found

    def _had_to_reset(self, reset: Reset) -> bool:
        """Whether the record at which a consumer of the target stood would have left the source as well."""
        number = next(self._from(reset), None)
        return number is None or self._gone(number, reset)

    def _from(self, reset: Reset) -> Iterator[int]:
        """Yield the records that a consumer of the target would have got, from its position on."""
        for one in self.by_place.get(("target", reset.place), ()):
            if one.offset >= reset.before and self.settled(one) and one.at <= reset.at:
                yield one.content.number

    def _gone(self, number: int, reset: Reset) -> bool:
        return self.played.world.shadows.left_at(number, reset.at) is not None

    @cached_property
    def cut_off(self) -> dict[str, set[int]]:
        """By group: the records that it was to get next when the target had deleted them, and the source had not."""
        found: dict[str, set[int]] = defaultdict(set)
        for one in self.played.world.doings.resets:
            client = self.groups.get(one.group)
            if one.side == "target" and client is not None and not self._had_to_reset(one):
                following = islice(self._from(one), client.spec.takes or 1)
                found[one.group] |= {n for n in following if not self._gone(n, one)}
        return found

    @cached_property
    def commits(self) -> dict[tuple[str, str, TopicPartition], Commits]:
        """By side, group and partition: its commits in their order."""
        found: dict[tuple[str, str, TopicPartition], Commits] = defaultdict(list)
        for change in self.played.world.facts.changes:
            if change.what == "commit":
                place, offset, *_ = change.detail
                assert isinstance(place, tuple)
                assert offset is None or isinstance(offset, int)
                found[change.side, change.name, place].append((change.at, offset, change.by))
        return found

    def committed(self, side: str, group: str, place: TopicPartition, at: float) -> int | None:
        """Return what a group had committed on a side at a time."""
        known = self.commits.get((side, group, place), [])
        index = bisect_right(known, at, key=lambda one: one[0])
        return known[index - 1][1] if index else None

    def committed_by_clients(
        self, side: str, group: str, place: TopicPartition, at: float
    ) -> int | None:
        """Return what the group's own clients had committed last."""
        known = self.commits.get((side, group, place), [])
        own = [offset for when, offset, by in known if when <= at and by != KMIG]
        return own[-1] if own else None

    def meant(self, side: str, group: str, place: TopicPartition, at: float) -> int | None:
        """Return a side's offset at which a group is to go on, by its last commit there.

        A commit that expired does not count, unless the group was empty because kmig had stopped its client.
        """
        known = [one for one in self.commits.get((side, group, place), []) if one[0] < at]
        if self.expired_by_stop(side, group, place, at):
            known = [one for one in known if one[2] != EXPIRED]
        return known[-1][1] if known else None

    def expired_by_stop(self, side: str, group: str, place: TopicPartition, at: float) -> bool:
        """Whether a group's commit is gone because kmig had stopped its client for so long."""
        known = [one for one in self.commits.get((side, group, place), []) if one[0] < at]
        client = self.groups.get(group)
        if not known or known[-1][2] != EXPIRED or client is None:
            return False
        return client.idle_by_hook(known[-1][0])

    def stood(self, one: Written, at: float) -> bool:
        """Whether a record stood in its log at a time."""
        if one.at > at or not self.settled(one):
            return False
        left = self.left(one)
        return left is None or left > at

    def stands_at(self, side: str, number: int, at: float) -> bool:
        """Whether a record stood on a side at a time."""
        return any(self.stood(one, at) for one in self.stands.get((side, number), ()))

    def counts(self, one: Written, at: float) -> bool:
        """Whether a record is committed, and one of the topic that there was at a time."""
        return self.settled(one) and self._deleted.get((one.side, one.topic_id), at + 1) > at

    def left(self, one: Written) -> float | None:
        """Return when a record left its log, or its topic was deleted."""
        side, topic, partition = one.side, one.topic_id, one.place[1]
        found = self._logs.get((side, topic))
        if found is None or partition >= len(found.logs):
            return None
        log = found.logs[partition]
        ends = (log.left_at(one.offset, one.at), self._deleted.get((side, topic)))
        return min((at for at in ends if at is not None), default=None)

    @cached_property
    def _logs(self) -> dict[tuple[str, str], WorldTopic]:
        return {
            (side, topic.id): topic
            for side, cluster in self.played.world.clusters.items()
            for topic in (*cluster.topics, *cluster.topics.dead)
        }

    @cached_property
    def _deleted(self) -> dict[tuple[str, str], float]:
        return {
            (change.side, str(change.detail[1])): change.at
            for change in self.played.world.facts.changes
            if change.what == "topic" and change.detail[0] == "deleted"
        }

    @cached_property
    def by_place(self) -> dict[tuple[str, TopicPartition], list[Written]]:
        """By side and partition: what was accepted there, in its order."""
        found: dict[tuple[str, TopicPartition], list[Written]] = defaultdict(list)
        for one in self.played.world.facts.written:
            found[one.side, one.place].append(one)
        return found

    @cached_property
    def groups(self) -> dict[str, Client]:
        """The clients that read, by their group."""
        clients = self.played.world.clients.values()
        return {c.spec.group or c.spec.name: c for c in clients if c.spec.reads}

    def settled(self, one: Written) -> bool:
        """Whether a record counts: its transaction was committed, or it had none."""
        return one.transaction is None or one.transaction.state == "committed"

    def began_behind(self, group: str, one: Written) -> bool:
        """Whether a group never read where a record stood: it began behind it on the source, or not at all."""
        began = self.played.world.doings.began.get((group, one.place))
        if began is None:
            return True
        position, topic_id = began
        return one.topic_id == topic_id and one.offset < position
