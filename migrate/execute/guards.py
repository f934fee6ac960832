"""What must hold before kmig acts. `act` asks most of every command; the last three are a command's own."""

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
from migrate.plan.inputs import inputs
from migrate.ports import ClusterFacts, HeadStore, Sites
from migrate.steps import CreateCredential, OpenWriteGate
from migrate.steps.source_rights import refuse_denied

_DAY = 24 * 60 * 60


class Opened(Protocol):
    """Both sides, open, and where the journal's head is recorded."""

    @property
    def sites(self) -> Sites:
        """Both sides as steps see them."""

    @property
    def heads(self) -> HeadStore:
        """Where the target keeps the journal's head."""

    def writes(self) -> int:
        """How many writes were sent to the target."""


_Sides = TypeVar("_Sides", bound=Opened, covariant=True)


class Opening(Protocol[_Sides]):
    """How both sides are opened: with `moving` also what a cutover may touch; `tell` hears of waits that last."""

    def __call__(
        self, *, moving: bool, tell: Callable[[str], None]
    ) -> AbstractContextManager[_Sides]:
        """Open them; nothing is judged here."""


def lock(folder: Folder, typed: str) -> AbstractContextManager[None]:
    """Hold the directory; `Refused` while another kmig does."""
    return folder.locked(typed)


def whole_journal(folder: Folder, stamp: Callable[[Entry], Entry]) -> JournalFile:
    """Return the journal, open for appending; `Broken` where its chain does not hold."""
    return folder.open_journal(stamp)


def true_plan(folder: Folder) -> Plan:
    """Return the plan, if what it was made from is still what the directory holds; `Stale` names what changed."""
    plan = folder.plan()
    now = inputs(folder.config(), folder.workloads(), folder.inventory())
    changed = sorted(name for name, was in plan.inputs.items() if now.get(name) != was)
    if changed:
        raise Stale(
            f"plan.json was made from another {', another '.join(changed)}",
            "run `kmig plan` again and read what changed",
        )
    return plan


def known_wave(plan: Plan, number: int) -> Wave:
    """Return the wave of that number; `UsageError` names those that exist."""
    wave = plan.wave(number)
    if wave is None:
        known = first_of([str(w.number) for w in plan.waves], 20) or "none"
        raise UsageError(f"no wave {number} in plan.json", f"waves: {known}")
    return wave


def actable(state: WaveState, now: datetime) -> None:
    """Refuse to act on an inventory that is too old, and on a target that is not kmig's to change."""
    taken, days = state.inventory.taken_at, state.config.policy.inventory_days
    age = now - taken
    if age.total_seconds() > days * _DAY:
        raise Stale(
            f"inventory.json is of {taken:%Y-%m-%d %H:%M} UTC, {age.days} days old; "
            f"the policy allows {days:g}",
            "kmig inventory, then kmig plan, and read what changed",
        )
    if state.plan.profile == "automq-byoc":
        raise Refused(
            "on AutoMQ BYOC kmig changes nothing: its administrators do",
            "give them the folder `export`; runbook.md says in which order",
        )


def unblocked(state: WaveState, stage: Part, today: date) -> None:
    """Refuse to begin a stage of a wave that a finding blocks; what is done beside the stages waits for none."""
    if stage == "drill" or stage == "prune":
        return
    estate = Estate(state.config, state.inventory, state.people)
    require_unblocked(estate, state.journal, state.wave, stage, today)


def consent(agree: Callable[[str], None], question: str) -> None:
    """Go on only with consent to what was listed; `Refused` otherwise."""
    agree(question)


