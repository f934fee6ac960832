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
    that switch them, `file` is what they read and what replaces it. `check` is the one that tries the target from
    where they live, for so many `seconds` at most. One that `wipes` deletes local state when it stops.
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
    check: tuple[str, ...] = ()
    wipes: bool = False
    seconds: float = 60.0


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
    """A wave before its cutover, by its number: what plan, workloads.yaml, kmig.yaml and the journal say of it."""

    wave: int
    owned: tuple[str, ...]
    """Topics that are fenced."""
    copied: tuple[str, ...]
    """Topics of which offsets are committed."""
    groups: tuple[GroupAhead, ...]
    clients: tuple[ClientAhead, ...]
    accounted: frozenset[str] = frozenset()
    """Groups that move up to this wave, or stay behind on purpose."""

    writers: dict[str, frozenset[str]] = field(default_factory=dict)
    """Who may write to each owned topic, by workloads of waves up to this one, and by written decisions."""
    later: frozenset[str] = frozenset()
    """Principals of workloads that move with later waves."""
    accepted: frozenset[str] = frozenset()
    """Topics to which `later` principals never write, as people say."""

    own: frozenset[str] = frozenset()
    """Principals that serve the migration, on either side, and super users."""
    acting: tuple[str, str] = ("", "")
    """As whom kmig changes ACLs on the source and on the target, where that is known and no super user."""
    open_default: bool = False
    """The source allows what no ACL is about; `open_target`: the target does."""
    open_target: bool = False
    granted: tuple[Acl, ...] = ()
    """What the target allows or will allow; `view`: how the source's ACLs are compared with it."""
    view: SourceView = field(default_factory=SourceView)
    users: frozenset[str] = frozenset()
    """Users whose credentials were carried."""
    unrotatable: tuple[str, ...] = ()
    """Workloads whose clients nothing would show with a new secret."""

    made: frozenset[Acl] = frozenset()
    """What the plan gives principals on the target; `quotas`: the same, by user."""
    quotas: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    """Principals that others use on the target too, as people say; `bound`: whose DENYs for a host hold there."""
    bound: frozenset[str] = frozenset()

    configs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By copied topic what decides which records it keeps and takes, as the plan knows it."""
    waivers: tuple[Waiver, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Questions that need no answer in this cutover, each with the reason; `waived`: in no wave."""
    waived: Mapping[str, str] = field(default_factory=dict)

    patience: float = 0.0
    """Seconds for which a fence waits for transactions."""
    forecast: Forecast = Forecast()
    most: float | None = None
    """Seconds for which writes may be paused."""
    at_once: int = 8
    """Hooks that run at the same time."""
