"""Where a consumer of the source reads on when its topic was recreated, or its log cut back, under it."""

import pytest

from migrate.rehearse.worlds import actors, estate
from migrate.rehearse.worlds.content import Content
from migrate.rehearse.worlds.history import ClientSpec, Estate, Event, History, Load, TopicSpec
from migrate.rehearse.worlds.timeline import DAY, HOUR
from migrate.rehearse.worlds.world import World

PLACE = ("t", 0)
_ELECTION = "an unclean election loses records on the source"


def world(**reader: object) -> World:
    spec = ClientSpec.model_validate(
        {"name": "r", "reads": ("t",), "group": "g", "commits": "each", **reader}
    )
    made = World(
        History(
            estate=Estate(
                topics=(TopicSpec(name="t", loads=(Load(count=20, age=HOUR),)),),
                clients=(spec,),
                acls=("ALLOW READ on topic t to User:r", "ALLOW READ on group g to User:r"),
            )
        )
    )
    estate.build(made)
    made.timeline.advance(HOUR)
    return made


def happens(made: World, what: str, value: str) -> None:
    actors.happen(made, Event(after=0, what=what, on="t", value=value))
    made.timeline.advance(DAY)


def passed_over(made: World) -> list[tuple[int, int]]:
    return [(one.before, one.after) for one in made.doings.resets]


def read_of(made: World, topic_id: str) -> list[int]:
    numbers = {w.content.number for w in made.facts.written if w.topic_id == topic_id}
    return [one.offset for one in made.doings.processed if one.number in numbers]


@pytest.mark.parametrize(
    ("reader", "first", "resets"),
    [
        pytest.param({"reset": "earliest"}, 0, [(0, 0)], id="polls, and begins again"),
        pytest.param({"reset": "latest"}, None, [(0, 60)], id="polls, and begins at the end"),
        pytest.param(
            {"takes": 1, "naps": 6 * HOUR}, 1, [(0, 1)], id="sleeps, and goes on where it was"
        ),
    ],
)
def test_a_consumer_of_a_recreated_topic(
    reader: dict[str, object], first: int | None, resets: list[tuple[int, int]]
) -> None:
    made = world(**{"commits_from": {"t": 0}, **reader})
    happens(made, "a topic is deleted and created again on the source", "60")
    assert next(iter(read_of(made, made.source.topic("t").id)), None) == first
    assert passed_over(made) == resets


def test_a_consumer_that_sleeps_passes_over_what_is_written_where_it_has_been() -> None:
    made = world(takes=5, naps=6 * HOUR, commits_from={"t": 12})
    assert made.clients["r"].processes[-1].positions[PLACE] == 17
    # the log ends at 20, is cut back to 15, and has grown to 25 when the consumer looks again
    actors.happen(made, Event(after=0, what=_ELECTION, on="t", value="5"))
    for number in range(100, 110):
        made.source.written_before(PLACE, Content(number, number, 10), None, "User:w")
    made.timeline.advance(DAY)
    assert passed_over(made) == [(15, 17)]
    read = {one.number for one in made.doings.processed}
    assert {100, 101}.isdisjoint(read)
    assert set(range(102, 110)) <= read
