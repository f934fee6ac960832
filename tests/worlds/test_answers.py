"""Programs that answer what they read: each record once, and nothing that they have set off themselves."""

from migrate.rehearse.worlds import estate
from migrate.rehearse.worlds.history import ClientSpec, Estate, History, Load, TopicSpec
from migrate.rehearse.worlds.timeline import HOUR
from migrate.rehearse.worlds.world import World


def _answering(name: str, reads: str, writes: str) -> ClientSpec:
    return ClientSpec.model_validate(
        {
            "name": name,
            "reads": (reads,),
            "group": name,
            "commits": "transaction",
            "transactional_id": f"{name}-tx",
            "writes": (writes,),
            "reset": "earliest",
        }
    )


def _written(*clients: ClientSpec) -> dict[str, int]:
    """Return how many records each client has written after an hour; topic `t` had five."""
    acls = []
    for client in clients:
        who = f"to User:{client.name}"
        acls += [f"ALLOW READ on topic {t} {who}" for t in client.reads]
        acls += [f"ALLOW WRITE on topic {t} {who}" for t in client.writes]
        acls += [f"ALLOW READ on group {client.group} {who}"]
        acls += [f"ALLOW WRITE on transactional_id {client.transactional_id} {who}"]
    topics = (TopicSpec(name="t", loads=(Load(count=5),)), TopicSpec(name="u"), TopicSpec(name="v"))
    world = World(History(estate=Estate(topics=topics, clients=clients, acls=tuple(acls))))
    estate.build(world)
    world.timeline.advance(HOUR)
    by = [one.principal for one in world.facts.written if one.at > 0]
    return {client.name: by.count(f"User:{client.name}") for client in clients}


def test_each_record_is_answered_along_a_chain() -> None:
    assert _written(_answering("a", "t", "u"), _answering("b", "u", "v")) == {"a": 5, "b": 5}


def test_two_that_answer_each_other_do_not_write_for_ever() -> None:
    assert _written(_answering("a", "t", "u"), _answering("b", "u", "t")) == {"a": 5, "b": 5}
