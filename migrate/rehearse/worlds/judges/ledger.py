"""Every record of a world with where it stood, and every group with what it was to read: for the judges."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from migrate.model.record import TopicPartition
from migrate.rehearse.worlds.clients import Client
from migrate.rehearse.worlds.facts import Written
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.programs import Processed

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
        own = [offset for when, offset, by in known if when <= at and by != "User:kmig"]
        return own[-1] if own else None

    @cached_property
    def groups(self) -> dict[str, Client]:
        """The clients that read, by their group."""
        clients = self.played.world.clients.values()
        return {c.spec.group or c.spec.name: c for c in clients if c.spec.reads}

    def settled(self, one: Written) -> bool:
        """Whether a record counts: its transaction was committed, or it had none."""
        return one.transaction is None or one.transaction.state == "committed"

    def first_position(self, group: str, place: TopicPartition) -> int | None:
        """Return where a group began to read on the source; None where it never did."""
        return self.played.world.doings.began.get((group, place))
