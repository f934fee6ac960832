"""A world of one topic, a group and a writer, whose facts a test tells one by one: what judges are held by."""

from dataclasses import dataclass, field

from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.consuming import Process
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.facts import Change
from migrate.rehearse.worlds.history import (
    ClientSpec,
    ClusterSpec,
    Estate,
    Event,
    History,
    TopicSpec,
)
from migrate.rehearse.worlds.log import Transaction
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.programs import Login, Processed, Surroundings
from migrate.rehearse.worlds.timeline import DAY
from migrate.rehearse.worlds.world import World

PLACE = ("t", 0)
KMIG = "User:kmig"


def _history(naps: float, configs: dict[str, str], *, assigns: bool) -> History:
    reader = ClientSpec(
        name="r", reads=("t",), group="g", naps=naps, takes=1 if naps else 0, assigns=assigns
    )
    estate = Estate(
        source=ClusterSpec(brokers=1),
        target=ClusterSpec(brokers=1),
        topics=(TopicSpec(name="t", configs=configs),),
        clients=(ClientSpec(name="w", writes=("t",)), reader),
    )
    return History(estate=estate)


@dataclass
class Tale:
    """Facts of a world, told in the order of their times."""

    naps: float = 0.0
    configs: dict[str, str] = field(default_factory=dict)
    finished: bool = True
    days: float = 30.0
    assigns: bool = False

    def __post_init__(self) -> None:
        self.world = World(_history(self.naps, self.configs, assigns=self.assigns))
        for cluster in self.world.clusters.values():
            cluster.topics.create("t", 1, 1, self.configs, 0.0)
        self.commands: list[Ended] = []
        self.offsets: dict[tuple[str, int], int] = {}
        self.began(0)

    def began(self, position: int) -> "Tale":
        """Let the group have begun to read at this offset of the source."""
        topic = self.world.source.topic("t").id
        self.world.doings.began["g", PLACE] = (position, topic)
        return self

    def writes(
        self,
        *numbers: int,
        side: str = "source",
        at: float = 10.0,
        by: str = "User:w",
        key: int = 0,
    ) -> "Tale":
        """Let a cluster accept records."""
        for number in numbers:
            cluster = self.world.clusters[side]
            self.offsets[side, number] = cluster.log(*PLACE).end
            content = Content(number, key or number, 1000, 1.0, at)
            cluster.written_before(PLACE, content, None, by)
        return self

    def copies(self, *numbers: int, at: float = 20.0) -> "Tale":
        """Let the copier write records to the target."""
        return self.writes(*numbers, side="target", at=at, by="User:copier")

    def aborts(self, number: int, at: float = 10.0) -> "Tale":
        """Let the source accept a record of a transaction that is aborted."""
        transaction = Transaction("x", 1, 0, at, 60.0)
        content = Content(number, number, 1000, 1.0, at)
        self.world.source.written_before(PLACE, content, transaction, "User:w")
        self.world.source.finish(transaction, "aborted")
        return self

    def commits(
        self, side: str, offset: int | None, at: float = 30.0, by: str = "User:r"
    ) -> "Tale":
        """Let the group have a commit, or lose it."""
        change = Change(at, side, "commit", "g", by, (PLACE, offset, self._before(side)))
        self.world.facts.changes.append(change)
        return self

    def _before(self, side: str) -> object:
        known = [c for c in self.world.facts.changes if c.side == side and c.what == "commit"]
        return known[-1].detail[1] if known else None

    def reads(self, side: str, *numbers: int, at: float = 40.0, by: str = "r-1") -> "Tale":
        """Let a process of the group process records."""
        self.world.doings.processed += [
            Processed(at, by, "g", side, PLACE, self.offsets[side, n], n) for n in numbers
        ]
        return self

    def runs(
        self,
        side: str = "target",
        position: int = 1_000_000,
        born: float = 0.0,
        name: str = "r",
    ) -> Process:
        """Let a client, the reader, run on a side."""
        world = self.world
        around = Surroundings(
            world.timeline, world.clusters, lambda _: None, lambda: False, world.doings
        )
        client = world.clients[name]
        process = Process(client.spec, around, len(client.processes) + 1)
        process.born, process.connected = born, True
        process.login = Login(side, "SCRAM-SHA-512", "")
        process.positions[PLACE] = position
        client.processes.append(process)
        return process

    def typed(self, command: str, err: str = "", code: int = 0, at: float = 0.0) -> "Tale":
        """Let a command have been typed, which ran for a day."""
        self.commands.append(Ended(command, code, "", err, at, at + DAY))
        return self

    def happens(self, what: str, on: str, at: float = 25.0) -> "Tale":
        """Let an outside actor have done something."""
        self.world.happened.append((at, Event(after=0, what=what, on=on)))
        return self

    def until(self, at: float) -> "Tale":
        """Let time pass, with what logs do in it."""
        self.world.timeline.advance(at - self.world.timeline.now)
        for cluster in self.world.clusters.values():
            for log in cluster.topic("t").logs:
                log.settle(at)
        return self

    def told(self) -> Played:
        """Return what was played, some days later."""
        self.until(self.days * DAY)
        return Played(self.world, self.commands, finished=self.finished)


def moved(**more: object) -> Tale:
    """Records 1 to 3 on both sides; the group has read 1 on the source, and goes on with 2 on the target."""
    tale = Tale(**more).writes(1, 2, 3).copies(1, 2, 3)  # type: ignore[arg-type]
    tale.reads("source", 1).commits("source", 1).commits("target", 1, by=KMIG)
    tale.runs()
    return tale
