"""Promises about records: none lost or skipped, each duplicate counted, one writer at a time."""

from collections import Counter
from collections.abc import Iterator

from migrate.rehearse.worlds.clients import Client
from migrate.rehearse.worlds.facts import Written
from migrate.rehearse.worlds.groups import EXPIRED, FORGOTTEN
from migrate.rehearse.worlds.judges import stories
from migrate.rehearse.worlds.judges.ledger import KMIG, Ledger
from migrate.rehearse.worlds.judges.said import excused, said, taken_off, told_apart, told_twice
from migrate.rehearse.worlds.judges.verdict import Broken
from migrate.rehearse.worlds.play import Played
from migrate.rehearse.worlds.programs import Processed, Reset
from migrate.rehearse.worlds.timeline import HOUR, MINUTE

_OTHER = {"source": "target", "target": "source"}
_PATIENCE = 2 * HOUR
"""A record that stood so long on the source would have been read there by a client that keeps up."""


def lost(played: Played) -> Iterator[Broken]:
    """Yield the groups that never get a record which they would have got on the source."""
    ledger = Ledger(played)
    for group, client in ledger.groups.items():
        if client.process is None or not client.process.connected:
            continue
        missing = [one for one in ledger.originals.values() if _missing(ledger, group, client, one)]
        for topic in sorted({one.place[0] for one in missing}):
            if said(played, topic) or said(played, group):
                continue
            some = [one for one in missing if one.place[0] == topic]
            why = stories.missing(ledger, client, some[0])
            if why in stories.COMPACTED:
                continue  # on the source too its reader might have come too late
            yield Broken(
                "a record is lost or skipped",
                f"{group} {topic}",
                f"group {group} never gets {len(some)} records of {topic}, such as record "
                f"{some[0].content.number}: {why}",
            )


def _missing(ledger: Ledger, group: str, client: Client, one: Written) -> bool:
    """Whether a record was due to a group and is not, and will not be, processed."""
    world, spec = ledger.played.world, client.spec
    topic, _ = one.place
    if topic not in spec.reads or not ledger.settled(one) or one.content.number in world.lost:
        return False
    if one.content.number in ledger.processed[group] or one.at > world.timeline.now - HOUR:
        return False
    if (
        ledger.began_behind(group, one)
        or _unplaced(ledger, group, one)
        or _passed_over(ledger, group, one)
        or _written_behind(ledger, group, one)
    ):
        return False
    if one.content.number in ledger.cut_off[group]:
        return True
    left = world.shadows.left_at(one.content.number, world.timeline.now)
    own = left is not None and _unread_on_source(client, max(one.at, 0.0), left)
    if own or (left is not None and _let_run(ledger, client, one)):
        return False
    return not (_ahead(client, one, ledger) or _waits(ledger, one))


def _waits(ledger: Ledger, one: Written) -> bool:
    """Whether the record waits on the source for a copy, in a migration that stands still: it is not lost yet."""
    now = ledger.played.world.timeline.now
    return (
        not ledger.played.finished
        and ledger.stood(one, now)
        and one.side == "source"
        and not ledger.stands.get(("target", one.content.number))
    )


def _unread_on_source(client: Client, at: float, left: float) -> bool:
    """Whether a client might have missed a record on the source as well, which stood there from a time to another."""
    return _slow(client) or left - at < _PATIENCE or client.idle_by_owner(at, left)


def _slow(client: Client) -> bool:
    return client.spec.naps > 10 * MINUTE or client.spec.begins != 0


def _let_run(ledger: Ledger, client: Client, one: Written) -> bool:
    """Whether a record left the source before a client came to it there that kmig has neither stopped nor fenced."""
    login = client.processes[0].login
    stayed = len(client.processes) == 1 and login is not None and login.side == "source"
    user = f"User:{client.spec.user or client.spec.name}"
    return stayed and one.side == "source" and user not in ledger.fenced


def _unplaced(ledger: Ledger, group: str, one: Written) -> bool:
    """Whether the group had no commit there on the source: where it goes on is its policy's."""
    known = ledger.commits.get(("source", group, one.place), [])
    return not any(offset is not None for _, offset, by in known if by != "User:kmig")


def _passed_over(ledger: Ledger, group: str, one: Written) -> bool:
    """Whether the group itself went on behind the record, as its auto.offset.reset says: on the source it had to."""
    return any(
        _skips(reset, stand)
        for reset in ledger.resets.get((group, one.place), ())
        for stand in ledger.stands.get((reset.side, one.content.number), ())
    )


def _written_behind(ledger: Ledger, group: str, one: Written) -> bool:
    """Whether the group had committed beyond the record before it was written, since the log was cut back there."""
    known = ledger.commits.get(("source", group, one.place), [])
    at, offset, by = next((c for c in reversed(known) if c[2] != EXPIRED), (0.0, None, ""))
    own = by not in ("User:kmig", "before", FORGOTTEN)
    return (
        own and offset is not None and one.side == "source" and at < one.at and one.offset < offset
    )


def _skips(reset: Reset, stand: Written) -> bool:
    """Whether a reset went from before a record to behind it; one from beyond the log's end was before all of it."""
    before = reset.before <= stand.offset or reset.before > reset.after
    return before and stand.offset < reset.after and stand.at <= reset.at


