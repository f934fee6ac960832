"""The map of boundaries as one drawing: credentials, the runtimes that use them, and what they reach, by zone.

Each zone is a lane across the three columns, so a line that leaves its lane is a boundary that is crossed.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from migrate.documents.boundary import Boundary, Runtime
from migrate.estate import Estate
from migrate.model.words import first_of
from migrate.render.boundary_scene import NO_ZONE, SEVERAL, Scene, Thing, crosses, lane_name, scene
from migrate.render.drawing import Box, Line, curve, fitting

_MOST = 120
"""So many boxes are drawn at most: credentials that reach furthest first, with all that they lead to."""

_LEFT, _TOP, _HEAD, _ROW, _HIGH, _GAP = 16, 40, 30, 42, 34, 12
_COLUMNS = (
    ("credentials", 32, 310),
    ("used in", 510, 260),
    ("topics and outside systems", 940, 310),
)
_WIDE = 1282
_DOWN = 5 * _ROW
"""A short column stands in the middle of its lane, but not further down: its head stays in sight."""
_SHIFT = {"writes": -4, "reads": 4}
"""Lines of a runtime that writes and reads the same topic lie beside each other."""


@dataclass(frozen=True)
class Lane:
    """A zone: a rectangle across the columns."""

    name: str
    label: str
    small: str
    y: int
    high: int


@dataclass
class BoundaryDrawing:
    """Lanes, boxes and lines; `left_out` is the number of credentials that are not drawn."""

    left_out: int
    lanes: list[Lane] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    columns: tuple[tuple[int, str], ...] = tuple((x, name) for name, x, _ in _COLUMNS)
    left: int = _LEFT
    wide: int = _WIDE

    @property
    def across(self) -> int:
        """Return the width of a lane."""
        return self.wide - 2 * self.left

    @property
    def high(self) -> int:
        """Return the height in pixels."""
        return max([lane.y + lane.high for lane in self.lanes], default=_TOP) + 16


def draw(
    boundaries: Sequence[Boundary], runtimes: Sequence[Runtime], estate: Estate, total: int
) -> BoundaryDrawing:
    """Return the drawing of the first of these credentials that fit; `total` is the number of all."""
    found = _fitting(boundaries, runtimes, estate)
    drawing = BoundaryDrawing(total - len(found.credentials))
    lane_of = {thing.key: thing.lane for thing in found.things}
    _place(drawing, found, estate)
    boxes = {box.key: box for box in drawing.boxes}
    for link in found.links:
        one, other = boxes[link.one], boxes[link.other]
        path = curve(one, other, _SHIFT.get(link.kind, 0))
        crossing = crosses(lane_of[link.one], lane_of[link.other])
        kind = f"{link.kind} every" if link.by_every_login else link.kind
        drawing.lines.append(Line(link.one, link.other, kind, link.title, path, link.via, crossing))
    drawing.lines.sort(key=lambda line: line.crossing)  # what crosses lies on top
    return drawing


def _fitting(boundaries: Sequence[Boundary], runtimes: Sequence[Runtime], estate: Estate) -> Scene:
    """Return the scene of as many credentials as fit, at least one."""
    most, least = min(len(boundaries), _MOST), 1
    best = scene(boundaries[:most], runtimes, estate)
    if len(best.things) <= _MOST:
        return best
    best = scene(boundaries[:least], runtimes, estate)
    while most - least > 1:
        middle = (most + least) // 2
        tried = scene(boundaries[:middle], runtimes, estate)
        if len(tried.things) <= _MOST:
            least, best = middle, tried
        else:
            most = middle
    return best


def _place(drawing: BoundaryDrawing, found: Scene, estate: Estate) -> None:
    """Add the lanes from top to bottom, and the boxes in them."""
    columns = [found.credentials, *_ordered(found)]
    used = {thing.lane for thing in found.things}
    y = _TOP
    for name in [one for one in (*estate.people.zones, SEVERAL, NO_ZONE) if one in used]:
        inside = [[thing for thing in column if thing.lane == name] for column in columns]
        rows = max(map(len, inside))
        lane = Lane(name, *_heading(name, estate), y, _HEAD + rows * _ROW)
        drawing.lanes.append(lane)
        for (_, x, wide), things in zip(_COLUMNS, inside, strict=True):
            top = y + _HEAD + min((rows - len(things)) * _ROW // 2, _DOWN)
            for at, thing in enumerate(things):
                drawing.boxes.append(_box(thing, x, top + at * _ROW, wide))
        y += lane.high + _GAP


def _box(thing: Thing, x: int, y: int, wide: int) -> Box:
    label, small = fitting(thing.label, wide - 18), fitting(thing.small, wide - 18, 10.5)
    shape = (x, y, wide, _HIGH)
    return Box(thing.key, label, small, thing.title, *shape, thing.rank, thing.kind)


def _ordered(found: Scene) -> tuple[list[Thing], list[Thing]]:
    """Return runtimes and targets near what leads to them: by the mean place of their credentials."""
    place = {thing.key: at for at, thing in enumerate(found.credentials)}
    near: dict[str, list[int]] = defaultdict(list)
    for link in found.links:
        for key in link.via:
            near[link.other].append(place[key])

    def mean(thing: Thing) -> tuple[float, str]:
        places = near[thing.key]
        return (sum(places) / len(places) if places else 0.0), thing.key

    return sorted(found.runtimes, key=mean), sorted(found.targets, key=mean)


def _heading(name: str, estate: Estate) -> tuple[str, str]:
    """Return the name of a lane and what it means."""
    if name == SEVERAL:
        return lane_name(
            name
        ), "shared by workloads of more than one zone: no boundary between them"
    if name == NO_ZONE:
        return lane_name(
            name
        ), "neither the zone of its workloads nor one that reaches it is declared: unknown"
    zone = estate.people.zones.get(name)
    hosts = first_of(zone.hosts, 3) if zone else ""
    reaches = first_of(zone.reaches, 3) if zone else ""
    said = f"hosts {hosts or 'not declared'}; reaches {reaches or 'nothing outside Kafka'}"
    return fitting(lane_name(name), 340, 13), fitting(said, 760, 10.5)
