"""The only way to act on a wave: every guard of `guards` in its order, then the sites, then the steps.

A command states what it requires and what it would do. It cannot skip a guard, because it gets the sites from here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from migrate.documents.plan import Plan, StageName
from migrate.execute import guards
from migrate.execute.asking import asking
from migrate.execute.journalled import carry_out
from migrate.execute.run import Moment, Progress, preview, run, walk
from migrate.execute.timeline import Lines, Listing, Timeline
from migrate.execute.wave_state import WaveState
from migrate.folder import Folder
from migrate.journal.durations import parts_of_pause
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile
from migrate.journal.pauses import Pauses, stopwatch
from migrate.journal.standing import Journal, Part, StepState, begun
from migrate.ports import Clock, Sites
from migrate.render.columns import prose
from migrate.stages.stage import Stage
from migrate.steps import Step


@dataclass(frozen=True)
class Invocation:
    """What a command needs: the directory, the time, how to print and ask for consent, how to open the sites.

    `hears` raises where nobody could answer a question. One that `stays` does not end for a pause that is too long.
    """

    folder: Folder
    clock: Clock
    stamp: Callable[[Entry], Entry]
    say: Callable[[str], None]
    agree: Callable[[str], None]
    opening: guards.SiteOpener[guards.OpenSites]
    hears: Callable[[], None] = lambda: None
    stays: bool = False


@dataclass(frozen=True)
class Proposal:
    """What a command would do to a stage of a wave: the lines to print, and the question to ask.

    Without a question there is nothing to do; unless it `asks`, it is asked later, before the first change. `state`
    is the wave's state, for commands that go forward; `known` is the plan, for a rollback. With `moving` the source,
    the copy and the clients may be changed. `look` makes a new proposal once both sites are open, if it depends on
    them; `require` refuses then what must not begin. `closes` is written into the run's end in the journal; None if
    the run has no end.
    """

    stage: Part
    lines: tuple[str, ...] = ()
    question: str = ""
    asks: bool = True
    steps: tuple[Step, ...] = ()
    state: WaveState | None = None
    known: Plan | None = None
    moving: bool = False
    look: Callable[[Sites], "Proposal"] | None = None
    require: Callable[[Sites], None] | None = None
    closes: str | None = None

    @property
    def plan(self) -> Plan | None:
        """The plan that names the source which may be changed."""
        return self.state.plan if self.state else self.known


@dataclass
class GuardedRun:
    """A command that has passed every guard; `drive` carries its steps out and journals them."""

    wave: int
    proposal: Proposal
    opened: guards.OpenSites
    file: JournalFile
    begun: Mapping[str, StepState]
    lines: Lines
    acted: int = 0

    @property
    def sites(self) -> Sites:
        """The open sites."""
        return self.opened.sites

    @property
    def head(self) -> str:
        """The head of the journal."""
        return self.file.journal.head

    def drive(self, progress: Iterable[Progress | Moment]) -> int:
        """Drive a run, a walk or an undo, and return how many steps were acted on."""
        acted = carry_out(
            progress,
            self.file,
            self.wave,
            self.proposal.stage,
            self.opened.heads,
            self.lines.show,
        )
        self.acted += acted
        return acted


@contextmanager
def acting(
    context: Invocation, typed: str, wave: int, propose: Callable[[Journal], Proposal]
) -> Iterator[GuardedRun]:
    """Pass every guard in its order, then open the sites; journal the start and the end of the run.

    `typed` is the command without `kmig`.
    """
    with guards.lock(context.folder, typed):
        file = guards.whole_journal(context.folder, context.stamp)
        proposal = propose(file.journal)
        if proposal.look is None:
            _put(context, proposal)
        lines = _lines(context, wave, proposal, file.journal)
        run_of = {"command": f"kmig {typed}", "wave": wave, "stage": proposal.stage}
        with guards.both_sites(
            context.opening,
            context.folder.config(),
            proposal.plan,
            moving=proposal.moving,
            tell=lines.tell,
        ) as opened:
            target = opened.sites.target.reader.describe().cluster_id
            guards.same_target(file.journal, target)
            guards.newest_head(file.journal, opened.heads)
            if proposal.look is not None:
                proposal = proposal.look(opened.sites)
                _put(context, proposal)
            if proposal.state is not None:
                guards.source_allows(opened.sites, proposal.state, proposal.stage)
            if proposal.require is not None:
                proposal.require(opened.sites)
            if proposal.question:
                file.append(event="run", target=target, **run_of)
            earlier = begun(file.journal, wave, proposal.stage)
            yield GuardedRun(wave, proposal, opened, file, earlier, lines)
        if proposal.question and proposal.closes is not None:
            file.append(event="end", detail=proposal.closes, **run_of)


def _put(context: Invocation, proposal: Proposal) -> None:
    """Print what would be done, and ask for consent."""
    for line in proposal.lines:
        for part in prose(line):
            context.say(part)
    if proposal.question and proposal.asks:
        guards.consent(context.agree, proposal.question)
    elif proposal.question:
        context.hears()


def _lines(context: Invocation, wave: int, proposal: Proposal, journal: Journal) -> Lines:
    if not proposal.moving:
        return Listing(context.say)
    bounded = proposal.state is not None and proposal.stage == "cutover" and not context.stays
    most = context.folder.config().policy.max_pause if bounded else None
    return Timeline(context.say, context.clock, stopwatch(journal, wave, proposal.stage), most)


def state_of(folder: Folder, number: int, journal: Journal) -> WaveState:
    """Return what a stage of a wave is built from; raise `Stale` if the plan's inputs have changed."""
    plan = guards.true_plan(folder)
    wave = guards.known_wave(plan, number)
    config, people, inventory = folder.config(), folder.workloads(), folder.inventory()
    return WaveState(config, people, plan, wave, inventory, journal)