def _ahead(client: Client, one: Written, ledger: Ledger) -> bool:
    """Whether the record still lies before the client: it is slow, and will come to it."""
    process = client.process
    if process is None or process.login is None:
        return False
    side = process.login.side
    position = process.positions.get(one.place)
    for stand in ledger.stands.get((side, one.content.number), []):
        topic = ledger.played.world.clusters[side].topics.get(one.place[0])
        if topic is None or topic.id != stand.topic_id or position is None:
            continue
        log = ledger.played.world.clusters[side].log(*one.place)
        if stand.offset >= max(position, log.start):
            return _slow(client) or _reads_on(client, ledger)
    return False


def _reads_on(client: Client, ledger: Ledger) -> bool:
    """Whether a client that takes a few records at a time has just taken some."""
    now, spec = ledger.played.world.timeline.now, client.spec
    last = ledger.last_processed.get(spec.group or spec.name, float("-inf"))
    return spec.naps > 0 and now - last <= 2 * spec.naps


def twice(played: Played) -> Iterator[Broken]:
    """Yield the groups that process a record again although it was committed, or kmig said `quiet`."""
    ledger = Ledger(played)
    for group, by_number in ledger.processed.items():
        doubled = Counter[tuple[str, str]]()
        for times in by_number.values():
            # what somebody reads who tries a client on the target, before its group is there, is his own
            own = [one for one in times if one.client not in ledger.trials]
            again = next((one for one in own[1:] if _in_vain(ledger, own[0], one)), None)
            if again is not None:
                first = own[0]
                doubled[first.place[0], stories.again(ledger, first, again)] += 1
        for (topic, why), count in sorted(doubled.items()):
            counted = excused(played, group) or said(played, group, "read again", "twice")
            counted = counted or told_twice(played, group, topic) or taken_off(played, group)
            if not (counted or told_apart(played, group, topic)):
                yield Broken(
                    "a duplicate is not counted",
                    f"{group} {topic}",
                    f"group {group} processes {count} records of {topic} again, and nobody says so: {why}",
                )


def _in_vain(ledger: Ledger, first: Processed, again: Processed) -> bool:
    """Whether a record is processed again by what kmig did, not by its client's own manner."""
    group, side = first.group, first.side
    committed = _committed(ledger, first, again)
    if again.side != side:
        return committed or _while_quiet(ledger, group, first.at, side)
    if again.offset != first.offset and len(ledger.stands[side, first.number]) > 1:
        return committed
    return ledger.expired_by_stop(side, group, first.place, again.at)


def _committed(ledger: Ledger, first: Processed, again: Processed) -> bool:
    """Whether the group's client had committed the record, though the target forgot it before the group was back."""
    known = ledger.commits.get((first.side, first.group, first.place), [])
    back = (first.side, again.side) == ("target", "source")
    passed = {KMIG, EXPIRED} if back else {KMIG}
    own = [offset for at, offset, by in known if at <= again.at and by not in passed]
    return bool(own) and own[-1] is not None and first.offset < own[-1]


def _while_quiet(ledger: Ledger, group: str, at: float, side: str) -> bool:
    """Whether kmig had found the group quiet by then, and placed it on the other side: on which it did so last."""
    placed = max(
        (
            (when, where if offset is not None else _OTHER[where])
            for (where, name, _), commits in ledger.commits.items()
            if name == group
            for when, offset, by in commits
            if by == KMIG and when < at
        ),
        default=(0.0, side),
    )
    return placed[1] != side


def two_writers(played: Played) -> Iterator[Broken]:
    """Yield the topics to which a client wrote on the source after one wrote on the target."""
    first: dict[str, float] = {}
    for one in Ledger(played).originals.values():
        topic = one.place[0]
        if one.principal == "User:admin":
            continue
        if one.side == "target":
            first.setdefault(topic, one.at)
        elif topic in first and one.at > first[topic] and not said(played, topic):
            yield Broken(
                "two writers at a time",
                topic,
                f"{one.principal} writes to {topic} on the source after it was written to on the target",
            )


def refused_writers(played: Played) -> Iterator[Broken]:
    """Yield the clients that could write on neither side, although nobody but kmig took their right."""
    world = played.world
    outside = {
        change.name.split(" to ")[-1]
        for change in world.facts.changes
        if change.what == "acl" and change.by == "User:admin" and change.at > 0
    }
    users = {
        e.on for _, e in world.happened if "user is deleted" in e.what or "deletes a user" in e.what
    }
    # what somebody writes who tries a client on the target, before its right is there, is his own
    trials = {name for client in world.clients.values() for name in client.trials}
    for one in (drop for drop in world.doings.dropped if drop.process not in trials):
        allowed = f"User:{one.client}" not in outside and one.client not in users
        allowed = allowed and not one.stopping
        if (
            one.code.endswith("AUTHORIZATION_FAILED")
            and allowed
            and not said(played, one.client, one.topic)
        ):
            yield Broken(
                "a writer can write nowhere",
                f"{one.client} {one.topic}",
                f"{one.client} may not write to {one.topic} on the {one.side}, and drops its records",
            )
