"""What a program reads again, and what it passes over: a transaction that fails is as if nothing was read."""

from migrate.rehearse.worlds.cluster import Cluster, Credential
from migrate.rehearse.worlds.consuming import Process
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.facts import Facts
from migrate.rehearse.worlds.history import ClientSpec, ClusterSpec
from migrate.rehearse.worlds.programs import Doings, Login, Surroundings
from migrate.rehearse.worlds.timeline import Timeline
from tests.estate import acls

RIGHTS = acls(
    "ALLOW READ on topic paid to User:till",
    "ALLOW READ on group tills to User:till",
    "ALLOW WRITE on topic seen to User:till",
    "ALLOW WRITE on transactional_id till-tx to User:till",
)
PLACE = ("paid", 0)


class Till:
    """A program that answers what it reads, each batch in a transaction with its commit."""

    def __init__(self) -> None:
        self.timeline, self.facts, self.doings = Timeline(), Facts(), Doings()
        self.cluster = Cluster("target", self.timeline, self.facts, ClusterSpec(brokers=1))
        for topic in ("paid", "seen"):
            self.cluster.create_topic(topic, 1, 1, {}, by="admin")
        self.cluster.set_user("till", "SCRAM-SHA-512", Credential("pw", 4096), by="admin")
        self.cluster.change_acls(add=RIGHTS, by="admin")
        self.timeline.advance(1.0)
        spec = ClientSpec(
            name="till",
            reads=("paid",),
            group="tills",
            reset="earliest",
            commits="transaction",
            writes=("seen",),
            transactional_id="till-tx",
        )
        login = Login("target", "SCRAM-SHA-512", "pw")
        around = Surroundings(
            self.timeline, {"target": self.cluster}, lambda _: login, lambda: False, self.doings
        )
        self.program = Process(spec, around, 1)
        self.program.start()

    def gets(self, *numbers: int) -> None:
        for number in numbers:
            content = Content(number, number, 100, 1.0, self.timeline.now)
            self.cluster.produce("User:admin", PLACE, [content], None)
        self.timeline.advance(30.0)

    def processed(self) -> list[int]:
        return [one.number for one in self.doings.processed]

    def committed(self) -> int | None:
        group = self.cluster.groups.get("tills")
        commit = group.commits.get(PLACE) if group else None
        return commit.offset if commit else None


def test_a_program_whose_answers_find_no_topic_reads_the_same_records_again() -> None:
    till = Till()
    till.gets(101)
    stood = till.committed()
    till.cluster.delete_topic("seen", by="admin")
    till.gets(102, 103)
    assert (till.processed(), till.committed()) == ([101], stood)
    assert till.program.crashed_by == "UNKNOWN_TOPIC_OR_PARTITION"
    till.cluster.create_topic("seen", 1, 1, {}, by="admin")
    till.timeline.advance(600.0)
    assert till.processed() == [101, 102, 103]
