"""`kmig verify access`: what workloads may do, asked here or on their own hosts, and who else may do anything."""

from pathlib import Path

from pydantic import ValidationError

from migrate.checks import access, outsiders
from migrate.checks.acls import granted
from migrate.cli.session import Session
from migrate.cli.sites import Opened
from migrate.cli.verify import Asking
from migrate.documents.journal import Journal
from migrate.documents.plan import Plan, Wave
from migrate.documents.probed import Probed
from migrate.errors import UsageError
from migrate.model.check import Check
from migrate.stages.progress import Standing, standing


def checks(
    here: Session, plan: Plan, waves: tuple[Wave, ...], opened: Opened, given: Asking
) -> list[Check]:
    """One check for each workload of the prepared waves, and one for whoever has no grant."""
    journal, config = here.folder.executed(), here.folder.config()
    people = here.folder.workloads()
    results = {one.workload: one for one in map(_read, given.results)}
    over = frozenset(w.number for w in waves if cut_over(journal, w))
    changed = (e.at for e in journal.entries if e.event in ("done", "undone"))
    elsewhere = access.Elsewhere(results, opened.target_id, max(changed, default=None))
    told = access.gather(plan, waves, people, over, opened.access, elsewhere)
    found = list(access.judge(plan, told, granted(journal), config.target.super_users))
    if waves:
        rules = [side.reader.login_rules() for side in (opened.sites.source, opened.sites.target)]
        found += outsiders.judge_names(plan, waves, people, *rules)
        target = opened.access[1]
        asked = outsiders.for_anybody(waves)
        found.append(outsiders.judge_anonymous(plan, target.anonymous(asked)))
        if given.may_write:
            found.append(outsiders.judge_stranger(plan, target.stranger(asked)))
    return found


def cut_over(journal: Journal, wave: Wave) -> bool:
    """Whether source may be fenced for the wave."""
    return standing(journal, wave, "cutover") not in (Standing.NOTHING, Standing.UNDONE)


def _read(file: Path) -> Probed:
    try:
        return Probed.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the file"
        raise UsageError(
            f"{file} is not what the script of `kmig probe` writes: {where}",
            "run the script again, and keep its standard output as it is",
        ) from None
