"""How a record came to be missing, or read again: the first thing about it that is not as on the source."""

from itertools import pairwise

from migrate.rehearse.worlds.clients import Client
from migrate.rehearse.worlds.facts import Written
from migrate.rehearse.worlds.groups import EXPIRED
from migrate.rehearse.worlds.judges.ledger import Ledger
from migrate.rehearse.worlds.log_configs import LogConfigs
from migrate.rehearse.worlds.programs import Processed

_KMIG = "User:kmig"


COMPACTED = ("the target compacts it", "the source had compacted it before it was copied")
"""Why a record is missing that a younger one of its key supersedes."""


def missing(ledger: Ledger, client: Client, one: Written) -> str:
    """Return in words why a client never gets a record."""
    process = client.process
    side = process.login.side if process is not None and process.login is not None else "source"
    if side == "source":
        return _on_source(ledger, one)
    stands = ledger.stands.get(("target", one.content.number), [])
    if not stands:
        return _never_copied(ledger, one)
    world = ledger.played.world
    topic = world.target.topics.get(one.place[0])
    last = stands[-1]
    if topic is None or topic.id != last.topic_id:
        return "its topic was deleted on the target"
    log = world.target.log(*one.place)
    if last.offset < log.start:
        return _deleted(ledger, one)
    if all(r.offset != last.offset for r in log.records):
        return COMPACTED[0]
    if _taken_away(ledger, client, one):
        return "kmig had deleted its commit on the target, and its client started there again"
    return "the group was placed behind it on the target"


def _taken_away(ledger: Ledger, client: Client, one: Written) -> bool:
    """Whether the last that kmig did to a group on the target was to delete its commit."""
    group = client.spec.group or client.spec.name
    known = ledger.commits.get(("target", group, one.place), [])
    mine = [offset for _, offset, by in known if by == _KMIG]
    return mine[-1:] == [None]


def _on_source(ledger: Ledger, one: Written) -> str:
    if one.side == "target":
        return "the group stayed on the source, and its writers moved"
    topic = ledger.played.world.source.topics.get(one.place[0])
    if topic is None or topic.id != one.topic_id:
        return "its topic was created again on the source"
    return "the group was placed behind it on the source"


def _never_copied(ledger: Ledger, one: Written) -> str:
    world = ledger.played.world
    topic = world.source.topics.get(one.place[0])
    if topic is None or topic.id != one.topic_id or topic.began > 0:
        return "its topic was created again on the source, and the copy went on where it was"
    left = ledger.left(one)
    if left is not None and topic.effective.compacts and _superseded(ledger, one):
        return COMPACTED[1]
    connectors = world.connect.connectors.values()
    if not ledger.played.finished and not any(one.place in c.known for c in connectors):
        return "the connector that copied it was deleted"
    if left is not None and _stopped(ledger, one, left):
        return "it left the source while kmig kept the copy stopped"
    if left is not None:
        return "it left the source before it was copied"
    return "it was never copied"


def _superseded(ledger: Ledger, one: Written) -> bool:
    """Whether a younger record of the same key was written."""
    written = ledger.played.world.facts.at_place.get(one.place, ())
    return any(w.content.key == one.content.key and w.offset > one.offset for w in written)


def _stopped(ledger: Ledger, one: Written, at: float) -> bool:
    """Whether a record's copy has been stopped by kmig from some time before on, and has not gone on since."""
    connectors = ledger.played.world.connect.connectors.values()
    return any(c.state == "STOPPED" and c.since < at and one.place in c.known for c in connectors)


def _deleted(ledger: Ledger, one: Written) -> str:
    """Return by which limit the target deleted what the source kept."""
    source = ledger.played.world.source.topics.get(one.place[0])
    target = ledger.played.world.target.topics.get(one.place[0])
    assert target is not None
    copy = ledger.stands["target", one.content.number][-1]
    if source is not None:
        if target.effective.expires and not source.effective.expires:
            return "the target deleted it: its cleanup policy is another one"
        for key, what in (("retention.ms", "time"), ("retention.bytes", "size")):
            differs = source.effective[key] != target.effective[key]
            if differs and (what == "size" or _outlived(ledger, copy, target.effective)):
                return f"the target deleted it: its limit of {what} is another one"
    if target.effective.retention_bytes >= 0:
        return "the target deleted it: its copy takes more bytes"
    return "the target deleted it"


