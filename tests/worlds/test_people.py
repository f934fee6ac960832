"""People do what is printed in words: what they write down, the next command reads."""

import yaml

from migrate.rehearse.worlds import people
from migrate.rehearse.worlds.authored import WORKLOADS
from migrate.rehearse.worlds.history import History
from migrate.rehearse.worlds.world import HOME, World
from tests.worlds.tale import Tale

_GONE = "  unknown-name: workloads.yaml: workload r: group `g` does not exist on the source"


def test_a_group_that_its_cluster_forgot_is_taken_off_its_workload() -> None:
    world = World(History())
    world.disk.make_folder(HOME)
    document = {"workloads": [{"name": "r", "groups": ["g", "h"]}, {"name": "s", "groups": ["g"]}]}
    world.disk.put_file(WORKLOADS, yaml.safe_dump(document).encode())
    assert people.answer(world, _GONE) == ["workload r does not name group g any more"]
    written = yaml.safe_load(world.disk.content(WORKLOADS))
    assert [one["groups"] for one in written["workloads"]] == [["h"], ["g"]]
    assert people.answer(world, _GONE) == []


_BLIND = "  no-health: workloads.yaml: workload r: nothing would show that it uses the new secret"


def test_a_workload_that_nothing_shows_at_work_gets_a_health_check() -> None:
    world = World(History())
    world.disk.put_folder(HOME)
    hooks = {"stop": ["switch", "stop", "r"], "start": ["switch", "start", "r"]}
    document = {"workloads": [{"name": "r", "switch": {"command": hooks}}]}
    world.disk.put_file(WORKLOADS, yaml.safe_dump(document).encode())
    assert people.answer(world, _BLIND) == ["workload r gets a health check"]
    written = yaml.safe_load(world.disk.content(WORKLOADS))
    added = {**hooks, "health": ["switch", "health", "r"]}
    assert written["workloads"][0]["switch"]["command"] == added
    assert people.answer(world, _BLIND) == []


def test_a_connector_that_somebody_stopped_is_resumed() -> None:
    world = World(History())
    world.connect.put("c", {"topics": "t"}, stopped=True)
    hint = "hint: find out who stopped it, then send Connect PUT /connectors/c/resume: the copy"
    assert people.answer(world, hint) == ["an operator resumes connector c"]
    assert world.connect.connectors["c"].state == "RUNNING"
    assert people.answer(world, hint) == []


def test_a_file_that_somebody_deleted_is_restored() -> None:
    world = World(History())
    world.disk.put_folder(HOME)
    world.backups[HOME / "plan.json"] = b"{}"
    assert people.answer(world, "hint: restore plan.json from a backup")
    assert world.disk.content(HOME / "plan.json") == b"{}"
    assert not people.answer(world, "hint: restore plan.json from a backup")


_FULL = "refused: topic t on the target is not empty: it holds records, or held some"


def test_a_copy_that_stands_in_the_way_is_deleted_unless_somebody_reads_it() -> None:
    tale = Tale()
    world = tale.world
    tale.runs("target")
    assert people.answer(world, _FULL) == []
    tale.runs("source")
    deleted = "an administrator deletes topic t on the target, which nobody uses there"
    assert people.answer(world, _FULL) == [deleted]
    assert world.target.topics.get("t") is None
    assert people.answer(world, _FULL) == []
