"""The map of boundaries: everything once, in the lane of its zone, with lines that end at boxes."""

import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import plan as many
from migrate.boundary.trace import furthest
from migrate.boundary.view import View
from migrate.documents.workloads import Workloads
from migrate.estate import Estate
from migrate.folder import Folder
from migrate.model.cluster import Member
from migrate.render.boundary_crossings import crossings, unplaced
from migrate.render.boundary_map import BoundaryDrawing, Lane, draw
from migrate.render.boundary_scene import NO_ZONE, SEVERAL, Scene, reached, scene
from migrate.render.drawing import Box, fitting
from tests.boundary.estates import view
from tests.estate import acls, config, group, inventory, people, reads, topic, workload

PLANS = Path(__file__).parents[2] / "plans"


def of(folder: Path) -> View:
    files = Folder(folder)
    return View(Estate(files.config(), files.inventory(), files.workloads()))


@cache
def large(count: int = 1_000) -> View:
    rows, acl, groups = many.people(count)
    some = Workloads.model_validate({"workloads": rows})
    return View(Estate(config(), many.inventory(count, acl, groups), some))


def drawn(made: View, most: int = 150) -> BoundaryDrawing:
    found, traced = furthest(made, most)
    return draw(traced, made.runtimes, made.estate, len(found))


def seen(made: View) -> Scene:
    return scene(furthest(made, 200)[1], made.runtimes, made.estate)


ESTATES: dict[str, Callable[[], View]] = {
    "planted": view,
    "payments": lambda: of(PLANS / "payments-to-automq"),
    "first wave": lambda: of(PLANS / "first-wave"),
    "large": large,
}


@cache
def drawing_of(name: str) -> BoundaryDrawing:
    return drawn(ESTATES[name]())


@pytest.mark.parametrize("name", ESTATES)
def test_each_box_lies_in_the_lane_of_its_zone_and_on_no_other(name: str) -> None:
    drawing = drawing_of(name)
    lanes = {lane.name: lane for lane in drawing.lanes}
    homes = {box.key: lane for lane in lanes.values() for box in drawing.boxes if inside(box, lane)}
    assert drawing.boxes
    assert set(homes) == {box.key for box in drawing.boxes}
    for one, other in pairwise(drawing.lanes):
        assert one.y + one.high <= other.y
    columns: dict[int, list[Box]] = {}
    for box in drawing.boxes:
        columns.setdefault(box.x, []).append(box)
    for boxes in columns.values():
        ordered = sorted(boxes, key=lambda box: box.y)
        assert all(a.y + a.high <= b.y for a, b in pairwise(ordered))
    ends = sorted((boxes[0].x, boxes[0].x + boxes[0].wide) for boxes in columns.values())
    assert all(a[1] < b[0] for a, b in pairwise(ends))


def inside(box: Box, lane: Lane) -> bool:
    return lane.y <= box.y and box.y + box.high <= lane.y + lane.high


@pytest.mark.parametrize("name", ESTATES)
def test_each_line_ends_at_the_facing_sides_of_its_boxes(name: str) -> None:
    drawing = drawing_of(name)
    boxes = {box.key: box for box in drawing.boxes}
    assert len(boxes) == len(drawing.boxes)
    for line in drawing.lines:
        x1, y1, *_, x2, y2 = map(float, re.findall(r"-?[\d.]+", line.path))
        one, other = boxes[line.one], boxes[line.other]
        assert (x1, x2) == (one.x + one.wide, other.x)
        assert one.y < y1 < one.y + one.high
        assert other.y < y2 < other.y + other.high
        assert set(line.via) <= set(boxes)


@pytest.mark.parametrize("name", ["planted", "payments", "first wave"])
def test_every_credential_runtime_topic_and_system_is_there_once(name: str) -> None:
    made = ESTATES[name]()
    found = seen(made)
    _, traced = furthest(made, 200)
    assert sorted(t.label for t in found.credentials) == sorted(made.credentials.by_name)
    targets = [(t.kind, member) for t in found.targets for member in t.members]
    assert sorted(targets) == sorted(reached(traced))
    used = [member for t in found.runtimes for member in t.members]
    assert sorted(used) == sorted(r.name for r in made.runtimes)
    led = {link.one for link in found.links if link.kind == "used"}
    assert led == {t.key for t in found.credentials}


def test_a_large_estate_draws_what_reaches_furthest_and_counts_the_others() -> None:
    made = large()
    drawing = drawing_of("large")
    shown = [box for box in drawing.boxes if box.kind == "credential"]
    first = [one.credential.name for one in furthest(made, 0)[0][: len(shown)]]
    assert len(drawing.boxes) <= 120
    assert sorted(box.label for box in shown) == sorted(first)
    assert drawing.left_out == 1_000 - len(shown)