def _outlived(ledger: Ledger, copy: Written, configs: LogConfigs) -> bool:
    """Whether a record was old enough for its log's limit of time when it left it.

    By its own time: which one the log stamped it with may have been configured otherwise then.
    """
    left, limit = ledger.left(copy), configs.retention_seconds
    return limit >= 0 and left is not None and left - copy.content.at > limit


def expired_by_stop(side: str) -> str:
    """Return in words that a group lost a commit because kmig had stopped its client for so long."""
    return f"its commit on the {side} expired after kmig had stopped its client"


def again(ledger: Ledger, first: Processed, second: Processed) -> str:
    """Return in words why a group processes a record a second time."""
    if ledger.expired_by_stop(second.side, first.group, second.place, second.at):
        return expired_by_stop(second.side)
    copy = _copy(ledger, second)
    if copy is not None:
        return f"it was copied again{_why_again(ledger, copy)}"
    if _read_on(ledger, first) or _read_on(ledger, second):
        return "its client assigns partitions itself, and read on after its stop hook"
    for side in dict.fromkeys((first.side, "source")):
        commits = ledger.commits.get((side, first.group, first.place), [])
        if any(by == EXPIRED and first.at < at <= second.at for at, _, by in commits):
            return f"its commit on the {side} had expired before it was taken back"
    if _lowered(ledger, first, second.at):
        return f"kmig had lowered its commit on the {first.side} before it was taken back"
    return _went_on_before(ledger, second)


def _went_on_before(ledger: Ledger, second: Processed) -> str:
    """Return how the group came to go on before a record where it processes it again, batch after batch."""
    commits = ledger.commits.get((second.side, second.group, second.place), [])
    before = [(at, by) for at, _, by in commits if at <= second.at and by in (EXPIRED, _KMIG)]
    expired, by = before[-1] if before else (0.0, "")
    client = ledger.groups.get(second.group)
    if by != EXPIRED:
        return f"the group was placed before it on the {second.side}"
    if client is not None and client.idle_by_hook(expired):
        return f"its commit on the {second.side} expired after kmig had stopped its client"
    return f"its commit on the {second.side} had expired under it"


def _lowered(ledger: Ledger, first: Processed, upto: float) -> bool:
    """Whether kmig had put back a commit of the group where it read a record first."""
    commits = ledger.commits.get((first.side, first.group, first.place), [])
    return any(
        now is not None and before is not None and now < before and by == _KMIG and at <= upto
        for (_, before, _), (at, now, by) in pairwise(commits)
    )


def _read_on(ledger: Ledger, first: Processed) -> bool:
    """Whether a consumer that joins no group read a record after its stop hook had told it to stop."""
    client = ledger.groups.get(first.group)
    if client is None or not client.spec.assigns:
        return False
    by = next((one for one in client.processes if one.id == first.client), None)
    return by is not None and by.stopping and by.told_to_stop <= first.at


def _copy(ledger: Ledger, second: Processed) -> Written | None:
    """Return the copy that was processed, where it is a later one in its topic."""
    copies = ledger.stands.get(("target", second.number), []) if second.side == "target" else []
    later = [b for a, b in pairwise(copies) if a.topic_id == b.topic_id and b.at <= second.at]
    return next((one for one in later if one.offset == second.offset), None)


_COPIES_AGAIN = {
    "an unclean election loses records on the source": "after an unclean election",
    "Connect loses the copy's offsets": "after Connect lost its offsets",
}


def _why_again(ledger: Ledger, copy: Written) -> str:
    """Return after which event a copy began again: the last one of its kinds before it."""
    for at, event in reversed(ledger.played.world.happened):
        if at <= copy.at and event.what in _COPIES_AGAIN and event.on in ("", copy.place[0]):
            topic = ledger.played.world.source.topics.get(copy.place[0])
            compacts = topic is not None and topic.effective.compacts
            return f" {_COPIES_AGAIN[event.what]}{' of a compacted topic' if compacts else ''}"
    return ""