@contextmanager
def both_sites(
    opening: Opening[_Sides],
    config: Config,
    plan: Plan | None,
    *,
    moving: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[_Sides]:
    """Open source and target; refuse one cluster on both sides, another source than the plan's, another profile."""
    with opening(moving=moving, tell=tell) as opened:
        _as_declared(two_clusters(opened.sites, plan), config.target.profile)
        yield opened


def two_clusters(sites: Sites, plan: Plan | None) -> ClusterFacts:
    """Return the target's facts; refuse a source that is the target too, and one that the plan was not made for."""
    source = sites.source.reader.describe().cluster_id
    facts = sites.target.reader.describe()
    if source == facts.cluster_id:
        raise Refused(
            f"source and target are the same cluster: {source}",
            "correct bootstrap_servers in kmig.yaml",
        )
    if plan is not None and plan.source_cluster != source:
        raise Stale(
            f"source is cluster {source}; the plan was made for {plan.source_cluster}",
            "take the inventory again and plan anew",
        )
    return facts


def _as_declared(facts: ClusterFacts, profile: str) -> None:
    """Refuse a target that is not what it is declared to be: everything planned for it would be for another."""
    seen = list(automq.signs(facts.apis, facts.features, {}))
    if wrong := automq.contradiction(profile, seen):
        raise Refused(
            wrong, "correct target.profile in kmig.yaml, plan again and read what changed"
        )


def same_target(journal: Journal, cluster_id: str) -> None:
    """Refuse to act on another target than the journal is about: what it says was made was made there."""
    if others := sorted(targets(journal) - {cluster_id}):
        raise Refused(
            f"target is cluster {cluster_id}; the journal is about {others[0]}",
            "correct kmig.yaml, or begin another migration in a directory of its own",
        )


def newest_head(journal: Journal, heads: HeadStore) -> None:
    """Refuse to act from a copy of the directory that lacks what another one has done."""
    newest = heads.recorded()
    if newest and newest.entries and journal.hash_of(newest.entries) != newest.hash:
        raise Refused(
            f"target has seen {count(newest.entries, 'entry', 'entries')} of this migration's journal, "
            f"the last of them {newest.hash[:12]}…, which is not in this directory",
            "another copy of the directory acted since: go on there, or bring its journal here",
        )


def source_allows(sites: Sites, state: WaveState, stage: Part) -> None:
    """Refuse to grant, or to start clients on, what the source denies now, and users that it has deleted.

    A cutover whose write gate was begun, or that is done, is not asked: its clients are at home on the target, and
    the source may be cleaned up. The gate asks for itself.
    """
    wave = state.wave
    if stage == "prepare":
        hint = "kmig inventory, then kmig plan, and read what changed"
        granted = wave.granted
    elif stage == "cutover" and not _at_home(state):
        hint = (
            "restore the right on the source and run the same command again, "
            f"or kmig rollback {wave.number}, kmig inventory, kmig plan, and read what changed"
        )
        granted = (*wave.granted, *wave.grants)
    else:
        return
    refuse_denied(sites, state.view(), granted, hint)
    _users_exist(sites, wave, hint)


def _at_home(state: WaveState) -> bool:
    """Whether the clients of the wave have moved, or its write gate was begun."""
    if OpenWriteGate.KEY in begun(state.journal, state.wave.number, "cutover"):
        return True
    return status_of(state.journal, state.wave, "cutover") is Status.DONE


def _users_exist(sites: Sites, wave: Wave, hint: str) -> None:
    """Refuse a credential for a user that has none on the source any more, whatever its mechanism."""
    users = {step.source_user for step in wave.prepare if isinstance(step, CreateCredential)}
    if not users:
        return
    gone = sorted(users - {c.user for c in sites.source.reader.scram_credentials()})
    if gone:
        names = first_of([f"User:{user}" for user in gone], 5)
        raise Refused(f"the source has no SCRAM credential any more of {names}", hint)


def done(state: WaveState, stage: StageName, waves: Iterable[int], why: str) -> None:
    """Refuse unless a stage is done for each of these waves."""
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
    """Refuse unless everybody whom the policy names has approved this very wave."""
    approval.require(state.journal, state.wave, state.config.policy.approvals)


def its_day(state: WaveState, today: date) -> None:
    """Refuse before the day that a workload of the wave waits for."""
    day = state.wave.not_before
    if day and today < day:
        raise Refused(
            f"wave {state.wave.number} is not to move before {day}",
            "a workload of it says so with `not_before` in workloads.yaml",
        )
