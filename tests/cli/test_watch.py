"""`kmig watch` and `kmig offsets translate` in a simulated world: what is said of copies that lose records."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer
import yaml

from migrate.cli import offsets
from migrate.cli.session import Session
from migrate.cli.watch import watch
from migrate.errors import CannotTell, Interrupted, Refused, UsageError
from migrate.rehearse.worlds import estate
from migrate.rehearse.worlds.commands import Ended
from migrate.rehearse.worlds.history import ClientSpec, Estate, History, Load, TopicSpec
from migrate.rehearse.worlds.timeline import DAY, HOUR
from migrate.rehearse.worlds.workloads import made
from migrate.rehearse.worlds.world import HOME, CommandWorld, World
from tests.worlds.typed import run

TOPIC = "paid"
WEEK = str(7 * 86_400_000)


def world(**more: Any) -> World:
    """A producer and a consumer of one topic, whose copy was begun an hour ago."""
    writer = ClientSpec(name="w", writes=(TOPIC,), idle=600.0)
    reader = ClientSpec(name="r", reads=(TOPIC,), group="g")
    topic = TopicSpec(name=TOPIC, configs={"retention.ms": WEEK}, loads=(Load(count=50, age=HOUR),))
    built = World(
        History(
            estate=Estate(
                topics=(topic,),
                clients=(writer, reader),
                acls=(
                    f"ALLOW WRITE on topic {TOPIC} to User:w",
                    f"ALLOW READ on topic {TOPIC} to User:r",
                    "ALLOW READ on group g to User:r",
                ),
            ),
            workloads=(
                made(writer, "public", [], [TOPIC], rotates=False, health=True),
                made(reader, "public", [TOPIC], [], rotates=False, health=True),
            ),
        )
    )
    estate.build(built)
    if more:
        path = HOME / "kmig.yaml"
        document = yaml.safe_load(built.disk.content(path))
        built.disk.remove_quietly(path)
        built.disk.put_file(path, yaml.safe_dump(document | more).encode())
    built.timeline.advance(HOUR)
    for command in ("inventory", "plan", "apply 1", "replicate 1"):
        must(built, command)
    built.timeline.advance(HOUR)
    return built


def must(there: World, command: str, code: int = 0) -> Ended:
    there.calls.command({}, {})
    ended = run(there, command)
    assert (ended.exit, ended.crashed) == (code, ""), (ended.out, ended.err)
    return ended


def looked(there: World, code: int) -> str:
    """What one look says, without line breaks."""
    ended = must(there, "watch --once", code)
    return " ".join((ended.out + ended.err).split())


def connector(there: World) -> str:
    (name,) = there.connect.connectors
    return name


def test_a_copy_without_a_fault_passes_and_status_has_its_last_word() -> None:
    there = world()
    said = looked(there, 0)
    assert f"copy of {TOPIC} pass" in said
    assert "1 of 1 partition to the end" in said
    there.timeline.advance(2 * HOUR)
    status = must(there, "status").out
    assert "watch, 2 h ago: pass:" in " ".join(status.split())
    document = json.loads(must(there, "status -o json").out)
    assert document["watch"]["verdict"] == "pass"


def test_it_writes_no_journal_and_runs_beside_a_command_that_holds_the_lock() -> None:
    there = world()
    before = there.disk.content(HOME / "journal.jsonl")
    with there.folder().locked("cutover 1"):
        looked(there, 0)
    assert there.disk.content(HOME / "journal.jsonl") == before


def test_a_map_that_another_process_makes_is_not_known() -> None:
    there = world()
    with there.opening(there.folder(), moving=True, tell=print) as opened:
        maps = opened.sites.maps
        assert maps is not None
        with maps.lock(TOPIC):
            said = looked(there, 3)
    assert "its maps are made by another process just now" in said


def test_a_failed_task_and_a_deleted_connector_are_faults() -> None:
    there = world()
    for task in there.connect.connectors[connector(there)].tasks:
        task.state, task.trace = "FAILED", "somebody took its rights"
    assert "fail 1 task of connector" in looked(there, 1)
    name = connector(there)
    there.connect.delete(name)
    assert f"connector {name} fail Connect does not have it" in looked(there, 1)


def test_a_copy_that_stands_still_is_named_before_the_source_deletes_what_it_lacks() -> None:
    there = world()
    there.connect.stop(connector(there))
    there.timeline.advance(3 * DAY)
    said = looked(there, 1)
    assert f"connector {connector(there)} fail is STOPPED" in said
    assert "more than half of retention.ms" not in said
    there.timeline.advance(DAY)
    said = looked(there, 1)
    assert "the copy is more than half of retention.ms behind (7 days)" in said
    assert "may delete records before they are copied, in partition 0" in said


def test_markers_at_the_end_of_a_log_are_no_lag() -> None:
    there = world()
    there.connect.stop(connector(there))
    begin = there.source.log(TOPIC, 0).end
    looked(there, 1)
    (topic,) = json.loads(there.disk.content(HOME / "watch.json"))["topics"]
    assert topic["safe_seconds"] == 3.5 * DAY
    assert topic["records"]["equal"] >= begin - 1


@pytest.mark.parametrize("waits", [True, False])
def test_records_that_expired_before_they_were_copied_are_named(*, waits: bool) -> None:
    there = world()
    if waits:
        there.clients["r"].stop()
        there.timeline.advance(HOUR)
    looked(there, 0)
    there.connect.stop(connector(there))
    begin = there.source.log(TOPIC, 0).end
    there.timeline.advance(DAY)
    there.source.delete_records((TOPIC, 0), begin + 20)
    there.connect.resume(connector(there))
    there.timeline.advance(HOUR)
    said = looked(there, int(waits))
    lost = f"source offsets {begin} to {begin + 19}, are missing on the target: "
    assert lost + ("group g has it before it" if waits else "no group needs it") in said


def test_the_metrics_are_prometheus_text_and_a_hook_runs_when_something_changes() -> None:
    there = world(watch={"metrics": "kmig.prom", "hook": ["switch", "watched", "all"]})
    ran: list[dict[str, str]] = []
    there.hook = lambda _command, facts, _seconds: ran.append(dict(facts))  # type: ignore[method-assign, assignment]
    looked(there, 0)
    looked(there, 0)
    text = there.disk.content(HOME / "kmig.prom").decode()
    assert f'kmig_map_records{{topic="{TOPIC}",word="equal"}} ' in text
    assert 'kmig_watch_checks{verdict="fail"} 0' in text
    for line in text.splitlines():
        assert line.startswith(("# HELP kmig_", "# TYPE kmig_", "kmig_")), line
    assert [one["KMIG_VERDICT"] for one in ran] == ["pass"]
    there.connect.delete(connector(there))
    looked(there, 1)
    assert [one["KMIG_VERDICT"] for one in ran] == ["pass", "fail"]
    assert "Connect does not have it" in ran[1]["KMIG_SAID"]
    assert 'kmig_watch_checks{verdict="fail"} 1' in there.disk.content(HOME / "kmig.prom").decode()


def test_it_goes_on_until_it_is_interrupted_and_over_what_it_could_not_ask(
    capsys: pytest.CaptureFixture[str],
) -> None:
    there = world()
    there.connect.up = False

    def mended() -> None:
        there.connect.up = True

    def enough() -> None:
        raise Interrupted

    there.timeline.after(300, mended)
    there.timeline.after(600, enough)
    context = SimpleNamespace(obj=Session(there.folder(), CommandWorld(there), "table"))
    there.calls.command({}, {})
    with pytest.raises(Interrupted):
        watch(cast(typer.Context, context))
    told = capsys.readouterr()
    assert "error: " in told.err
    assert told.out.count(f"copy of {TOPIC}") == 1
    assert told.err.count("UTC: ") > 2


def test_it_never_reads_more_than_was_agreed_to(capsys: pytest.CaptureFixture[str]) -> None:
    there = world(policy={"verify": {"max_bytes": 1}})
    context = SimpleNamespace(obj=Session(there.folder(), CommandWorld(there), "table"))
    there.calls.command({}, {})
    with pytest.raises(Refused, match="not confirmed"):
        watch(cast(typer.Context, context))
    capsys.readouterr()


def test_a_group_that_has_not_joined_is_named_with_the_day_on_which_its_commits_vanish() -> None:
    there = world()
    must(there, "replicate 1 --status")
    must(there, "cutover 1")
    assert "moved group g pass runs on the target, or has run" in looked(there, 0)
    there.clients["r"].stop()
    there.timeline.advance(HOUR)
    group = there.target.groups.get("g")
    assert group is not None
    step = next(
        entry["step"]
        for line in there.disk.content(HOME / "journal.jsonl").splitlines()
        if (entry := json.loads(line))["event"] == "done" and entry["key"] == "commit_offsets g"
    )
    for one in step["translations"]:
        place = (one["topic"], one["partition"])
        group.commits[place] = group.commits[place]._replace(offset=one["target"])
    said = looked(there, 0)
    assert "has not joined on the target yet: its commits vanish on 2026-03-09" in said
    there.timeline.advance(4 * DAY)
    said = looked(there, 1)
    assert "more than half of offsets.retention.minutes (7 days)" in said
    (waiting,) = json.loads(there.disk.content(HOME / "watch.json"))["groups"]
    assert waiting["group"] == "g"


def translate(there: World, *positions: str, **options: Any) -> None:
    context = SimpleNamespace(obj=Session(there.folder(), CommandWorld(there), "json"))
    there.calls.command({}, {})
    offsets.translate(cast(typer.Context, context), list(positions), **options)


def test_positions_are_translated_both_ways_and_from_files(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    there = world()
    looked(there, 0)
    capsys.readouterr()
    translate(there, f"{TOPIC}:0:10", f"{TOPIC}:0:20")
    document = json.loads(capsys.readouterr().out)
    targets = [one["target"] for one in document["translations"]]
    assert [one["proof"] for one in document["translations"]] == ["exact", "exact"]
    lines = tmp_path / "positions"
    lines.write_text("".join(f"# ours\n{TOPIC}:0:{at}\n" for at in targets))
    translate(there, file=lines, back=True)
    document = json.loads(capsys.readouterr().out)
    assert [one["target"] for one in document["translations"]] == [10, 20]
    lines.write_text(json.dumps({TOPIC: {"0": 30}}))
    translate(there, file=lines)
    document = json.loads(capsys.readouterr().out)
    assert document["offsets"][TOPIC]["0"] - 30 == targets[0] - 10


@pytest.mark.parametrize(
    ("position", "error", "said"),
    [
        ("paid:0", UsageError, "is not a position"),
        ("paid:0:99999999999999999999", UsageError, "is not a position"),
        ("paid:7:1", UsageError, "paid-7 does not exist on the source"),
        ("gone:0:1", UsageError, "gone-0 does not exist on the source"),
        ("paid:0:1000000", CannotTell, "it is beyond the log"),
    ],
)
def test_a_position_that_is_none_is_named(
    position: str, error: type[Exception], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    there = world()
    with pytest.raises(error, match=said):
        translate(there, position)
    capsys.readouterr()
