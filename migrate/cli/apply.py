"""kmig apply."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import Session, command_context, made, say, session
from migrate.errors import KmigError, Refused
from migrate.model.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.model.acl import Acl

_MOST = 10
"""So many ACLs that are not exported are named; an export of thousands would bury its other output."""


class Form(StrEnum):
    """The tool whose syntax an export is in."""

    KAFKA_ACLS = "kafka-acls"
    TERRAFORM = "terraform"


def apply(
    context: typer.Context,
    wave: WaveNumber,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    export: Annotated[
        Form | None,
        typer.Option(
            "--export", help="Print the wave's ACLs for another tool to apply; change nothing."
        ),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="With --export: only what the write gate grants.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", help="Delete ACLs of the wave's principals that are not in the plan."
        ),
    ] = False,
    at_most: Annotated[
        int,
        typer.Option(metavar="N", help="With --prune: refuse to delete more than this many ACLs."),
    ] = 10,
) -> None:
    """Prepare a wave on the target: topics, credentials, DENY then ALLOW, quotas.

    Running it again changes nothing: what exists as planned is left alone, and no write is sent for it.
    Without a terminal and without --yes it prints what it would do and stops with exit 4.

    With --prune it deletes the ACLs of the wave's principals that are not in the plan; the list is shown first.

    Example: kmig apply 1 --yes

    Example: kmig apply 1 --export kafka-acls

    Example: kmig apply 1 --prune --at-most 3
    """
    here = session(context)
    if export or gate:
        _export(here, wave, export or Form.KAFKA_ACLS, gate=gate)
    elif prune:
        _prune(here, wave, at_most=at_most, yes=yes)
    else:
        _prepare(here, wave, yes=yes)


def _prepare(here: Session, wave: int, *, yes: bool) -> None:
    from migrate.execute.prepare import prepare

    done = prepare(command_context(here, yes=yes), wave)
    if done.absent:
        down = f"broker {', '.join(map(str, done.absent))}"
        say(
            f"not proven on {down} of the target, which is down: "
            "`kmig verify acls` says unknown until it answers"
        )
    here.show(
        [
            f"wave {wave} prepared: {made(done.acted)}; {count(done.writes, 'write')} sent to the target",
            f"journal head {done.head}",
        ],
        {
            "wave": wave,
            "steps_made": done.acted,
            "writes_sent": done.writes,
            "not_proven_on": done.absent,
            "journal_head": done.head,
        },
    )


def _prune(here: Session, wave: int, *, at_most: int, yes: bool) -> None:
    from migrate.execute.prune import prune

    pruned = prune(command_context(here, yes=yes), wave, at_most=at_most)
    found = pruned.deleted
    done = f"{count(len(found), 'ACL')} deleted" if found else "no ACL beyond the plan"
    here.show(
        [f"wave {wave}: {done}", f"journal head {pruned.head}"],
        {"wave": wave, "deleted": [str(acl) for acl in found], "journal_head": pruned.head},
    )


def _export(here: Session, number: int, form: Form, *, gate: bool) -> None:
    """Print ACLs for another tool; an ACL it cannot express is an error unless `widen` accepts it."""
    from migrate.execute import guards
    from migrate.plan.byoc import express
    from migrate.plan.export import inexpressible_acls, not_accepted
    from migrate.render.kafka_acls import commands, why_inexpressible
    from migrate.render.terraform import grants

    plan = guards.true_plan(here.folder)
    wave = guards.known_wave(plan, number)
    if plan.profile == "automq-byoc":
        raise Refused(
            "on AutoMQ BYOC the ACLs are exported by `kmig plan`",
            f"apply export/wave-{number}-prepare and export/wave-{number}-switch",
        )
    acls = wave.grants if gate else wave.granted
    if form is Form.KAFKA_ACLS:
        unspoken = [(acl, why) for acl in acls if (why := why_inexpressible(acl))]
        text = "\n".join(commands(acl for acl in acls if not why_inexpressible(acl)))
    else:
        made = express(acls)
        unspoken = inexpressible_acls(wave, made.unexpressed)
        text = grants(f"wave_{number}", made.grants)
    if lines := list(not_accepted(unspoken, here.folder.workloads().widen)):
        raise KmigError(
            [f"{form.value} cannot express {count(len(lines), 'ACL')} of the wave", *lines],
            "accept each under `widen` in workloads.yaml and run `kmig plan`, or grant it by hand",
        )
    _say_left_out(unspoken)
    left_out = [{"acl": str(acl), "because": why} for acl, why in unspoken]
    document = {"wave": number, "form": form.value, "text": text, "not_exported": left_out}
    here.show(text.split("\n"), document)


def _say_left_out(inexpressible: "Sequence[tuple[Acl, str]]") -> None:
    """Warn of each ACL that is not exported: of the first ten, and how many more there are."""
    for acl, why in inexpressible[:_MOST]:
        say(f"warning: not exported, accepted under `widen`: {acl}: {why}")
    if (more := len(inexpressible) - _MOST) > 0:
        say(f"warning: not exported either: {count(more, 'more ACL')}; -o json lists all of them")
