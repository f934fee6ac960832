"""A copy whose target lacks a partition: its task waits for a minute, fails, and passes over nothing."""

from migrate.rehearse.worlds.cluster import Cluster
from migrate.rehearse.worlds.connect import METADATA_TIMEOUT, Connect
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.facts import Facts
from migrate.rehearse.worlds.history import ClusterSpec
from migrate.rehearse.worlds.timeline import Timeline
from tests.estate import acls


def test_a_task_that_waits_for_a_partition_copies_nothing_meanwhile() -> None:
    timeline, facts = Timeline(), Facts()
    source = Cluster("source", timeline, facts, ClusterSpec(brokers=1, allow_everyone=True))
    target = Cluster("target", timeline, facts, ClusterSpec(brokers=1))
    for cluster in (source, target):
        cluster.create_topic("t", 1, 1, {}, by="admin")
    target.change_acls(add=acls("ALLOW WRITE on topic t to User:copier"), by="admin")
    timeline.advance(5.0)
    connect = Connect(source, target, "User:copier", "4.3.1")
    connect.put("c", {"topics": "t"}, stopped=False)
    numbers = iter(range(100))

    def write(partition: int, count: int) -> None:
        for _, number in zip(range(count), numbers, strict=False):
            content = Content(number, number, 100, 1.0, timeline.now)
            source.produce("User:a", ("t", partition), [content])
        timeline.advance(5.0)

    write(0, 3)
    assert connect.positions["c"] == {("t", 0): 2}
    source.grow_topic("t", 2, by="admin")
    timeline.advance(65.0)
    write(1, 1)
    write(0, 4)
    assert connect.connectors["c"].tasks[0].state == "RUNNING"
    assert connect.positions["c"] == {("t", 0): 2}, "nothing is noted as copied that is not"
    timeline.advance(METADATA_TIMEOUT)
    assert connect.connectors["c"].tasks[0].state == "FAILED"
    target.grow_topic("t", 2, by="admin")
    connect.resume("c")
    timeline.advance(10.0)
    log = target.log("t", 0)
    copied = [r.content.number for r in log.read(log.start, log.end, committed=True) if r.content]
    assert copied == [0, 1, 2, 4, 5, 6, 7]
