"""How a record came to be missing: the first thing about it that is not as it would have been on the source."""

from migrate.rehearse.worlds.clients import Client
from migrate.rehearse.worlds.facts import Written
from migrate.rehearse.worlds.judges.ledger import Ledger


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
        return "the target compacts it"
    return "the group was placed behind it on the target"


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
    if one.offset < world.source.log(*one.place).start:
        return "it left the source before it was copied"
    return "it was never copied"


def _deleted(ledger: Ledger, one: Written) -> str:
    """Return by which limit the target deleted what the source kept."""
    source = ledger.played.world.source.topics.get(one.place[0])
    target = ledger.played.world.target.topics.get(one.place[0])
    assert target is not None
    if source is not None:
        for key, what in (("retention.ms", "time"), ("retention.bytes", "size")):
            if source.effective[key] != target.effective[key]:
                return f"the target deleted it: its limit of {what} is another one"
    if int(target.effective["retention.bytes"]) >= 0:
        return "the target deleted it: its copy takes more bytes"
    return "the target deleted it"
