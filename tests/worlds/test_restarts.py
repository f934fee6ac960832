"""A client that crashes again and again: its supervisor waits longer each time, and forgets that after some work."""

from itertools import pairwise

from migrate.rehearse.worlds import estate
from migrate.rehearse.worlds.cluster import Credential
from migrate.rehearse.worlds.history import ClientSpec, Estate, History, TopicSpec
from migrate.rehearse.worlds.timeline import DAY, HOUR
from migrate.rehearse.worlds.world import World


def world() -> World:
    made = World(
        History(
            estate=Estate(
                topics=(TopicSpec(name="t"),),
                clients=(ClientSpec(name="a", writes=("t",), idle=60.0),),
                acls=("ALLOW WRITE on topic t to User:a",),
            )
        )
    )
    estate.build(made)
    made.timeline.advance(HOUR)
    return made


def waits(made: World) -> list[float]:
    at = [when for when, *_ in made.doings.refused]
    return [later - earlier for earlier, later in pairwise(at)]


def test_a_supervisor_waits_twice_as_long_after_each_crash_up_to_five_minutes() -> None:
    made = world()
    credential = made.source.users["a", "SCRAM-SHA-512"]
    made.source.set_user("a", "SCRAM-SHA-512", None, by="User:admin")
    made.timeline.advance(DAY)
    assert waits(made)[:5] == [30.0, 60.0, 120.0, 240.0, 300.0]
    assert len(made.doings.refused) < 300

    crashes = len(made.doings.refused)
    made.source.set_user("a", "SCRAM-SHA-512", Credential(credential.password, 4096), by="admin")
    made.timeline.advance(HOUR)
    assert len(made.doings.refused) == crashes
    made.source.set_user("a", "SCRAM-SHA-512", None, by="User:admin")
    made.timeline.advance(HOUR)
    assert waits(made)[crashes:][:2] == [30.0, 60.0]
