"""`kmig apply WAVE --prune`: what a wave's principals hold on target beyond the plan is taken away."""

from migrate.cli.apply import find, show
from migrate.cli.session import Session, agree, fresh_plan, require_actable, say, stamp
from migrate.documents.plan import Wave
from migrate.errors import Refused
from migrate.model.words import count


def prune(here: Session, number: int, *, at_most: int, yes: bool) -> None:
    """Show the list, ask, delete by exact filter; `kmig rollback` brings back what was there."""
    from migrate.checks.acls import granted
    from migrate.execute.journalled import begun, carry_out, require_newest, require_same_target
    from migrate.execute.run import run
    from migrate.stages.prune import extras, step
    from migrate.wiring.sites import both

    command = f"kmig apply {number} --prune"
    with here.folder.locked(command.removeprefix("kmig ")):
        journal = here.folder.open_journal(stamp)
        plan = fresh_plan(here.folder)
        wave = find(plan, number)
        require_actable(here.folder, plan)
        _require_prepared(here, wave)
        with both(here.folder, here.environ, plan) as opened:
            require_same_target(journal.journal, opened.target_id)
            require_newest(journal.journal, opened.heads)
            found = extras(plan, wave, opened.sites.target.reader.acls(), granted(journal.journal))
            for acl in found:
                say(f"  delete {acl}")
            if found:
                made = step(found, at_most)
                agree(f"delete {count(len(found), 'ACL')} on target?", yes=yes)
                fields = {"target": opened.target_id, "wave": number, "stage": "prune"}
                journal.append(event="run", command=command, **fields)
                progress = run([made], opened.sites, begun(journal.journal, number, "prune"))
                carry_out(progress, journal, number, "prune", opened.heads, show)
                journal.append(event="end", command=command, wave=number, stage="prune")
    head = journal.journal.head
    done = f"{count(len(found), 'ACL')} deleted" if found else "nothing beyond the plan"
    here.show(
        f"wave {number}: {done}\njournal head {head}",
        {"wave": number, "deleted": [str(acl) for acl in found], "journal_head": head},
    )


def _require_prepared(here: Session, wave: Wave) -> None:
    from migrate.journal.progress import Standing, standing

    if standing(here.folder.executed(), wave, "prepare") is not Standing.DONE:
        raise Refused(
            f"wave {wave.number} is not prepared: what it is to have comes before what it is not",
            f"run `kmig apply {wave.number}` first",
        )
