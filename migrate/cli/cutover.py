"""kmig cutover."""

from dataclasses import replace
from typing import Annotated

import typer

from migrate.cli.arguments import WaveNumber
from migrate.cli.session import command_context, made, say, session
from migrate.errors import Interrupted, PauseOver, StepFailed, UsageError


def cutover(
    context: typer.Context,
    wave: WaveNumber,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Do not ask for confirmation, not even at the write gate."
        ),
    ] = False,
    stay: Annotated[
        bool,
        typer.Option("--stay", help="Go on however long writes are paused: no `policy.max_pause`."),
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Accept that this question of preflight has no answer."),
    ] = None,
    because: Annotated[str, typer.Option(help="Why that is accepted; kept in the journal.")] = "",
) -> None:
    """Move a wave's clients: stop, fence, drain, translate, commit, prove, start; then open the write gate.

    Until the gate opens, `kmig rollback WAVE` takes everything back, also after consumers have run on the target.
    It asks once preflight has passed, and then stops clients; with `policy.ask: gate` it asks at the gate too.
    If the command was killed or refused, rerun it: it continues where it stopped. Ctrl-C names the command that
    brings stopped clients back soonest. With `policy.max_pause` it goes back by itself where writes are paused for
    longer, as long as the way back is open.

    Example: kmig cutover 1
    """
    from migrate.execute import later
    from migrate.execute.rollback import roll_back
    from migrate.journal.progress import soonest
    from migrate.render.columns import prose

    here = session(context)
    if accept and not because.strip():
        raise UsageError(
            "--accept needs a reason", "say --because REASON: it is kept in the journal"
        )
    typed = command_context(here, yes=yes)
    try:
        done = later.cutover(replace(typed, stays=stay), wave, dict.fromkeys(accept or (), because))
    except PauseOver as error:
        say(f"{error.message}: going back")
        roll_back(command_context(here, yes=True), wave)
        raise StepFailed(
            f"rolled back: {error.message}",
            "its clients run on the source. Find what took so long, then cut over again; with --stay kmig does not "
            "go back by itself",
        ) from error
    except Interrupted:
        if command := soonest(here.folder.journal().journal, wave):
            say(f"clients are stopped: `{command}` brings them back soonest")
        raise
    pauses = done.pauses.model_dump(exclude_none=True)
    said = ", ".join(f"{role} {seconds:.1f} s" for role, seconds in pauses.items()) or "nobody"
    parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in done.parts.items())
    here.show(
        [
            f"wave {wave} cut over: {made(done.acted)}; paused: {said}",
            *(prose(f"writes: {parts}", hang=2) if parts else ()),
            f"journal head {done.head}",
        ],
        {
            "wave": wave,
            "steps_made": done.acted,
            "pause_seconds": pauses,
            "pause_parts": {name: round(seconds, 3) for name, seconds in done.parts.items()},
            "journal_head": done.head,
        },
    )
