"""`kmig verify access`: what workloads may do, asked here or on their own hosts, and who else may do anything."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from migrate.checks import access, outsiders, workload_access
from migrate.cli.session import Session
from migrate.documents.plan import Plan, Wave
from migrate.documents.probed import Probed
from migrate.errors import KmigError, UsageError
from migrate.journal.progress import Status, status_of
from migrate.journal.standing import Journal, granted, last_change
from migrate.model.check import Check, Verdict

if TYPE_CHECKING:
    from migrate.cli.world import OpenWorld


@dataclass(frozen=True)
class Asking:
    """Results from other hosts, and whether a user may be made for a moment."""

    results: tuple[Path, ...]
    may_write: bool


def checks(
    here: Session, plan: Plan, waves: tuple[Wave, ...], opened: "OpenWorld", given: Asking
) -> list[Check]:
    """Return a check for each workload of the prepared waves, and one for users without grants."""
    journal, config = here.folder.executed(), here.folder.config()
    people = here.folder.workloads()
    results = _results(given.results, {w.name for w in people.workloads})
    over = frozenset(w.number for w in waves if cut_over(journal, w))
    both = (opened.sites.source, opened.sites.target)
    source_id, target_id = (side.reader.describe().cluster_id for side in both)
    scripted = workload_access.ScriptResults(results, source_id, target_id, last_change(journal))
    rights = workload_access.gather(plan, waves, people, over, opened.access, scripted)
    found = list(access.judge(plan, rights, granted(journal), config.target.super_users))
    if waves:
        rules = [side.reader.login_rules() for side in both]
        found += outsiders.judge_names(plan, waves, people, *rules)
        target = opened.access[1]
        asked = outsiders.for_anybody(waves)
        found.append(
            _or_unknown(
                outsiders.ANONYMOUS,
                lambda: outsiders.judge_anonymous(plan, target.anonymous(asked)),
            )
        )
        if given.may_write:
            found.append(
                _or_unknown(
                    outsiders.A_STRANGER,
                    lambda: outsiders.judge_stranger(plan, target.stranger(asked)),
                )
            )
    return found


def _or_unknown(name: str, ask: Callable[[], Check]) -> Check:
    """Return the check, or `unknown` where it could not be asked: the report keeps its other answers."""
    try:
        return ask()
    except KmigError as error:
        return Check(name=name, verdict=Verdict.UNKNOWN, evidence=(error.message,))


def _results(files: Iterable[Path], known: set[str]) -> dict[str, Probed]:
    """Return each result by its workload; refuse a second one, and one of an unknown workload."""
    found: dict[str, Probed] = {}
    for file in files:
        one = _read(file)
        if one.workload in found or one.workload not in known:
            why = (
                "has a second result in these files"
                if one.workload in found
                else "is not in workloads.yaml"
            )
            raise UsageError(
                f"result {file}: workload {one.workload} {why}", "pass one result a workload"
            )
        found[one.workload] = one
    return found


def cut_over(journal: Journal, wave: Wave) -> bool:
    """Whether the cutover was begun, so that the source may be fenced for the wave."""
    return status_of(journal, wave, "cutover") not in (Status.NOTHING, Status.UNDONE)


def _read(file: Path) -> Probed:
    try:
        return Probed.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read result {file}: {error.strerror}") from error
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the file"
        raise UsageError(
            f"{file} is not a result of the access script: {where} is wrong",
            "rerun the script of `kmig probe` and keep its standard output unchanged",
        ) from None
