"""kmig apply."""

from enum import StrEnum
from typing import Annotated

import typer

from migrate.cli.session import Session, agree, fresh_plan, require_actable, say, session, stamp
from migrate.documents.plan import Plan, Wave
from migrate.errors import KmigError, Refused, UsageError
from migrate.execute.run import Progress
from migrate.journal.entries import Journal
from migrate.model.words import count


class Form(StrEnum):
    """In which words ACLs are exported."""

    KAFKA_ACLS = "kafka-acls"
    TERRAFORM = "terraform"


def apply(
    context: typer.Context,
    wave: Annotated[int, typer.Argument(metavar="WAVE", help="The wave's number in plan.json.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")] = False,
    export: Annotated[
        Form | None,
        typer.Option(
            "--export", help="Print the wave's ACLs for target's administrators; change nothing."
        ),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="With --export: what the write gate grants, instead.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete ACLs of its principals that no plan has.")
    ] = False,
    at_most: Annotated[
        int, typer.Option(metavar="N", help="With --prune: refuse to delete more than these.")
    ] = 10,
) -> None:
    """Prepare a wave on the target: topics, credentials, DENY then ALLOW, quotas.

    With --prune, delete instead what its principals hold there beyond the plan; the list is shown first.

    Twice is once: what is there already is left alone, and no write is sent for it. Off a terminal and without
    --yes it prints what it would do and stops with exit 4.

    Example: kmig apply 1 --yes

    Example: kmig apply 1 --export kafka-acls

    Example: kmig apply 1 --prune --at-most 3
    """
    here = session(context)
    if export or gate:
        _export(here, wave, export or Form.KAFKA_ACLS, gate=gate)
    elif prune:
        from migrate.cli import prune as pruning

        pruning.prune(here, wave, at_most=at_most, yes=yes)
    else:
        _prepare(here, wave, yes=yes)


def _prepare(here: Session, wave: int, *, yes: bool) -> None:
    """The stage itself."""
    from migrate.execute.journalled import begun, carry_out, require_newest, require_same_target
    from migrate.execute.run import run
    from migrate.wiring.sites import both

    with here.folder.locked(f"apply {wave}"):
        journal = here.folder.open_journal(stamp)
        plan = fresh_plan(here.folder)
        planned = find(plan, wave)
        _require_earlier(plan, planned, journal.journal)
        require_actable(here.folder, plan)
        for step in planned.prepare:
            say(f"  {step.describe()}")
        agree(f"make {count(len(planned.prepare), 'step')} on target?", yes=yes)
        with both(here.folder, here.environ, plan) as opened:
            require_same_target(journal.journal, opened.target_id)
            require_newest(journal.journal, opened.heads)
            fields = {"target": opened.target_id, "wave": wave, "stage": "prepare"}
            journal.append(event="run", command=f"kmig apply {wave}", **fields)
            earlier = begun(journal.journal, wave, "prepare")
            progress = run(planned.prepare, opened.sites, earlier)
            acted = carry_out(progress, journal, wave, "prepare", opened.heads, show)
            writes = opened.target_wire.writes
            absent = opened.sites.target.reader.absent_brokers()
        journal.append(
            event="end",
            command=f"kmig apply {wave}",
            wave=wave,
            stage="prepare",
            detail=f"wave {planned.work}",
        )
    done = f"{count(acted, 'step')} made" if acted else "nothing to do"
    head = journal.journal.head
    if absent:
        say(
            f"not proven on {_brokers(absent)} of target, which is down: "
            "`kmig verify acls` says unknown until it answers"
        )
    here.show(
        f"wave {wave} prepared: {done}; {count(writes, 'write')} sent to target\njournal head {head}",
        {
            "wave": wave,
            "steps_made": acted,
            "writes_sent": writes,
            "not_proven_on": absent,
            "journal_head": head,
        },
    )


def _brokers(ids: tuple[int, ...]) -> str:
    return f"broker {', '.join(map(str, ids))}"


def _export(here: Session, number: int, form: Form, *, gate: bool) -> None:
    """Print ACLs in words that somebody else applies; what has no words there is an error, unless it is borne."""
    from migrate.plan.byoc import express
    from migrate.plan.export import unsaid, unspoken_of
    from migrate.render.kafka_acls import commands, unspeakable
    from migrate.render.terraform import grants

    plan = fresh_plan(here.folder)
    wave = find(plan, number)
    if plan.profile == "automq-byoc":
        raise Refused(
            "on AutoMQ BYOC `kmig plan` has exported them already",
            f"export/wave-{number}-prepare and export/wave-{number}-switch",
        )
    acls = wave.grants if gate else wave.granted
    if form is Form.KAFKA_ACLS:
        unspoken = [(acl, why) for acl in acls if (why := unspeakable(acl))]
        text = "\n".join(commands(acl for acl in acls if not unspeakable(acl)))
    else:
        made = express(acls)
        unspoken = unspoken_of(wave, made.unexpressed)
        text = grants(f"wave_{number}", made.grants)
    if lines := list(unsaid(unspoken, here.folder.workloads().widen)):
        raise KmigError(
            "\n".join([f"{form.value} cannot say all of it: {len(lines)}", *lines]),
            "bear each under `widen` in workloads.yaml with a reason, plan again, or grant it by hand",
        )
    for acl, why in unspoken:
        say(f"not in it, and borne: {acl}: {why}")
    here.show(text, {"wave": number, "form": form.value, "text": text})


def find(plan: Plan, number: int) -> Wave:
    """The wave of that number; `UsageError` names those that there are."""
    wave = plan.wave(number)
    if wave is None:
        known = ", ".join(str(w.number) for w in plan.waves) or "none"
        raise UsageError(f"no wave {number} in plan.json", f"waves: {known}")
    return wave


def show(progress: Progress) -> None:
    """One line per step on standard error, when it has ended."""
    if progress.event not in ("started", "undoing"):
        say(f"  {progress.event:6} {progress.step.describe()}")


def _require_earlier(plan: Plan, wave: Wave, journal: Journal) -> None:
    from migrate.execute.journalled import undoable
    from migrate.journal.progress import prepared

    if undoable(journal, wave.number, "cutover"):
        raise Refused(
            f"wave {wave.number} is being cut over, or was: its preparation is behind it",
            "`kmig status` names the next command",
        )
    ready = {w.number for w in prepared(journal, plan)}
    for earlier in plan.waves:
        if earlier.number < wave.number and earlier.number not in ready:
            raise Refused(
                f"wave {earlier.number} is not prepared: it brings every DENY, before any ALLOW",
                f"run `kmig apply {earlier.number}` first",
            )
