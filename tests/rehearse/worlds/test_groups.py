"""What a coordinator keeps of commits: one that is made again only lasts longer."""

from migrate.rehearse.worlds.groups import EXPIRED
from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.timeline import DAY
from migrate.rehearse.worlds.world import World

PLACE = ("t", 0)


def test_a_commit_that_is_made_again_lasts_longer_and_is_no_new_fact() -> None:
    world = World(History())
    source = world.source
    source.topics.create("t", 1, 1, {}, 0.0)
    for _ in range(4):
        source.groups.commit("User:admin", "g", {PLACE: (1, "")})
        source.timeline.advance(5 * DAY)
    group = source.groups.get("g")
    assert group is not None
    assert group.commits[PLACE].offset == 1
    told = [c.by for c in world.facts.changes if c.what == "commit"]
    assert told == ["User:admin"]
    source.timeline.advance(5 * DAY)
    group = source.groups.get("g")
    assert group is None or PLACE not in group.commits
    assert [c.by for c in world.facts.changes if c.what == "commit"] == ["User:admin", EXPIRED]
