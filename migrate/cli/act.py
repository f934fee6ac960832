"""What the stages after `prepare` share: lock, journal, plan, consent, both sites, the executor, a timeline."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from migrate.cli.apply import find
from migrate.cli.session import Session, agree, fresh_plan, require_actable, say, stamp
from migrate.documents.config import Config
from migrate.documents.plan import Plan, StageName, Wave
from migrate.documents.workloads import Workloads
from migrate.errors import Refused, StepFailed
from migrate.execute.run import Progress, Stage, preview, run, walk
from migrate.journal import approval
from migrate.journal.copying import carried
from migrate.journal.entries import Journal
from migrate.journal.pauses import Clock, clock
from migrate.model.words import count
from migrate.stages.move import Move
from migrate.steps import OpenWriteGate


@dataclass(frozen=True)
class Ground:
    """What a stage is built from, read once under the lock."""

    config: Config
    people: Workloads
    plan: Plan
    wave: Wave
    journal: Journal

    def move(self) -> Move:
        """The wave as its cutover sees it: copies as they were before that began."""
        if self.config.replication is None:
            raise Refused(
                "kmig.yaml has no `replication`", "say which Connect cluster runs MirrorMaker 2"
            )
        names = {p.workload for p in self.wave.workloads}
        return Move(
            wave=self.wave,
            workloads=tuple(w for w in self.people.workloads if w.name in names),
            policy=self.config.policy,
            # the migration's own principals are never fenced: a rollback commits through them
            source_acls=tuple(
                a.acl for a in self.plan.accounts if a.acl is not None and a.fate != "internal"
            ),
            copies=carried(self.journal, but_for=self.wave.number),
            copier=self.config.replication.principal,
        )


@dataclass
class Timeline:
    """One line per step on standard error: how long it took, and who stands still for how long since any run."""

    clock: Clock = field(default_factory=Clock)
    number: int = 0
    began: float = field(default_factory=time.monotonic)

    def show(self, progress: Progress) -> None:
        """A step that has begun or ended; the end is shown."""
        now, step = time.monotonic(), progress.step
        self.clock.note(progress.event, step, _now())
        if progress.event in ("started", "undoing"):
            return
        self.number += 1
        # from the line before: what was looked at before a step was announced took time too
        took = f"{now - self.began:5.1f} s" if progress.event != "kept" else "      –"
        self.began = now
        mark = "" if progress.event == "done" else f"{progress.event}: "
        words = "" if progress.event == "kept" else progress.detail
        say(f"{self.number:3} {mark + step.describe():58} {took}  {words}{self._clocks()}".rstrip())

    def tell(self, text: str) -> None:
        """A wait that lasts."""
        say(f"      … {text}{self._clocks()}")

    def _clocks(self) -> str:
        still = self.clock.still()
        now = _now()
        running = [
            f"{name} paused {(now - still[role]).total_seconds():.1f} s"
            for role, name in (("consumers", "consumers"), ("producers", "writes"))
            if role in still
        ]
        return f"  [{', '.join(running)}]" if running else ""


def _now() -> datetime:
    from migrate.adapters.clock import SystemClock

    return SystemClock().now()


def carry(
    here: Session,
    number: int,
    stage: StageName,
    build: Callable[[Ground], Stage],
    require: Callable[[Ground], None],
    *,
    yes: bool,
    ahead: bool = False,
) -> tuple[int, Timeline, str]:
    """Carry a stage of a wave out; returns how many steps were made, the timeline, and the journal's head.

    With `ahead` all steps are looked at before the first is made, which only a stage whose steps are known can.
    """
    from migrate.execute.journalled import begun, carry_out, require_newest, require_same_target
    from migrate.wiring.sites import both

    command = f"kmig {stage} {number}"
    with here.folder.locked(command.removeprefix("kmig ")):
        journal = here.folder.open_journal(stamp)
        ground = ground_of(here, number, journal.journal)
        require(ground)
        require_actable(here.folder, ground.plan)
        for index, step in enumerate(preview(build(ground)), 1):
            say(f"{index:3} {step.describe()}")
        agree(f"{stage} wave {number}?", yes=yes)
        line = Timeline(clock(journal.journal.entries, number, stage))
        with both(here.folder, here.environ, ground.plan, moving=True, tell=line.tell) as opened:
            require_same_target(journal.journal, opened.target_id)
            require_newest(journal.journal, opened.heads)
            fields = {"target": opened.target_id, "wave": number, "stage": stage}
            journal.append(event="run", command=command, **fields)
            earlier = begun(journal.journal, number, stage)
            if ahead:
                progress = run(preview(build(ground)), opened.sites, earlier)
            else:
                progress = walk(_asking(build(ground), yes=yes), opened.sites, earlier)
            acted = carry_out(progress, journal, number, stage, opened.heads, line.show)
        journal.append(
            event="end",
            command=command,
            wave=number,
            stage=stage,
            detail=f"wave {ground.wave.work}",
        )
        return acted, line, journal.journal.head


def ground_of(here: Session, number: int, journal: Journal) -> Ground:
    """What a stage is built from; refused when the plan is stale."""
    plan = fresh_plan(here.folder)
    return Ground(here.folder.config(), here.folder.workloads(), plan, find(plan, number), journal)


def require_done(ground: Ground, stage: StageName, waves: range, why: str) -> None:
    """Refuse unless a stage is done for each of these waves."""
    from migrate.journal.progress import Standing, standing

    for wave in ground.plan.waves:
        if wave.number in waves and standing(ground.journal, wave, stage) is not Standing.DONE:
            command = "apply" if stage == "prepare" else stage
            raise Refused(
                f"stage {stage} of wave {wave.number} is not done: {why}",
                f"run `kmig {command} {wave.number}` first",
            )


def _asking(stage: Stage, *, yes: bool) -> Stage:
    """The same stage, which asks before its point of no return."""
    step = next(stage, None)
    while step is not None:
        if isinstance(step, OpenWriteGate) and not yes:
            try:
                agree("open the write gate? From here on there is no rollback", yes=False)
            except Refused as no:
                raise StepFailed(
                    "stopped before the point of no return: the consumers run on target, writes are paused",
                    "kmig cutover goes on, kmig rollback goes back",
                ) from no
        done = yield step
        try:
            step = stage.send(done)
        except StopIteration:
            return


def require_approved(ground: Ground) -> None:
    """Refuse unless everybody whom the policy names has approved this very wave."""
    approval.require(ground.journal, ground.wave, ground.config.policy.approvals)


def require_date(ground: Ground) -> None:
    """Refuse before the day that a workload of the wave waits for."""
    day = ground.wave.not_before
    if day and _now().date() < day:
        raise Refused(
            f"wave {ground.wave.number} is not to move before {day}",
            "a workload of it says so with `not_before` in workloads.yaml",
        )


def made(acted: int) -> str:
    """In words."""
    return f"{count(acted, 'step')} made" if acted else "nothing to do"
