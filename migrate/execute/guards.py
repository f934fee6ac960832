"""The guards: conditions that must hold before kmig acts. `act` asks most of every command, the last three by some.

Each is a function that raises, so that a traceback, a test and the troubleshooting page name the same thing.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from typing import Protocol, TypeVar

from migrate.documents.config import Config
from migrate.documents.plan import Plan, StageName, Wave
from migrate.errors import Refused, Stale, UsageError
from migrate.estate import Estate
from migrate.execute.blocked import require_unblocked
from migrate.execute.wave_state import WaveState
from migrate.folder import Folder
from migrate.journal import approval
from migrate.journal.entry import Entry
from migrate.journal.file import JournalFile
from migrate.journal.progress import Status, status_of
from migrate.journal.standing import Journal, Part, begun, targets
from migrate.model import automq
from migrate.model.words import count, first_of
from migrate.plan.inputs import changed
from migrate.ports import ClusterFacts, HeadStore, Sites
from migrate.steps import OpenWriteGate
from migrate.steps.source_rights import refuse_denied

_DAY = 24 * 60 * 60


class OpenSites(Protocol):
    """Both sites, open, and the place on the target where the journal's head is recorded."""

    @property
    def sites(self) -> Sites:
        """Return both sites, as steps see them."""

    @property
    def heads(self) -> HeadStore:
        """The topic on the target that keeps the journal's head."""

    def writes(self) -> int:
        """Return how many writes were sent to the target."""


_Sides = TypeVar("_Sides", bound=OpenSites, covariant=True)


class SiteOpener(Protocol[_Sides]):
    """How both sites are opened: with `moving` also what a cutover changes; `tell` prints what is waited for."""

    def __call__(
        self, *, moving: bool, tell: Callable[[str], None]
    ) -> AbstractContextManager[_Sides]:
        """Open both sites, and judge nothing."""


def lock(folder: Folder, typed: str) -> AbstractContextManager[None]:
    """Lock the directory; raise `Refused` while another kmig holds it."""
    return folder.locked(typed)


def whole_journal(folder: Folder, stamp: Callable[[Entry], Entry]) -> JournalFile:
    """Return the journal, open for appending; raise `Broken` if its chain is broken."""
    return folder.open_journal(stamp)


def true_plan(folder: Folder) -> Plan:
    """Return the plan; raise `Stale` naming the inputs that have changed since it was made."""
    plan = folder.plan()
    names = changed(plan, folder.config(), folder.workloads(), folder.inventory())
    if names:
        raise Stale(
            f"plan.json is out of date: since it was made, {' and '.join(names)} changed",
            "run `kmig plan` and read what changed",
        )
    return plan


def known_wave(plan: Plan, number: int) -> Wave:
    """Return the wave of that number; raise `UsageError` naming the waves that exist."""
    wave = plan.wave(number)
    if wave is None:
        known = first_of([str(w.number) for w in plan.waves], 20) or "none"
        raise UsageError(
            f"no wave {number} in plan.json", f"name one of the waves of the plan: {known}"
        )
    return wave


def actable(state: WaveState, now: datetime) -> None:
    """Refuse to act on an inventory that is too old, and on a target that only its administrators may change."""
    taken, days = state.inventory.taken_at, state.config.policy.inventory_days
    age = now - taken
    if age.total_seconds() > days * _DAY:
        raise Stale(
            f"inventory.json is {age.days} days old ({taken:%Y-%m-%d %H:%M} UTC), "
            f"`policy.inventory_days` allows {days:g}",
            "run `kmig inventory`, then `kmig plan`, and read what changed",
        )
    if state.plan.profile == "automq-byoc":
        raise Refused(
            "kmig changes nothing on a target with profile automq-byoc: its administrators do",
            "give them the folder `export`, and follow runbook.md",
        )


def unblocked(state: WaveState, stage: Part, today: date) -> None:
    """Refuse to begin a stage of a wave with blocking findings; what stands beside the stages is not blocked."""
    if stage == "drill" or stage == "prune" or stage == "settle":
        return
    estate = Estate(state.config, state.inventory, state.people)
    require_unblocked(estate, state.journal, state.wave, stage, today)


def consent(agree: Callable[[str], None], question: str) -> None:
    """Ask for consent to what was printed; raise `Refused` without it."""
    agree(question)


