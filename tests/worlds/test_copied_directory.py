"""A copy of the migration directory has a journal of its own, and the clients' files that there are once."""

from migrate.rehearse.worlds import estate
from migrate.rehearse.worlds.history import ClientSpec, Estate, History, TopicSpec
from migrate.rehearse.worlds.workloads import made
from migrate.rehearse.worlds.world import HOME, World


def test_a_command_in_a_copy_of_the_directory_points_the_client_that_there_is() -> None:
    reader = ClientSpec(name="r", reads=("t",), group="g")
    workload = made(reader, "public", ["t"], [], rotates=False, health=True)
    world = World(
        History(
            estate=Estate(topics=(TopicSpec(name="t"),), clients=(reader,)), workloads=(workload,)
        )
    )
    estate.build(world)
    world.home = world.copy_directory()
    path, by = "clients/r.properties", "clients/r.target.properties"
    before, other = (world.disk.content(HOME / name) for name in (path, by))
    with world.opening(world.folder(), moving=True, tell=print) as opened:
        assert opened.sites.moving is not None
        opened.sites.moving.files.replace(path, by)
    assert before != other
    assert world.disk.content(HOME / path) == other
