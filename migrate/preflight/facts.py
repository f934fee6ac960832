"""What a cutover of a wave will need, as plan, workloads.yaml and journal say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.model.acl import Acl
from migrate.model.record import Position
from migrate.model.reference import Reference
from migrate.model.rights import SourceView
from migrate.model.waiver import Uncommitted, Waiver
from migrate.model.words import first_of


@dataclass(frozen=True)
class GroupAhead:
    """A group that moves: the copied topics that it reads, what its partitions without a commit do, what it had.

    `known` are commits that were seen earlier, on any topic. `moved` says that this migration has committed for it.
    """

    name: str
    reads: tuple[str, ...]
    uncommitted: Uncommitted
    known: tuple[Position, ...] = ()
    moved: bool = False


@dataclass(frozen=True)
class ClientAhead:
    """A workload that moves: its principal on each side, its login on the target, and what it uses of the wave.

    `reads` and `writes` are topics by name, `ids` transactional ids; `there` is the principal on the target. Clients
    are `seen` by their groups, unless a health hook shows them or a scheduler starts them. `hooks` are the commands
    that switch them, `file` is what they read and what replaces it.
    """

    workload: str
    principal: str
    user: str = ""
    mechanism: str = ""
    secret: Reference | None = None
    groups: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    there: str = ""
    seen: bool = True
    hooks: tuple[tuple[str, ...], ...] = ()
    file: tuple[str, str] | tuple[()] = ()


@dataclass(frozen=True)
class Forecast:
    """Seconds for which writes and consumers will be paused, and that a way back takes before the write gate.

    With `joins` consumers wait for their first rebalance on the target besides. The hooks of workloads that are
    `untried` have never run, and count as nothing.
    """

    writes: float = 0.0
    consumers: float = 0.0
    back: float = 0.0
    joins: bool = False
    untried: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"writes paused for about {self.writes:.1f} s, consumers for {self.consumers:.1f} s"
        hooks = f"; hooks never run, and not counted: {first_of(self.untried, 3)}"
        return f"{said}; a way back takes {self.back:.1f} s{hooks if self.untried else ''}"


@dataclass(frozen=True)
class Ahead:
    """A wave before its cutover, by its number.

    `owned` are the topics that are fenced, `copied` all of which offsets are committed. `accounted` are the groups
    that move up to this wave or stay behind on purpose; `writers` who may write to each owned topic, by workloads of
    waves up to this one, and by written decisions. `own` are principals that serve the migration, on either side, and
    super users; `open_default` and `open_target` say that a side allows what no ACL is about. `patience` is how
    long a fence waits for transactions, in seconds. `granted` is what the target allows or will allow, `view` how
    the source's ACLs are compared with it, `users` whose credentials were carried. `later` are principals of
    workloads that move with later waves, `accepted` topics to which people say that they do not write. `waivers`
    are what people accept, `unrotatable` workloads whose clients nothing would show with a new secret. `acting` is as
    whom kmig changes ACLs on the source and on the target, as far as that is known, and no super user. `unknown` are
    questions that people accept without an answer, each with the reason. `configs` are by copied topic the configs of
    the source that decide what is kept and taken, as the plan knows them. `forecast` is how long clients will be
    paused, and `most` how long writes may be, in seconds.
    """

    wave: int
    owned: tuple[str, ...]
    copied: tuple[str, ...]
    groups: tuple[GroupAhead, ...]
    clients: tuple[ClientAhead, ...]
    accounted: frozenset[str] = frozenset()
    writers: dict[str, frozenset[str]] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    open_default: bool = False
    open_target: bool = False
    patience: float = 0.0
    granted: tuple[Acl, ...] = ()
    view: SourceView = field(default_factory=SourceView)
    users: frozenset[str] = frozenset()
    waivers: tuple[Waiver, ...] = ()
    unrotatable: tuple[str, ...] = ()
    later: frozenset[str] = frozenset()
    acting: tuple[str, str] = ("", "")
    unknown: Mapping[str, str] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    configs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    forecast: Forecast = Forecast()
    most: float | None = None