def forward(
    context: Invocation,
    number: int,
    stage: Part,
    journal: Journal,
    require: Callable[[WaveState], None],
) -> WaveState:
    """Return the wave's state for a command that goes forward, once the command's own requirements hold."""
    state = state_of(context.folder, number, journal)
    require(state)
    now = context.clock.now()
    guards.actable(state, now)
    guards.unblocked(state, stage, now.date())
    return state


@dataclass(frozen=True)
class Outcome:
    """The result of a stage: how many steps were made, how long clients were paused, and the journal's head.

    `parts` is where the time of the pause of writes went.
    """

    acted: int
    pauses: Pauses
    head: str
    parts: Mapping[str, float] = field(default_factory=dict)


def carry(
    context: Invocation,
    number: int,
    stage: StageName,
    build: Callable[[WaveState], Stage],
    require: Callable[[WaveState], None],
    *,
    ahead: bool = False,
) -> Outcome:
    """Carry out a stage after `prepare`.

    With `ahead` all steps are checked before the first is made; only a stage whose steps are known beforehand can.
    """

    def propose(journal: Journal) -> Proposal:
        state = forward(context, number, stage, journal, require)
        steps = preview(build(state))
        return Proposal(
            stage,
            lines=tuple(f"{index:3} {step.describe()}" for index, step in enumerate(steps, 1)),
            question=f"{stage} wave {number}?",
            steps=steps,
            state=state,
            asks=stage != "cutover",
            moving=True,
            closes=f"wave {state.wave.work}",
        )

    with acting(context, f"{stage} {number}", number, propose) as act:
        if ahead:
            act.drive(run(act.proposal.steps, act.sites, act.begun))
        elif act.proposal.state:
            steps = build(act.proposal.state)
            if stage == "cutover":
                at_gate = act.proposal.state.config.policy.ask == "gate"
                steps = asking(
                    steps, context.agree, number, act.begun, act.lines.paused, at_gate=at_gate
                )
            act.drive(walk(steps, act.sites, act.begun))
    parts = parts_of_pause(act.file.journal, number) if stage == "cutover" else {}
    return Outcome(act.acted, act.lines.pauses(), act.head, parts)
