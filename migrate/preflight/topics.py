"""The topics of a wave: configs that were changed since the plan, and transactions that would not end."""

from collections.abc import Iterator

from migrate.errors import CannotTell, Unsupported
from migrate.model.cluster import Transaction
from migrate.model.record import ActiveProducer
from migrate.model.settings import SETTINGS
from migrate.model.words import count, first_of
from migrate.ports import Sites
from migrate.preflight.asked import Asked, Fault, asked
from migrate.preflight.facts import Ahead

_OF_LATE_MS = 10_000


def ask(sites: Sites, ahead: Ahead) -> Iterator[Asked]:
    """Yield what is to be said of the topics that are copied, and of those whose producers move."""
    same = f"those of {count(len(ahead.configs), 'topic')} are on the source as the plan knows them"
    yield asked("configs are as planned", _changed(sites, ahead), same)
    if ahead.owned:
        yield _transactions(sites, ahead)
        yield _tips(sites, ahead)
        yield _writing(sites, ahead)


def _changed(sites: Sites, ahead: Ahead) -> Iterator[Fault]:
    """Name configs by which the source keeps or takes other records than the target would."""
    now = sites.source.reader.effective(sorted(ahead.configs), [one.key for one in SETTINGS])
    for topic, planned in sorted(ahead.configs.items()):
        told = now.get(topic, {})
        for key in sorted(key for key in planned if told.get(key, planned[key]) != planned[key]):
            yield Fault(
                f"{key} of topic {topic} is {told[key]} on the source now, and the plan knows {planned[key]}",
                f"run `kmig inventory`, `kmig plan` and `kmig apply {ahead.wave}`",
            )


def _transactions(sites: Sites, ahead: Ahead) -> Asked:
    """Name transactions that nobody ends, and those that may stay open longer than the fence waits."""
    before = _open(sites, ahead)
    known = {t.producer_id: t for t in sites.source.reader.transactions() if t.open}
    # what has ended in between is open no more
    still = _open(sites, ahead) if before else ()
    lasting = [p for p in still if p in before]
    hanging = [p for p in lasting if p.producer_id not in known]
    long = {p.producer_id: known[p.producer_id] for p in lasting if p.producer_id in known}
    now = int(sites.clock.now().timestamp() * 1000)
    return Asked(
        "transactions end",
        tuple(
            Fault(
                f"{p}, and no coordinator knows it: it hangs",
                f"abort it on the source: kafka-transactions.sh abort --topic {p.topic} --partition {p.partition} "
                f"--start-offset {p.start}",
            )
            for p in hanging
        ),
        f"{count(len(before), 'transaction')} open on {count(len(ahead.owned), 'topic')} that are fenced",
        tuple(_late(ahead, sorted(long.values(), key=lambda t: t.id), now)),
    )


def _tips(sites: Sites, ahead: Ahead) -> Asked:
    """Ask leaders for their logs' ends as the freeze will: what clients see may end before."""
    name = "leaders tell where their logs end"
    try:
        found = len(sites.source.reader.tips(ahead.owned))
    except Unsupported as error:
        waits = Fault(error.message, "the freeze waits 30 s then, with writes paused")
        return Asked(name, (), "", (waits,))
    except CannotTell as error:
        return Asked(name, (), "", (Fault(error.message, error.hint or "rerun the command"),))
    return Asked(name, (), f"{count(found, 'partition')}, by replica −2")


def _writing(sites: Sites, ahead: Ahead) -> Asked:
    """Count who has written of late, and name whom a transactional id gives away: leaders know no principal.

    A writer that nobody knows loses no record: it is denied by the fence, and stands still.
    """
    name = "writers are known"
    since = int(sites.clock.now().timestamp() * 1000) - _OF_LATE_MS
    wrote = {p.producer_id for p in sites.source.reader.producers(ahead.owned) if p.wrote >= since}
    if not wrote:
        return Asked(name, (), "no producer with idempotence wrote within 10 s")
    mine = {id: client.workload for client in ahead.clients for id in client.ids}
    known = {
        t.producer_id: mine[t.id]
        for t in sites.source.reader.transactions()
        if t.producer_id in wrote and t.id in mine
    }
    who = f": {first_of(sorted(set(known.values())), 3)}" if known else ""
    said = f"{count(len(wrote), 'producer id')} wrote within 10 s, {len(known)} attributed{who}"
    if len(known) == len(wrote):
        return Asked(name, (), said)
    unknown = Fault(
        said, "look for other writers in the authorizer's log: the fence will stop them too"
    )
    return Asked(name, (), "", (unknown,))


def _open(sites: Sites, ahead: Ahead) -> tuple[ActiveProducer, ...]:
    return tuple(p for p in sites.source.reader.producers(ahead.owned) if p.open)


def _late(ahead: Ahead, known: list[Transaction], now: int) -> Iterator[Fault]:
    for one in known:
        if one.started_ms is None or one.timeout_ms is None:
            continue
        age = (now - one.started_ms) / 1000
        left = one.timeout_ms / 1000 - age
        if left > ahead.patience:
            yield Fault(
                f"transactional id {one.id} has had a transaction open for {age:.0f} s, and its time-out comes in "
                f"{left:.0f} s: the fence waits {ahead.patience:.0f} s",
                "let its producer end it before the cutover, or raise `policy.transaction_seconds`",
            )