def zoned(third: str = "", host: str = "10.1.0.9", *, shared: bool = False) -> View:
    """Two zones, a login of one that reads the other's topic, and one without a zone, or in a third."""
    more = {"zone": third} if third else {}
    who = people(
        workload("shop", "public", zone="web", writes=reads("clicks"), groups=["g"]),
        workload("till", "secret", zone="pay", writes=reads("sales"), groups=["h"]),
        workload("free", "internal", **more),
        zones={
            "web": {"hosts": ["10.1.0.0/16"]},
            "pay": {"hosts": ["10.2.0.0/16"]},
            **({third: {}} if third else {}),
        },
    )
    grants = acls(
        "ALLOW WRITE on topic clicks to User:shop",
        "ALLOW READ on topic sales to User:shop",
        "ALLOW WRITE on topic sales to User:till",
        "ALLOW READ on topic clicks to User:free",
        "ALLOW READ on topic open to User:*",
    )
    member = Member(host=f"/{host}", client_id="c")
    on_host = ("g", "h") if shared else ("g",)
    groups = tuple(
        group(name, "clicks").model_copy(update={"members": (member,)}) for name in on_host
    )
    topics = tuple(map(topic, ("clicks", "sales", "open")))
    return View(Estate(config(), inventory(topics, grants, groups), who))


def test_zones_are_those_of_workloads_hosts_and_writers() -> None:
    lanes = {thing.key: thing.lane for thing in seen(zoned()).things}
    assert lanes == {
        "credential User:shop": "web",
        "credential User:till": "pay",
        "credential User:free": NO_ZONE,
        "host 10.1.0.9": "web",
        "unseen pay": "pay",
        "unseen ": NO_ZONE,
        "topic clicks": "web",
        "topic sales": "pay",
        "topic open": NO_ZONE,
    }


def test_a_host_stands_in_its_own_zone_also_where_a_credential_of_another_is_used() -> None:
    made = zoned(host="10.2.0.9")
    assert {t.lane for t in seen(made).runtimes if t.key == "host 10.2.0.9"} == {"pay"}
    used = next(line for line in drawn(made).lines if line.other == "host 10.2.0.9")
    assert used.crossing


def test_a_host_that_two_zones_share_stands_in_neither() -> None:
    (host,) = [t for t in seen(zoned(shared=True)).runtimes if t.kind == "runtime"]
    assert host.lane == SEVERAL


def test_a_line_that_leaves_its_zone_is_drawn_as_a_crossing_and_an_unknown_one_is_not() -> None:
    lines = {(line.one, line.other): line.crossing for line in drawn(zoned()).lines}
    assert lines["host 10.1.0.9", "topic sales"] is True
    assert lines["host 10.1.0.9", "topic clicks"] is False
    assert lines["unseen ", "topic clicks"] is False
    _, traced = furthest(zoned(), 9)
    assert list(crossings(traced, zoned().estate)) == [
        ("every login", "any zone", "reads", "1 topic: open", "no zone"),
        ("User:shop", "zone web", "reads", "1 topic: sales", "zone pay"),
    ]
    assert unplaced(traced, zoned().estate) == (1, 1)


def test_what_every_login_reaches_is_said_in_its_box() -> None:
    drawing = drawn(zoned())
    box = next(box for box in drawing.boxes if box.key == "topic open")
    assert box.small == "every login reads it"
    kinds = {line.kind for line in drawing.lines if line.other == "topic open"}
    assert kinds == {"reads every"}


def test_a_runtime_of_several_zones_stands_in_none_of_them() -> None:
    found = seen(of(PLANS / "payments-to-automq"))
    connect = next(t for t in found.runtimes if t.key == "connect main")
    assert connect.lane == SEVERAL
    lines = [x for x in drawn(of(PLANS / "payments-to-automq")).lines if x.other == "connect main"]
    assert len(lines) == 9
    assert all(line.crossing for line in lines)


def test_a_zone_may_be_called_like_a_lane() -> None:
    made = zoned("no zone")
    assert [lane.label for lane in drawn(made).lanes] == [
        "zone web",
        "zone pay",
        "zone no zone",
        "no zone",
    ]


@given(st.text(max_size=60), st.integers(20, 300))
def test_text_is_cut_in_its_middle_to_fit(text: str, wide: int) -> None:
    shown = fitting(text, wide)
    assert shown.isprintable()
    assert len(shown) * 12 * 0.42 <= wide + 12
    assert "…" in shown or shown.replace("\\", "") == fitting(text, 9**9).replace("\\", "")
