"""What a program loses when it may not write for a while: the table of histories says what its library is told."""

import pytest

from migrate.model.acl import Acl
from migrate.rehearse.worlds.cluster import Cluster, Credential
from migrate.rehearse.worlds.consuming import Process
from migrate.rehearse.worlds.facts import Facts
from migrate.rehearse.worlds.history import ClientSpec, ClusterSpec
from migrate.rehearse.worlds.programs import Doings, Login, Surroundings
from migrate.rehearse.worlds.timeline import Timeline
from tests.estate import acls

RIGHTS = acls(
    "ALLOW WRITE on topic paid to User:till",
    "ALLOW WRITE on topic seen to User:till",
    "ALLOW WRITE on transactional_id till-tx to User:till",
)
FENCE = acls("DENY WRITE on topic paid to User:*")


class Till:
    """A program that writes to both topics every two seconds."""

    def __init__(self, transactional_id: str = "") -> None:
        self.timeline, self.facts, self.doings = Timeline(), Facts(), Doings()
        self.cluster = Cluster("source", self.timeline, self.facts, ClusterSpec(brokers=1))
        for topic in ("paid", "seen"):
            self.cluster.create_topic(topic, 1, 1, {}, by="admin")
        self.cluster.set_user("till", "SCRAM-SHA-512", Credential("pw", 4096), by="admin")
        self.change(add=RIGHTS)
        spec = ClientSpec(
            name="till", writes=("paid", "seen"), transactional_id=transactional_id, busy=2.0
        )
        login = Login("source", "SCRAM-SHA-512", "pw")
        around = Surroundings(
            self.timeline, {"source": self.cluster}, lambda _: login, lambda: True, self.doings
        )
        Process(spec, around, 1).start()

    def change(self, add: tuple[Acl, ...] = (), remove: tuple[Acl, ...] = ()) -> None:
        self.cluster.change_acls(add=add, remove=remove, by="admin")
        self.timeline.advance(1.0)

    def fenced(self, seconds: float) -> None:
        self.change(add=FENCE)
        self.timeline.advance(seconds)
        self.change(remove=FENCE)
        self.timeline.advance(20.0)

    def committed(self, topic: str) -> int:
        log = self.cluster.log(topic, 0)
        return sum(r.content is not None for r in log.read(log.start, log.end, committed=True))


@pytest.mark.parametrize("seconds", [10, 60])
def test_each_record_that_is_refused_is_lost_at_once(seconds: int) -> None:
    till = Till()
    till.fenced(seconds)
    lost = [one.topic for one in till.doings.dropped]
    assert set(lost) == {"paid"}
    assert seconds / 2 - 1 <= len(lost) <= seconds / 2 + 1
    assert till.committed("paid") + len(lost) == till.committed("seen")


def test_a_transaction_is_written_as_a_whole_or_not_at_all() -> None:
    till = Till("till-tx")
    before = till.committed("seen")
    till.change(add=FENCE)
    till.timeline.advance(60.0)
    assert till.committed("seen") == till.committed("paid") <= before + 1
    till.change(remove=FENCE)
    till.timeline.advance(20.0)
    assert till.committed("seen") == till.committed("paid") > 35
    assert till.doings.dropped == []


def test_a_transaction_that_is_refused_for_two_minutes_is_given_up() -> None:
    till = Till("till-tx")
    till.fenced(150.0)
    assert {one.topic for one in till.doings.dropped} == {"paid", "seen"}
    assert till.committed("seen") == till.committed("paid")