@contextmanager
def both_sites(
    opening: SiteOpener[_Sides],
    config: Config,
    plan: Plan | None,
    *,
    moving: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[_Sides]:
    """Open both sites; refuse one cluster as both, a source that is not the plan's, a target of another profile."""
    with opening(moving=moving, tell=tell) as opened:
        _as_declared(two_clusters(opened.sites, plan), config.target.profile)
        yield opened


def two_clusters(sites: Sites, plan: Plan | None) -> ClusterFacts:
    """Return the target's facts; refuse one cluster as both sites, and a source that the plan was not made for."""
    source = sites.source.reader.describe().cluster_id
    facts = sites.target.reader.describe()
    if source == facts.cluster_id:
        raise Refused(
            f"source and target are the same cluster: {source}",
            "correct bootstrap_servers in kmig.yaml",
        )
    if plan is not None and plan.source_cluster != source:
        raise Stale(
            f"the source is cluster {source}, but the plan was made for cluster {plan.source_cluster}",
            "correct source.bootstrap_servers in kmig.yaml, or run `kmig inventory` and `kmig plan`",
        )
    return facts


def _as_declared(facts: ClusterFacts, profile: str) -> None:
    """Refuse a target whose platform is not the declared one: the plan was made for the declared one."""
    signs = list(automq.signs(facts.apis, facts.features, {}))
    if contradiction := automq.contradiction(profile, signs):
        raise Refused(
            f"target.profile does not match the target: {contradiction}",
            "correct target.profile in kmig.yaml, run `kmig plan` and read what changed",
        )


def same_target(journal: Journal, cluster_id: str) -> None:
    """Refuse a target that is not the journal's: the changes that it lists were made there."""
    if others := sorted(targets(journal) - {cluster_id}):
        raise Refused(
            f"the target is cluster {cluster_id}, but the journal is about cluster {others[0]}",
            "correct target.bootstrap_servers in kmig.yaml, or begin another migration in its own directory",
        )


def newest_head(journal: Journal, heads: HeadStore) -> None:
    """Refuse to act from a copy of the directory whose journal lacks entries of another copy."""
    newest = heads.recorded()
    if newest and newest.entries and journal.hash_of(newest.entries) != newest.hash:
        raise Refused(
            f"journal.jsonl lacks entries: the target recorded {count(newest.entries, 'entry', 'entries')}, "
            f"the last {newest.hash[:12]}…, which is not in this directory",
            "use the copy of the directory that acted last, or bring its journal.jsonl here",
        )


def source_allows(sites: Sites, state: WaveState, stage: Part) -> None:
    """Refuse to grant, or to start clients with, rights that the source denies now, or users deleted there.

    A cutover that is done, or whose write gate was begun, is not checked: its clients belong to the target, and the
    source may be cleaned up. The write gate checks for itself.
    """
    wave = state.wave
    if stage == "prepare":
        hint = "run `kmig inventory`, then `kmig plan`, and read what changed"
        granted = wave.granted
    elif stage == "cutover" and not _moved(state):
        hint = (
            "restore the right on the source and rerun the command; "
            f"or run kmig rollback {wave.number}, kmig inventory and kmig plan, and read what changed"
        )
        granted = (*wave.granted, *wave.grants)
    else:
        return
    refuse_denied(sites, state.view(), granted, hint)
    _users_exist(sites, wave, hint)


def _moved(state: WaveState) -> bool:
    """Return whether the cutover of the wave is done, or its write gate was begun."""
    if OpenWriteGate.KEY in begun(state.journal, state.wave.number, "cutover"):
        return True
    return status_of(state.journal, state.wave, "cutover") is Status.DONE


def _users_exist(sites: Sites, wave: Wave, hint: str) -> None:
    """Refuse a credential for a user without any SCRAM credential on the source."""
    users = wave.carried_users
    if not users:
        return
    gone = sorted(users - {c.user for c in sites.source.reader.scram_credentials()})
    if gone:
        names = first_of([f"User:{user}" for user in gone], 5)
        raise Refused(f"SCRAM credentials were deleted on the source: {names}", hint)


def done(state: WaveState, stage: StageName, waves: Iterable[int], why: str) -> None:
    """Refuse unless the stage is done for each of these waves; `why` says what depends on it."""
    wanted = set(waves)
    for wave in state.plan.waves:
        late = wave.number in wanted and status_of(state.journal, wave, stage) is not Status.DONE
        if late:
            command = "apply" if stage == "prepare" else stage
            raise Refused(
                f"stage {stage} of wave {wave.number} is not done: {why}",
                f"run `kmig {command} {wave.number}` first",
            )


def approved(state: WaveState) -> None:
    """Refuse unless every role in `policy.approvals` has approved the wave as it is now."""
    approval.require(state.journal, state.wave, state.config.policy.approvals)


def its_day(state: WaveState, today: date) -> None:
    """Refuse before the `not_before` day of any workload of the wave."""
    day = state.wave.not_before
    if day and today < day:
        raise Refused(
            f"wave {state.wave.number} must not move before {day}",
            f"wait until {day}, or change `not_before` of its workload in workloads.yaml and run `kmig plan`",
        )
